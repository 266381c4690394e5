"""The field explorer in a live kernel: its games, methods and multipliers against closed forms."""

import math
from importlib import import_module

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")

from gan_course import dynamics
from gan_course.widgets import DiracGame, field

widget = import_module("gan_course.widgets.field")  # the name in the package is its function


def game(name, a=0.0, b=0.0, strength=0.3):
    return widget.GAMES[name](a, b, strength)


BILINEAR = game("bilinear, a and b")


@pytest.mark.parametrize("h", [0.1, 0.5, 1.0])
@pytest.mark.parametrize(
    "method, own, modulus",
    [
        ("simultaneous", 0.0, lambda h: math.sqrt(1 + h**2)),
        ("alternating", 0.0, lambda h: 1.0),
        ("extragradient", 0.0, lambda h: math.sqrt(1 - h**2 + h**4)),
        ("consensus", 0.5, lambda h: math.hypot(1 - 0.5 * h, h)),
        ("optimistic", 0.0, lambda h: max(abs(np.roots([1, -1 - 2j * h, 1j * h])))),
        ("negative momentum", 0.0, lambda h: 1.0),
    ],
)
def test_multipliers_of_the_bilinear_game_are_the_closed_forms(method, own, modulus, h):
    roots = BILINEAR.multipliers(method, h, own)
    assert abs(roots[0]) == pytest.approx(modulus(h), abs=1e-9)
    assert len(roots) == (4 if method in widget.REMEMBER else 2)


def test_negative_momentum_comes_home_only_when_they_move_in_turn():
    assert abs(BILINEAR.multipliers("negative momentum", 0.5, -0.5)[0]) < 1 - 0.02
    assert abs(BILINEAR.multipliers("negative momentum", 0.5, 0.3)[0]) > 1


def test_curvature_of_both_players_moves_the_eigenvalues_to_the_left():
    curved = game("bilinear, a and b", 0.6, 0.2)
    assert curved.eigenvalues().real == pytest.approx([-0.4, -0.4])
    assert abs(curved.eigenvalues().imag) == pytest.approx([math.sqrt(0.96)] * 2)


@pytest.mark.parametrize("moves, method", [("", "simultaneous"), ("GD", "alternating")])
def test_its_dirac_gan_is_that_of_chapter_3(moves, method):
    for name, chapter3 in (
        ("Dirac-GAN, minimax, R1", DiracGame(penalty=lambda psi: 0.15 * psi**2)),
        ("Dirac-GAN, minimax, instance noise", DiracGame(noise=0.3)),
    ):
        expected = chapter3.path((1.0, -0.5), moves, h=0.2, steps=10)
        assert game(name).path(method, (1.0, -0.5), 0.2, steps=10) == pytest.approx(
            expected, abs=1e-12
        )


def test_clipping_bounds_the_second_number_and_no_more():
    path = game("Dirac-GAN, Wasserstein, ψ clipped", strength=0.5).path("optimistic", (1.0, 0.5))
    assert np.abs(path[:, 1]).max() == 0.5
    assert np.abs(path[:, 0]).max() > 1


def test_the_forsaken_game_without_a_shift_has_a_local_equilibrium_that_most_starts_do_not_find():
    hidden = game("forsaken, c = strength", strength=0.0)
    assert hidden.rest == (0.0, 0.0)
    assert hidden.eigenvalues().real == pytest.approx([-0.5, -0.5])
    for method in ("simultaneous", "alternating", "extragradient", "optimistic"):
        for start, comes_home in (((0.6, 0.0), True), ((0.7, 0.0), False)):
            path = hidden.path(method, start, 0.06, steps=1000)
            end = np.hypot(*path[-300:].T)
            assert end.max() < 1e-3 if comes_home else 1.3 < end.min() < end.max() < 1.7


def test_the_forsaken_game_of_the_paper_rests_where_one_player_is_at_its_worst():
    forsaken = game("forsaken, c = strength", strength=0.45)
    assert forsaken.rest == pytest.approx((0.0780266687, 0.4119338514), abs=1e-9)
    assert forsaken.eigenvalues().real.max() == pytest.approx(-0.0447460, abs=1e-6)  # stable
    own = dynamics.jacobian(forsaken.v, torch.tensor(forsaken.rest).double()).diagonal()
    assert own[0] < 0 < own[1]  # x minimises where it stands, y does not maximise
    assert game("forsaken, c = strength", strength=0.5).eigenvalues().real.max() > 0


def test_its_picture_follows_every_control():
    box = field()
    by_name = {control.description: control for control in box.children[:-1]}
    pictures = [box.children[-1].value]
    for name, value in (
        ("methods", ("consensus", "negative momentum")),
        ("curvature a", 0.4),
        ("curvature b", 0.6),
        ("consensus γ", 1.0),
        ("momentum β", -0.3),
        ("step h", 0.3),
        ("start, 1st", -1.0),
        ("start, 2nd", 0.5),
        ("steps", 20),
        ("game", "Dirac-GAN, minimax, R1"),
        ("strength", 0.6),
    ):
        by_name[name].value = value
        pictures.append(box.children[-1].value)
    assert len(set(pictures)) == len(pictures)


def test_a_path_that_leaves_for_infinity_is_still_drawn():
    drawn = widget.figure(
        game("forsaken, c = strength"), ["simultaneous"], (2.0, 2.0), 1.2, steps=60
    )
    assert [axes.get_title("left") for axes in drawn.axes][1:] == [
        "distance from rest",
        "roots of a step",
    ]
