"""The Dirac-GAN in a live kernel."""

import math
from importlib import import_module

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from gan_course import minimax, wasserstein
from gan_course.widgets import DiracGame, dirac

widget = import_module("gan_course.widgets.dirac")  # the name in the package is its function

R1 = DiracGame(wasserstein, penalty=lambda psi: 0.3 / 2 * psi**2)


def test_without_a_leash_a_simultaneous_step_of_wgan_stretches_the_distance():
    distances = np.hypot(*DiracGame(wasserstein).path((1.0, 1.0), "", h=0.2, steps=20).T)
    assert distances[1:] / distances[:-1] == pytest.approx(math.sqrt(1.04), abs=1e-12)


def test_r1_brings_the_game_home_as_chapter_6_says():
    assert np.hypot(*R1.path((1.0, 1.0), "DG")[-1]) == pytest.approx(2.706e-7, rel=1e-3)


def test_the_first_to_move_is_the_first_named():
    after_G = DiracGame(wasserstein).path((1.0, 1.0), "G", steps=1)[-1]
    assert after_G == pytest.approx([1.2, 1.0])
    after_both = DiracGame(wasserstein).path((1.0, 1.0), "GD", steps=1)[-1]
    assert after_both == pytest.approx([1.2, 1.0 - 0.2 * 1.2])


def test_clipping_bounds_psi():
    path = DiracGame(wasserstein, bound=0.5).path((1.0, -2.0), "GD", steps=50)
    assert np.abs(path[1:, 1]).max() == 0.5


@pytest.mark.parametrize(
    "game, expected",
    [
        (DiracGame(minimax), [-0.5j, 0.5j]),
        (R1, [-0.15 - math.sqrt(1 - 0.15**2) * 1j, -0.15 + math.sqrt(1 - 0.15**2) * 1j]),
        (DiracGame(minimax, consensus=1.0), [-0.25 - 0.5j, -0.25 + 0.5j]),
    ],
)
def test_eigenvalues_are_the_closed_forms(game, expected):
    assert np.sort_complex(game.eigenvalues()) == pytest.approx(expected, abs=1e-9)


def test_instance_noise_pulls_inwards_by_a_quarter_of_its_variance():
    roots = DiracGame(minimax, noise=0.7).eigenvalues()
    assert roots.real == pytest.approx(-0.49 / 4, abs=1e-9)


def test_a_field_that_jumps_has_no_eigenvalues():
    game = DiracGame(wasserstein, penalty=lambda psi: (psi.abs() - 1) ** 2)
    assert np.isnan(game.eigenvalues()).all()


def test_its_picture_follows_every_control():
    box = dirac()
    pictures = [box.children[-1].value]
    by_name = {control.description: control for control in box.children[:-1]}
    by_name["held by"].value = by_name["held by"].options[4][1]  # R1
    pictures.append(box.children[-1].value)
    for name, value in (("strength", 0.6), ("moves", "GD"), ("step h", 0.3), ("start θ", -1.0)):
        by_name[name].value = value
        pictures.append(box.children[-1].value)
    assert len(set(pictures)) == len(pictures)


def test_a_pair_that_has_left_for_infinity_is_said_to():
    runaway = DiracGame(wasserstein, penalty=lambda psi: 50 * psi**2)
    drawn = widget.figure(runaway, (1.0, 1.0), "", 1.0)
    assert drawn.axes[1].get_title("left") == "distance, at the end infinite"
