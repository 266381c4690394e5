"""Sliders that need no kernel, and widgets of a live one, driven by their values."""

import math
import re

import ipywidgets
import matplotlib
import pytest
import scipy.stats
import torch

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from gan_course import Normal, plots
from gan_course.widgets import guess, main_directions, panel, sampler, scrub, verdict


def draw(value):
    return plots.curves([{"step": 1, "loss": value}, {"step": 2, "loss": 0.0}], "loss")


def test_without_javascript_the_last_picture_alone_is_seen():
    page = scrub(draw, [1.0, 2.0, 3.0], ["step 1", "step 2", "step <3>"], "loss over time")
    images = re.findall(r"<img [^>]*>", page._repr_html_())
    assert len(images) == 3
    assert [image.endswith(" hidden>") for image in images] == [True, True, False]
    assert 'alt="loss over time: step &lt;3&gt;"' in images[2]


def test_the_slider_is_named_and_reaches_every_picture():
    page = scrub(draw, [1.0, 2.0], ["a", "b"], "loss")._repr_html_()
    slider = re.search(r"<input [^>]*>", page)[0]
    assert 'min="0" max="1" value="1"' in slider and 'aria-label="loss"' in slider


def test_outputs_repeat_and_figures_are_closed():
    pages = [scrub(draw, [1.0, 2.0], ["a", "b"], "loss")._repr_html_() for _ in range(2)]
    assert pages[0] == pages[1] and " id=" not in pages[0]
    assert not plt.get_fignums()


def test_labels_and_frames_must_match():
    with pytest.raises(ValueError, match="got 2 frames and 1 labels"):
        scrub(draw, [1.0, 2.0], ["a"], "loss")
    with pytest.raises(ValueError, match="got 0 frames"):
        scrub(draw, [], [], "loss")


def test_a_panel_draws_again_when_a_control_moves():
    slider = ipywidgets.FloatSlider(value=1.0, min=0.0, max=4.0, description="loss")
    box = panel(draw, [slider], 'the "loss" over time')
    first = box.children[-1].value
    assert 'alt="the &quot;loss&quot; over time"' in first
    slider.value = 3.0
    assert box.children[-1].value != first
    slider.value = 1.0
    assert box.children[-1].value == first and not plt.get_fignums()


def blobs(z, *y):
    """Pictures of 8x8 pixels: z's first coordinate lights one half, its second, weaker, the other."""
    shift = y[0][:, None] / 10 if y else 0
    halves = torch.tanh(z[:, :2] * torch.tensor([0.5, 0.2]) + shift)  # [N, 2]
    return halves.repeat_interleave(4, 1)[:, None, None, :].expand(-1, 1, 8, 8)


def test_main_directions_are_those_in_which_pictures_change_most():
    first, second = main_directions(blobs, torch.randn(64, 5), 2)
    assert abs(first[0]) > 0.99 and first[0] > 0
    assert abs(first @ second) < 1e-5 and abs(first.norm() - 1) < 1e-5


def test_main_directions_of_a_linear_generator_are_its_singular_vectors():
    torch.manual_seed(0)
    layer = torch.nn.Linear(6, 40).double()
    found = main_directions(layer, torch.randn(8, 6).double(), 6)
    expected = torch.linalg.svd(layer.weight.detach()).Vh
    assert torch.allclose((found * expected).sum(1).abs(), torch.ones(6).double(), atol=1e-6)


def test_more_directions_than_dimensions_are_refused():
    with pytest.raises(ValueError, match=r"1\.\.3, the dimensions of z, got 4"):
        main_directions(blobs, torch.randn(8, 3), 4)


@pytest.mark.parametrize("classes", [None, 3])
def test_every_control_of_the_sampler_changes_the_picture(classes):
    box = sampler(blobs, Normal(4), classes, directions=2)
    *controls, picture = box.children
    assert [control.description for control in controls[:2]] == ["code", "walk"]
    for control, value in zip(controls, (7, 0.5, 1.0, 1.0), strict=True):
        before = picture.value
        control.value = value
        assert picture.value != before, control.description
    assert not plt.get_fignums()


def test_the_sampler_leaves_the_random_state_alone():
    state = torch.get_rng_state()
    sampler(blobs, Normal(4), directions=1).children[0].value = 3
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(ValueError, match=r"0\.\.8, got 9"):
        sampler(blobs, Normal(4), directions=9)


def test_a_game_of_guesses_tells_each_answer_and_ends_with_a_verdict():
    bright, dark = torch.ones(6, 1, 8, 8), -torch.ones(6, 1, 8, 8)
    box = guess(bright, dark, pairs=6, seed=1)
    picture, buttons, said = box.children
    seen = set()
    for k in range(6):
        assert said.value.endswith(f"Pair {k + 1} of 6.")
        seen.add(picture.value)
        buttons.children[0].click()
    assert len(seen) == 6 and "of 6: likelihood ratio about 1.0" in said.value
    assert all(button.disabled for button in buttons.children)  # three of six real ones were left


def test_a_game_needs_enough_pictures_of_one_shape():
    with pytest.raises(ValueError, match="for 20 pairs"):
        guess(torch.zeros(3, 1, 8, 8), torch.zeros(30, 1, 8, 8))
    with pytest.raises(ValueError, match="of one shape"):
        guess(torch.zeros(30, 1, 8, 8), torch.zeros(30, 1, 16, 16))


@pytest.mark.parametrize("right", [0, 3, 10, 15, 20])
def test_the_verdict_is_wilsons_interval_on_the_odds(right):
    test = scipy.stats.binomtest(right, 20, alternative="greater")
    interval = scipy.stats.binomtest(right, 20).proportion_ci(0.95, method="wilson")
    found = verdict(right, 20)
    assert found.low == pytest.approx(interval.low / (1 - interval.low), abs=1e-5)
    if right < 20:
        assert found.high == pytest.approx(interval.high / (1 - interval.high), rel=1e-5)
    else:
        assert found.high == math.inf
    assert found.luck == pytest.approx(test.pvalue)
    assert found.ratio == (right + 0.5) / (20 - right + 0.5)


def test_a_verdict_needs_answers():
    with pytest.raises(ValueError, match="got 3 of 2"):
        verdict(3, 2)
