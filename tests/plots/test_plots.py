"""What the figures show: the numbers behind the ink, and that a reader can see it."""

import io
import itertools
import json
import math
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
import torch
from torch import nn

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_rgb

from gan_course import objectives, plots


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def record(step, **others):
    return {
        "step": step,
        "D_loss": 1.2,
        "D_real": 0.5,
        "D_fake": -0.25,
        "D_accuracy_real": 0.75,
        "D_accuracy_fake": 0.625,
        "G_gradient": 0.1 * step + 1e-6,
        **others,
    }


HISTORY = [record(step, modes=step / 100) for step in range(100, 900, 100)]
IMAGES = torch.linspace(-1, 1, 7 * 3 * 4 * 5).reshape(7, 3, 4, 5)


def texts(figure):
    return [t.get_text() for ax in figure.axes for t in ax.texts if t.get_text()]


def titles(figure):
    return [ax.get_title(loc="left") for ax in figure.axes]


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    return buffer.getvalue()


# --- the look ---


def test_the_package_imports_without_matplotlib():
    code = "import sys, gan_course, gan_course.check; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(color):
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.cbrt(np.clip(to_xyz @ rgb, 0, None) / [0.9505, 1.0, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_colours_stay_apart_for_colour_blind_readers(blindness):
    colors = (plots.REAL, plots.FAKE, plots.D, plots.G, plots.THEORY)
    seen = [lab(np.clip(BLINDNESS[blindness] @ linear(color), 0, 1)) for color in colors]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 15


@pytest.mark.parametrize("color", [plots.REAL, plots.FAKE, plots.D, plots.G, plots.THEORY])
def test_lines_have_a_contrast_of_three_to_one_on_the_white_card(color):
    assert 1.05 / (linear(color) @ [0.2126, 0.7152, 0.0722] + 0.05) > 3


def test_a_figure_is_small_and_its_bytes_repeat():
    first, second = (png(plots.health(HISTORY, objectives.minimax, IMAGES)) for _ in range(2))
    assert first == second
    assert len(first) < 100_000


def test_text_is_legible_on_a_phone():
    figure = plots.health(HISTORY)
    pixels_per_point = 350 / figure.get_size_inches()[0] / 72
    sizes = [t.get_fontsize() for ax in figure.axes for t in ax.get_xticklabels()]
    assert min(sizes) * pixels_per_point > 8


# --- images ---


def test_the_mosaic_holds_every_pixel_unchanged():
    picture = plots.image_grid(IMAGES, columns=3).images[0].get_array()
    assert picture.shape == (3 * 5 + 1, 3 * 6 + 1, 4)
    for index in range(7):
        top, left = 1 + 5 * (index // 3), 1 + 6 * (index % 3)
        tile = picture[top : top + 4, left : left + 5, :3]
        assert np.allclose(tile, (IMAGES[index].permute(1, 2, 0) + 1) / 2)


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_not_image_lets_the_page_be_seen(channels):
    picture = plots.image_grid(-torch.ones(3, channels, 2, 2), columns=2).images[0].get_array()
    clear = picture.mask if channels == 1 else picture[..., 3] == 0
    assert clear.sum() == 7 * 7 - 3 * 4  # the lines and the place of the missing fourth
    assert clear[[0, 3, 6]].all() and clear[4:6, 4:6].all()


def test_an_image_that_is_white_all_over_is_a_gap():
    images = torch.stack([-torch.ones(1, 2, 2), torch.ones(1, 2, 2)])
    clear = plots.image_grid(images, columns=2).images[0].get_array().mask
    assert clear[:, 3:].all() and not clear[1:3, 1:3].any()


def test_labels_stand_at_the_middle_of_their_images():
    ax = plots.image_grid(IMAGES, 3, column_labels=range(3), row_labels=["a", "b", "c"])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "1", "2"]
    assert list(ax.get_xticks()) == [3, 9, 15] and list(ax.get_yticks()) == [2.5, 7.5, 12.5]


@pytest.mark.parametrize(
    "images, sentence",
    [
        (torch.zeros(4, 16), r"needs images \[N, C, H, W\].*got \[4, 16\]"),
        (torch.zeros(4, 2, 3, 3), "C = 1 or 3"),
        (torch.zeros(0, 1, 3, 3), "N > 0"),
        (torch.full((1, 1, 2, 2), 255.0), r"values in \[-1, 1\], got 255 to 255"),
        (torch.full((1, 1, 2, 2), torch.nan), "got nan to nan: a value is not a number"),
    ],
)
def test_what_is_not_an_image_is_refused(images, sentence):
    with pytest.raises(ValueError, match=sentence):
        plots.image_grid(images)


# --- the plane ---


def test_the_field_is_the_probability_at_the_right_place():
    ax = plots.field(lambda x: 3 * x[:, 0] + x[:, 1], extent=(-1.0, 1.0, -2.0, 2.0))
    height = ax.images[0].get_array()
    want = torch.tensor([[-5.0, 1.0], [-1.0, 5.0]]).sigmoid()  # left and right, below and above
    assert np.allclose(height[[0, -1]][:, [0, -1]], want)
    assert ax.images[0].origin == "lower" and ax.images[0].get_clim() == (0, 1)


def test_a_critic_is_drawn_around_its_mean():
    picture = plots.field(lambda x: 100 + x[:, :1], critic=True).images[0]
    assert np.allclose(picture.get_clim(), (-2, 2), atol=1e-3)
    assert abs(picture.get_array().mean()) < 1e-3


def test_a_flat_field_can_be_drawn():
    plots.field(lambda x: 0 * x[:, 0])
    plots.field(lambda x: 0 * x[:, 0], critic=True)


def test_arrows_follow_the_slope_of_d_or_of_gs_loss():
    x = torch.tensor([[0.0, 0.0], [1.0, -1.0]])
    quiver = plots.arrows(lambda x: (x * torch.tensor([1.0, 2.0])).sum(1), x, longest=0.5)
    quiver = quiver.collections[0]
    assert np.allclose(quiver.V / quiver.U, 2) and np.allclose(np.hypot(quiver.U, quiver.V), 0.5)
    ax = plots.arrows(lambda x: 4 * x[:, :1], x, loss=objectives.non_saturating.g)
    lengths = np.hypot(ax.collections[0].U, ax.collections[0].V)
    ratio = (1 - torch.tensor(4.0).sigmoid()) / (1 - torch.tensor(0.0).sigmoid())
    assert lengths[1] / lengths[0] == pytest.approx(ratio.item(), rel=1e-4)


def test_arrows_of_a_flat_d_have_no_length():
    ax = plots.arrows(lambda x: 0 * x[:, 0], torch.ones(3, 2))
    assert (ax.collections[0].U == 0).all()


def test_the_sheet_lies_where_g_takes_the_grid():
    matrix = torch.tensor([[2.0, 0.0], [1.0, 1.0]])
    ax = plots.warped_grid(lambda z: z @ matrix, radius=1.0, lines=3)
    ends = {tuple(line[0]) for group in ax.collections for line in group.get_segments()}
    corners = itertools.product((-1.0, 0.0, 1.0), repeat=2)
    sheet = {tuple((torch.tensor(z) @ matrix).tolist()) for z in corners if -1.0 in z}
    assert ends <= sheet and len(ends) == 5


def test_looking_at_a_network_changes_nothing_in_it():
    D = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    D[1].eval()
    before = {name: value.clone() for name, value in D.state_dict().items()}
    plots.arrows(lambda x: D(x)[:, 0], torch.ones(3, 2))
    plots.warped_grid(D)
    assert all(torch.equal(value, before[name]) for name, value in D.state_dict().items())
    assert [module.training for module in D] == [True, False, True]
    assert all(parameter.grad is None for parameter in D.parameters())


@pytest.mark.parametrize("draw", [plots.points, lambda x: plots.arrows(torch.sum, x)])
@pytest.mark.parametrize("shape", [(5, 3), (5,), (0, 2)])
def test_points_off_the_plane_are_refused(draw, shape):
    with pytest.raises(ValueError, match=r"shape \[N, 2\]"):
        draw(torch.zeros(shape))


def test_real_and_generated_points_differ_in_shape_too():
    ax = plots.points(torch.zeros(3, 2), torch.ones(4, 2), extent=(-1, 2, -1, 2))
    real, fake = (group.get_paths()[0].vertices for group in ax.collections)
    assert real.shape != fake.shape
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["real", "generated"]
    assert ax.get_xlim() == (-1, 2)


# --- curves ---


def test_curves_draw_what_was_recorded_and_skip_what_was_not():
    history = [record(100, fd=3.0), record(200), record(300, fd=1.0)]
    line = plots.curves(history, "fd").lines[0]
    assert line.get_xydata().tolist() == [[100, 3], [300, 1]]


def test_colours_say_who():
    lines = plots.curves(HISTORY, "D_loss", "G_gradient", "D_accuracy_fake").lines
    assert [line.get_color() for line in lines][1:] == [plots.G, plots.FAKE]
    assert plots.curves(HISTORY, "D_loss").lines[0].get_color() == plots.D


def test_the_band_is_mean_and_range_over_runs():
    runs = [[{"step": 1, "fd": float(v)}, {"step": 2, "fd": 2.0 * v}] for v in (1, 2, 6)]
    ax = plots.band(runs, "fd")
    assert ax.lines[0].get_ydata().tolist() == [3, 6]
    edges = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (edges.min(), edges.max()) == (1, 12)
    assert ax.get_legend().get_texts()[0].get_text() == "fd (3 runs)"


@pytest.mark.parametrize(
    "draw, sentence",
    [
        (lambda: plots.curves([], "D_loss"), "the history is empty"),
        (lambda: plots.health([]), "the history is empty"),
        (lambda: plots.curves(HISTORY, "loss"), "no record has an entry 'loss'; there are D_acc"),
        (lambda: plots.curves(HISTORY), "at least one entry"),
        (lambda: plots.band([], "D_loss"), "at least one history"),
        (lambda: plots.band([HISTORY, HISTORY[:3]], "D_loss"), "the same steps"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(draw, sentence):
    with pytest.raises(ValueError, match=sentence):
        draw()


# --- the health panel ---


@pytest.mark.parametrize(
    "objective, value",
    [
        (objectives.minimax, 2 * math.log(2)),
        (objectives.non_saturating, 2 * math.log(2)),
        (objectives.hinge, 2),
        (objectives.relativistic, math.log(2)),
        (objectives.wasserstein, 0),
        (objectives.least_squares, 0.25),
    ],
    ids=lambda case: getattr(case, "name", ""),
)
def test_the_equilibrium_is_ds_loss_when_it_cannot_tell(objective, value):
    assert plots.equilibrium(objective) == pytest.approx(value)
    figure = plots.health(HISTORY, objective)
    assert f"cannot tell: {value:.3g}" in texts(figure)
    assert figure.axes[0].lines[1].get_ydata()[0] == pytest.approx(value)


def test_accuracies_stand_in_the_second_panel():
    ax = plots.health(HISTORY, objectives.hinge).axes[1]
    assert [line.get_ydata()[0] for line in ax.lines] == [0.75, 0.625, 0.5]


def test_a_critic_shows_its_gap_instead():
    figure = plots.health(HISTORY, objectives.wasserstein)
    assert titles(figure)[1] == "D(real) − D(fake)"
    assert (figure.axes[1].lines[0].get_ydata() == 0.75).all()
    plain = [{k: v for k, v in r.items() if "accuracy" not in k} for r in HISTORY]
    assert titles(plots.health(plain))[1] == "D(real) − D(fake)"


def test_the_fourth_panel_shows_coverage_or_samples():
    figure = plots.health(HISTORY, total=8)
    assert titles(figure)[3] == "modes covered" and "all: 8" in texts(figure)
    assert figure.axes[3].lines[0].get_ydata().tolist() == list(range(1, 9))
    assert titles(plots.health(HISTORY, covered="D_loss"))[3] == "D's loss"
    for samples in (IMAGES, torch.randn(50, 2), {100: IMAGES, 2000: IMAGES}):
        assert titles(plots.health(HISTORY, samples=samples))[3] == "samples"
    assert [t.get_text() for t in plt.gcf().axes[3].get_yticklabels()] == ["100", "2k"]


def test_panels_that_were_not_recorded_say_what_is_missing():
    figure = plots.health([{"step": 1}, {"step": 2, "D_loss": 1.0}], objectives.minimax)
    assert texts(figure)[1:] == [
        "not recorded:\nD_accuracy_real\nD_accuracy_fake",
        "not recorded:\nG_gradient",
        "record 'modes'\nor pass samples",
    ]


def test_histories_read_from_json_draw_the_same():
    assert png(plots.health(HISTORY)) == png(plots.health(json.loads(json.dumps(HISTORY))))


@pytest.mark.filterwarnings("error")
def test_a_vanished_gradient_and_a_single_record_can_be_drawn():
    png(plots.health([record(step, G_gradient=0.0, modes=0) for step in (1, 2)]))
    png(plots.health(HISTORY[:1], objectives.minimax, total=8))
