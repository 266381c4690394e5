"""The divergence slider in a live kernel; its numbers are compared in tests/site too."""

import math
from importlib import import_module

import matplotlib
import pytest

matplotlib.use("Agg")

from gan_course import divergences as div
from gan_course.widgets import divergences

widget = import_module("gan_course.widgets.divergences")  # the name in the package is its function
Density = widget.Density


def test_two_gaussians_have_their_closed_forms():
    found = widget.five(Density(widget.gaussian), Density(widget.gaussian, 0.8, 2.0))
    assert found[0] == pytest.approx(div.kl_gaussians(0, 1, 2, 0.64), abs=1e-12)
    assert found[1] == pytest.approx(div.kl_gaussians(2, 0.64, 0, 1), abs=1e-12)
    assert found[4] == pytest.approx(2.0, abs=1e-3)


def test_disjoint_boxes_are_infinitely_far_for_kl_alone():
    found = widget.five(Density(widget.box), Density(widget.box, 1.0, 3.0))
    assert found == pytest.approx((math.inf, math.inf, math.log(2), 1.0, 3.0), abs=1e-9)


def test_nested_boxes_have_one_finite_kl():
    found = widget.five(Density(widget.box, 2.0), Density(widget.box, 1.0, 0.5))
    assert found[0] == math.inf
    assert found[1] == pytest.approx(math.log(2), abs=1e-9)


def test_kl_stays_finite_where_a_density_underflows():
    found = widget.five(Density(widget.humps), Density(widget.gaussian, 0.3, 6.0))
    assert math.isfinite(found[0]) and found[0] > 100


def test_its_picture_follows_every_control():
    box = divergences()
    *controls, picture = box.children
    pictures = [picture.value]
    for control, value in zip(controls, (widget.humps, 1.5, widget.box, 2.0, 4.0), strict=True):
        control.value = value
        pictures.append(picture.value)
    assert len(set(pictures)) == len(pictures)
