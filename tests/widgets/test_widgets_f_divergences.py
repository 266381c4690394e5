"""The divergence explorer in a live kernel; its numbers are compared with the page's in tests/site."""

import math
from importlib import import_module

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")

from gan_course.objectives import F_DIVERGENCES, KL, PEARSON, TOTAL_VARIATION
from gan_course.widgets import bounds, f_divergences

shapes = import_module("gan_course.widgets.divergences")
widget = import_module("gan_course.widgets.f_divergences")
START = bounds.pair(shapes.gaussian, 1.0, shapes.gaussian, 1.0, 1.5)


def known(how, much=1.0, densities=START):
    return bounds.spoilt(densities.log_ratio(), how, much, densities.distance)


def test_two_gaussians_of_one_width_have_a_line_as_log_ratio():
    line = known("line", 1.5)
    np.testing.assert_allclose(line, START.log_ratio(), atol=1e-4)  # the grid's ends cut a little
    exact = KL.between(START.p, START.q, bounds.DX)
    assert exact == pytest.approx(1.5**2 / 2, abs=1e-6)
    assert bounds.seen(KL, START, line, 2.0).bound == pytest.approx(exact, abs=1e-7)


@pytest.mark.parametrize("divergence", F_DIVERGENCES, ids=str)
@pytest.mark.parametrize("how", bounds.SPOILT)
def test_a_spoilt_d_shows_at_most_the_divergence(divergence, how):
    for shape, other in [(shapes.humps, shapes.gaussian), (shapes.box, shapes.humps)]:
        densities = bounds.pair(shape, 1.2, other, 0.8, 2.5)
        exact = divergence.between(densities.p, densities.q, bounds.DX)
        for much in bounds.SPOILT[how][:2]:
            shown = bounds.seen(divergence, densities, known(how, much, densities), 2.0).bound
            assert shown <= exact + 1e-9 * abs(exact)


def test_a_d_that_knows_nothing_shows_nothing():
    for divergence in F_DIVERGENCES:
        least = divergence.f(torch.ones(1)).item()
        shown = bounds.seen(divergence, START, known("clipped", 0.0), 2.0)
        assert shown.bound == pytest.approx(least, abs=1e-6)
        assert shown.zero_sum == shown.non_saturating == 0


def test_total_variation_needs_the_sign_alone():
    exact = TOTAL_VARIATION.between(START.p, START.q, bounds.DX)
    assert bounds.seen(TOTAL_VARIATION, START, known("clipped", 0.1), 2.0).bound == exact
    assert bounds.seen(PEARSON, START, known("clipped", 0.1), 2.0).bound < 1 < exact * 20


def test_blur_of_a_line_is_the_line_and_of_a_step_is_no_step():
    inner = slice(500, -500)
    np.testing.assert_allclose(known("blurred", 0.5)[inner], START.log_ratio()[inner], atol=1e-9)
    boxes = bounds.pair(shapes.box, 1.0, shapes.box, 1.0, 1.0)
    assert np.isinf(boxes.log_ratio()).any()
    blurred = known("blurred", 0.5, boxes)
    assert np.isfinite(blurred).all() and np.abs(np.diff(blurred)).max() < 1


def test_where_d_jumps_there_is_no_pull():
    boxes = bounds.pair(shapes.box, 1.0, shapes.box, 1.0, 2.0)
    assert math.isnan(bounds.seen(KL, boxes, boxes.log_ratio(), 0.5).zero_sum)


def test_the_pull_at_a_place():
    seen = bounds.seen(KL, START, START.log_ratio(), 2.0)
    lifted = seen.T
    assert lifted == pytest.approx(1 + 1.5**2 / 2 - 1.5 * 2, abs=1e-4)
    assert seen.non_saturating == pytest.approx(-1.5)
    assert seen.zero_sum == pytest.approx(-1.5 * math.exp(1.5**2 / 2 - 1.5 * 2), abs=1e-4)


def test_its_picture_follows_every_control():
    box = f_divergences()
    *controls, picture = box.children
    pictures = [picture.value]
    values = (PEARSON, "clipped", 1.0, shapes.humps, 1.5, shapes.box, 2.0, 3.0, -1.0)
    for control, value in zip(controls, values, strict=True):
        control.value = value
        pictures.append(picture.value)
    assert len(set(pictures)) == len(pictures)


@pytest.mark.parametrize("divergence", F_DIVERGENCES, ids=str)
def test_every_f_can_be_drawn(divergence):
    boxes = bounds.pair(shapes.box, 1.0, shapes.gaussian, 0.5, 2.0)
    for how in bounds.SPOILT:
        widget.figure(divergence, how, 1.0, boxes, 0.0)
    matplotlib.pyplot.close("all")
