"""Colab, GitHub and a plain Jupyter get notebooks without the marks of the rendered page."""

import copy
import re
import sys
from pathlib import Path

import nbformat
import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

from figures import KEY, numbered  # noqa: E402
from plain_notebooks import START, Place, main, plain_notebook, plain_text, sources  # noqa: E402

SOURCES = sources()
HERE = Place("Me/gans", "", "03_x")
NOWHERE = Place(None, "", "03_x")
SITE = "https://me.github.io/gans"


@pytest.fixture(autouse=True, scope="module")
def nothing_set():
    """No workflow runs here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GITHUB_REPOSITORY", "GITHUB_SHA", "BOOK_SITE"):
            patch.delenv(name, raising=False)
        yield


@pytest.mark.parametrize(
    "written, plain",
    [
        (":::{admonition} Predict\n:class: tip\n**Predict.** What?\n:::", "> **Predict.** What?"),
        (
            ":::{prf:theorem}\n:label: a\n:nonumber:\n\n**Best D.** $D^*$\n\n$$x$$\n:::",
            "> **Best D.** $D^*$\n>\n> $$x$$",
        ),
        (":::{prf:proof}\nBy (2.1).\n:::", "> **Proof.**\n>\n> By (2.1)."),
        (
            "a\n\n:::{admonition} What happened\n:class: dropdown\n**It grew.**\n:::\n\nb",
            "a\n\n<details>\n<summary>What happened</summary>\n\n**It grew.**\n\n</details>\n\nb",
        ),
        (
            "::::{dropdown} Why\n:::{admonition} Note\n:class: note\nInner.\n:::\n::::",
            "<details>\n<summary>Why</summary>\n\n> **Note.**\n>\n> Inner.\n\n</details>",
        ),
        (
            "::::{div} demo demo-plane\n**Play.**\n\n![A plane.](_static/demos/plane.png)\n::::",
            f"> **Play.**\n>\n> ![A plane.]({SITE}/_static/demos/plane.png)\n>\n"
            f"> [It moves in the page]({SITE}/book/03_x.html).",
        ),
        (
            "::::{div} demo demo-plane\n**Plane.**\n\n:::{div} on-page\nPress.\n:::\n\n"
            ":::{div} in-notebook\nRun it.\n:::\n\n:::{div} on-paper\nA plane.\n:::\n::::",
            "> **Plane.**\n>\n> Run it.\n>\n> A plane.\n>\n"
            f"> [It moves in the page]({SITE}/book/03_x.html).",
        ),
        ("```python\n:::{not} a fence\n```", "```python\n:::{not} a fence\n```"),
    ],
)
def test_fences_become_what_markdown_has_everywhere(written, plain):
    assert plain_text(written, HERE) == plain


@pytest.mark.parametrize(
    "target, where",
    [
        ("02_y.ipynb#the-loop", f"{SITE}/book/02_y.html#the-loop"),
        ("glossary.md", f"{SITE}/book/glossary.html"),
        ("solutions/03_x.ipynb", f"{SITE}/book/solutions/03_x.html"),
        ("https://arxiv.org/abs/1406.2661", "https://arxiv.org/abs/1406.2661"),
        ("#here", "#here"),
    ],
)
def test_links_are_absolute(target, where):
    assert plain_text(f"[x]({target})", HERE) == f"[x]({where})"


def test_links_out_of_the_solutions_climb_to_the_chapter():
    place = Place("Me/gans", "solutions", "03_x")
    assert plain_text("[x](../03_x.ipynb)", place) == f"[x]({SITE}/book/03_x.html)"


def test_without_an_address_a_link_is_its_words_and_a_picture_comes_along():
    assert plain_text("see [a *word* [1]](02_y.ipynb#z), [b](https://b.org)", NOWHERE) == (
        "see a *word* [1], [b](https://b.org)"
    )
    demo = "::::{div} demo demo-plane\n**Play.**\n\n![A plane.](_static/demos/plane.png)\n::::"
    assert plain_text(demo, NOWHERE) == "> **Play.**\n>\n> ![A plane.](attachment:plane.png)"


def test_a_fence_that_is_not_closed_is_an_error():
    with pytest.raises(ValueError, match="03_x: a fence :::"):
        plain_text(":::{note}\nforgotten", HERE)


@pytest.fixture(scope="module", params=SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def source(request) -> nbformat.NotebookNode:
    notebook = nbformat.read(request.param, as_version=4)
    notebook.metadata["path"] = request.param
    return notebook


@pytest.fixture(scope="module", params=["Me/gans", None], ids=["published", "nowhere"])
def both(request, source) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
    return source, plain_notebook(source.metadata["path"], request.param)


def code_after_installing(notebook: nbformat.NotebookNode) -> list:
    """Return code and outputs of all code cells but the first, without drawings for the page."""
    cells = [cell for cell in copy.deepcopy(notebook.cells) if cell.cell_type == "code"]
    for output in (output for cell in cells for output in cell.outputs):
        output.get("metadata", {}).get("image/png", {}).pop(KEY, None)
    return [(cell.id, cell.source, cell.outputs) for cell in cells[1:]]


def test_code_and_outputs_are_the_book_s(both):
    assert code_after_installing(both[0]) == code_after_installing(both[1])


def test_colab_finds_every_cell_by_the_book_s_id(both):
    ids = [cell.id for cell in both[1].cells]
    own = [name for name in ids if name != "start" and not name.endswith("-caption")]
    assert [cell.id for cell in both[0].cells] == own
    assert [cell.metadata["id"] for cell in both[1].cells] == ids


def test_a_caption_stands_below_its_figure_and_drawings_stay_away(both):
    plain = both[1].cells
    for cell, label in numbered(Path(both[0].metadata["path"]), both[0].cells):
        below = plain[[other.id for other in plain].index(cell.id) + 1].source
        assert f"**{label}.** {cell.metadata.mystnb.figure.caption}" in below
        assert f'id="{cell.metadata.mystnb.figure.name}"' in below
    assert '"svg"' not in nbformat.writes(both[1])


def test_nothing_leads_to_the_placeholder(both):
    assert not re.search("OWNER|owner.github", nbformat.writes(both[1]))


def test_no_mark_of_the_page_is_left(both):
    for cell in both[1].cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"(?m)^(>|\s)*[:`]{3,}\{", cell.source), cell.source
            assert not re.search(r"(?m)^(>|\s)*:{3,}\s*$", cell.source), cell.source


def targets(cell: nbformat.NotebookNode) -> list[str]:
    """Return the links and pictures of a cell as any Markdown sees them."""
    tokens = MarkdownIt("commonmark").parse(cell.source)
    links = [child for token in tokens for child in token.children or []]
    return [link.attrs.get("href", link.attrs.get("src", "#")) for link in links]


def test_links_are_absolute_and_pictures_are_reachable(both):
    for cell in both[1].cells:
        if cell.cell_type == "markdown":
            for target in targets(cell):
                inside = target.removeprefix("attachment:") in cell.get("attachments", {})
                assert re.match(r"https?://|#", target) or inside, target


def test_what_is_folded_is_closed_and_reads_as_markdown(both):
    for cell in both[1].cells:
        if cell.cell_type == "markdown":
            assert cell.source.count("<details>") == cell.source.count("</details>")
            assert not re.search(r"</summary>\n(?!\n)", cell.source), "needs an empty line"


def test_it_says_first_what_its_first_cell_does_and_what_a_gpu_buys(source):
    plain = plain_notebook(source.metadata["path"], "Me/gans")
    nbformat.validate(plain)
    at = next(i for i, cell in enumerate(plain.cells) if "google.colab" in cell.source)
    assert "installs" in plain.cells[at - 1].source and "GPU" in plain.cells[at - 1].source
    assert all(cell.cell_type == "markdown" for cell in plain.cells[:at])
    assert plain.cells[at].source.endswith("git+https://github.com/Me/gans")


def images_per_second(table: str, network: str) -> float:
    """Return how fast `train` is, by one of the stored tables."""
    text = (ROOT / "benchmarks" / "results" / f"{table}.md").read_text(encoding="utf-8")
    textbook, ratio = re.search(rf"^\| {network} \| ([\d,]+) \| ([\d.]+)", text, re.M).groups()
    return float(textbook.replace(",", "")) * float(ratio)


@pytest.mark.parametrize(
    "network, words",
    [("MLP on 2-D points", "points in the plane"), ("DCGAN 32x32", "32×32 pixels")],
)
def test_what_a_gpu_buys_is_what_the_stored_tables_say(network, words):
    gpu, cpu = (images_per_second(table, network) for table in ("speed_nvidia-h200", "speed"))
    said = re.search(rf"{words}[^,]*? about (\d+) times", START)[1]
    assert float(f"{gpu / cpu:.1g}") == float(said)


def test_without_an_address_it_says_where_it_runs(source):
    plain = plain_notebook(source.metadata["path"], None)
    nbformat.validate(plain)
    at = next(i for i, cell in enumerate(plain.cells) if cell.cell_type == "code")
    assert "make lab" in plain.cells[at - 1].source and "make lab" in plain.cells[at].source
    exec(plain.cells[at].source, {})


def test_all_are_written_as_the_branch_holds_them(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "Me/gans")
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef")
    main(["--to", str(tmp_path)])
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.ipynb"))
    assert written == sorted(path.relative_to(ROOT) for path in SOURCES)
    assert len(capsys.readouterr().out.splitlines()) == len(SOURCES)
    about = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "0123456789ab" in about and f"[The course]({SITE}/)" in about
