"""Figures that one can refer to: each has a name, a number, a caption, and a drawing for dark pages."""

import base64
import io
import re
import sys
from pathlib import Path

import matplotlib
import nbformat
import numpy as np
import pytest
import torch
from PIL import Image

matplotlib.use("Agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

import figures  # noqa: E402
from chapters import chapters  # noqa: E402
from legends import crossings  # noqa: E402

from gan_course import plots  # noqa: E402

CHAPTERS = [chapter.notebook for chapter in chapters()]
WORDS = range(5, 41)  # of a caption: it is read within the picture's 20 seconds
LABEL = re.compile(r"\[(Figure \d+\.\d+)\]\(([^)#]*)#([\w-]+)\)")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def drawn(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the cells with a stored picture."""
    return [
        cell
        for cell in notebook.cells
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
    ]


# --- what is stored ---


def test_every_figure_has_a_caption_of_its_own(chapter):
    for cell in drawn(nbformat.read(chapter, as_version=4)):
        about = cell.metadata["mystnb"]
        caption = about.get("figure", {}).get("caption", "")
        assert len(caption.split()) in WORDS, f"needs a caption (mystnb.figure):\n{cell.source}"
        assert caption[-1] in ".?" and caption != about["image"]["alt"]


def test_every_figure_has_a_name_that_no_other_has():
    names = [
        cell.metadata["mystnb"]["figure"]["name"]
        for path in CHAPTERS
        for cell in drawn(nbformat.read(path, as_version=4))
    ]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("fig(-[a-z0-9]+)+", name) for name in names)


def test_every_figure_carries_its_drawing(chapter):
    for cell in drawn(nbformat.read(chapter, as_version=4)):
        (output,) = [out for out in cell.outputs if "image/png" in out.get("data", {})]
        about = figures.drawing(output)
        assert about["svg"], "run `make notebooks FORCE=1`"
        assert "crossed" not in about
        svg = figures.unpack(about["svg"])
        size = [round(int(side) / 2) for side in re.findall(r'(?:width|height)="(\d+)"', svg)[:2]]
        with Image.open(io.BytesIO(base64.b64decode(output.data["image/png"]))) as png:
            assert np.allclose(np.array(png.size) / 4, size, rtol=0.03)  # two pixels for one


def test_links_to_figures_say_their_numbers():
    places = {
        cell.metadata["mystnb"]["figure"]["name"]: (path.name, label)
        for path in CHAPTERS
        for cell, label in figures.numbered(path, nbformat.read(path, as_version=4).cells)
    }
    for path in CHAPTERS:
        text = "\n".join(
            cell.source
            for cell in nbformat.read(path, as_version=4).cells
            if cell.cell_type == "markdown"
        )
        for label, file, name in LABEL.findall(text):
            assert places[name] == (file or path.name, label), f"{path.name}: {label}"


# --- the drawing ---


def picture_in(svg: str) -> Image.Image:
    """Return the picture that an SVG holds."""
    return Image.open(io.BytesIO(base64.b64decode(figures.EMBEDDED.search(svg)[1])))


def test_a_drawing_repeats_and_survives_packing():
    def draw():
        ax = plt.subplots()[1]
        ax.plot([0, 1], [0, 1], label="a")
        return figures.svg(ax.figure)

    first, second = draw(), draw()
    assert first == second == figures.unpack(figures.pack(first))


def test_pictures_keep_their_pixels_and_nothing_lies_between_them():
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 4, 5)) / 127.5 - 1
    figure = plots.image_grid(torch.tensor(images, dtype=torch.float32), columns=3).figure
    grey, clear = picture_in(figures.svg(figure)).split()
    assert grey.size == (3 * 6 + 1, 6)
    tile = np.asarray(grey)[1:5, 1:6]
    assert np.allclose(tile, (images[0, 0] + 1) * 127.5, atol=1)
    assert np.asarray(clear)[0].max() == 0 and np.asarray(clear)[1:5, 1:6].min() == 255


def test_drawing_leaves_the_figure_as_it_was():
    figure = plots.field(lambda x: x[:, 0]).figure
    before = [(artist.get_gid(), artist.zorder) for artist in figure.findobj()]
    figures.svg(figure)
    assert [(artist.get_gid(), artist.zorder) for artist in figure.findobj()] == before


def test_on_a_dark_page_ink_is_light_and_paper_dark():
    ax = plt.subplots()[1]
    ax.plot([0, 1], [0, 1], color=plots.REAL)
    svg = figures.svg(ax.figure)
    dark = figures.dark(svg)
    assert "#ffffff" in svg and "#ffffff" not in dark and figures.PAPER in dark
    assert figures.DARK["#0072b2"] in dark and "#0072b2" not in dark
    assert f'<g id="figure_1" fill="{figures.DARK["#000000"]}">' in dark  # glyphs name no colour


def test_what_lies_on_a_picture_keeps_its_colours_on_a_dark_page():
    ax = plots.field(lambda x: x[:, 0])  # white in the middle, with a dashed dark line
    light = figures.svg(ax.figure)
    dark = figures.dark(light)
    group = re.search(rf'<g fill="#000000" id="{figures.AS_IS}-\d+"><path.*?</g>', dark)
    assert plots.THEORY.lower() in group[0]
    assert picture_in(dark).tobytes() == picture_in(light).tobytes()


def test_paper_that_is_seen_through_colours_stays_white_on_a_dark_page():
    ax = plt.subplots()[1]
    ax.contourf([[0, 1], [1, 2]], alpha=0.5)
    assert figures.dark(figures.svg(ax.figure)).count("#ffffff") == 1


def test_other_greys_are_turned_around():
    ink, paper = (luminance(figures.DARK[color]) for color in ("#000000", "#ffffff"))
    turned = [luminance(figures.darker(color)) for color in ("#1a1a1a", "#777777", "#eeeeee")]
    assert ink > turned[0] > turned[1] > turned[2] > paper


def test_a_tint_comes_as_near_to_the_paper_as_it_was_to_white():
    assert figures.darker("#fffeff") == figures.PAPER
    assert luminance(figures.darker("#bfdcec")) < 0.2 < luminance("#bfdcec")


# --- the dark colours ---


def luminance(color: str) -> float:
    """Return the relative luminance of WCAG."""
    c = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
        0.2126,
        0.7152,
        0.0722,
    ]


def test_every_colour_of_the_book_has_one_for_dark_pages():
    cycle = [entry["color"] for entry in plt.rcParams["axes.prop_cycle"]]
    own = [plots.REAL, plots.FAKE, plots.D, plots.G, plots.THEORY, plt.rcParams["grid.color"]]
    assert {color.lower() for color in [*cycle, *own]} <= set(figures.DARK)


@pytest.mark.parametrize("color", sorted(set(figures.DARK) - {"#ffffff", "#e4e4e4"}))
def test_words_in_a_dark_colour_can_be_read(color):
    contrast = (luminance(figures.DARK[color]) + 0.05) / (luminance(figures.PAPER) + 0.05)
    assert contrast > 4.5


# --- legends ---


def axes_with_legend():
    ax = plt.subplots()[1]
    ax.plot([0, 1], [0, 0], label="low")
    ax.set(xlim=(0, 1), ylim=(0, 1))
    return ax


def through(ax, **where):
    ax.legend(loc="upper right", **where)
    return list(crossings(ax.figure))


def test_a_legend_in_an_empty_corner_is_fine():
    assert not through(axes_with_legend())


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: ax.plot([0, 1], [0, 1], label="high"),
        lambda ax: ax.axhline(0.95, label="high"),
        lambda ax: ax.axvline(0.9, label="high"),
        lambda ax: ax.fill_between([0, 1], 0.5, 1, label="high"),
        lambda ax: ax.scatter([0.1, 0.9], [0.1, 0.95], label="high"),
        lambda ax: ax.bar([0.9], [1], label="high"),
        lambda ax: ax.plot([0.9], [0.95], "o", label="high"),
        lambda ax: ax.hist([0.9] * 3, bins=[0.8, 1], label="high"),
    ],
    ids=["line", "across", "upright", "band", "marks", "bar", "mark", "histogram"],
)
def test_what_runs_through_a_legend_is_named(draw):
    ax = axes_with_legend()
    draw(ax)
    sentences = through(ax)
    assert sentences and "runs through the legend of “low”, “high”" in sentences[0]


def test_what_a_panel_cuts_off_or_ends_before_the_legend_is_fine():
    ax = axes_with_legend()
    ax.axvline(0.9, ymax=0.5)
    ax.plot([0.9, 0.9], [2, 3], clip_on=True)
    assert not through(ax)


def test_a_legend_outside_the_panels_is_fine():
    ax = axes_with_legend()
    ax.plot([0, 1], [0, 1], label="high")
    ax.figure.legend(loc="outside lower center")
    assert not list(crossings(ax.figure))
