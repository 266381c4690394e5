"""Steps and their multipliers, in closed form and as measured."""

import cmath
import math
from functools import partial

import pytest
import torch

from gan_course import minimax, non_saturating, wasserstein
from gan_course.dynamics import (
    alternating,
    bilinear,
    consensus,
    coordinate,
    dirac,
    eigenvalues,
    extragradient,
    momentum,
    multipliers,
    optimistic,
    path,
    proximal,
    quadratic,
    simultaneous,
    twice,
    with_consensus,
)

REST = torch.zeros(2, dtype=torch.float64)
IN_TURN = [[0], [1]]


def largest(step, state=REST):
    return multipliers(step, state)[0].abs().item()


def momentum_modulus(h, beta, in_turn):
    """From det(m - A) of the bilinear game by hand: (m - 1)(m - beta) squared plus h^2 m^2 or m^3."""
    roots = torch.linalg.eigvals(
        torch.tensor(
            [
                [1 + beta, -h, -beta, 0],
                [h * (1 + beta), 1 + beta - h * h, -h * beta, -beta],
                [1, 0, 0, 0],
                [0, 1, 0, 0],
            ]
            if in_turn
            else [[1 + beta, -h, -beta, 0], [h, 1 + beta, 0, -beta], [1, 0, 0, 0], [0, 1, 0, 0]],
            dtype=torch.float64,
        )
    )
    return roots.abs().max().item()


CLOSED = {
    "simultaneous": (lambda h: lambda w: simultaneous(bilinear, w, h), lambda h: math.hypot(1, h)),
    "alternating": (lambda h: lambda w: alternating(bilinear, w, h), lambda h: 1.0),
    "extragradient": (
        lambda h: lambda w: extragradient(bilinear, w, h),
        lambda h: math.sqrt(1 - h**2 + h**4),
    ),
    "proximal": (lambda h: lambda w: proximal(bilinear, w, h), lambda h: 1 / math.hypot(1, h)),
    "consensus 1/2": (
        lambda h: lambda w: consensus(bilinear, w, h, 0.5),
        lambda h: math.hypot(1 - h / 2, h),
    ),
    "consensus 1": (
        lambda h: lambda w: consensus(bilinear, w, h, 1.0),
        lambda h: math.hypot(1 - h, h),
    ),
}


@pytest.mark.parametrize("h", [0.05, 0.2, 0.5, 0.7071, 1.0, 1.9])
@pytest.mark.parametrize("name", CLOSED)
def test_multipliers_of_the_bilinear_game_are_the_closed_forms(name, h):
    step, closed = CLOSED[name]
    assert largest(step(h)) == pytest.approx(closed(h), abs=1e-9)


@pytest.mark.parametrize("h", [0.05, 0.2, 0.5, 0.5773, 0.5774, 1.0])
def test_the_multiplier_of_optimism_is_a_root_of_its_quadratic(h):
    # m^2 - (1 - 2 i h) m - i h = 0, for the eigenvalue -i of the field (i gives the conjugate)
    p = 1 - 2j * h
    root = cmath.sqrt(p * p + 4j * h)
    closed = max(abs((p + root) / 2), abs((p - root) / 2))
    found = largest(lambda w: optimistic(bilinear, w, h), twice(REST))
    assert found == pytest.approx(closed, abs=1e-9)
    assert (found < 1) == (h < 1 / math.sqrt(3))


@pytest.mark.parametrize("h", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("beta", [-0.5, 0.5])
@pytest.mark.parametrize("order", [None, IN_TURN])
def test_momentum_on_the_bilinear_game(h, beta, order):
    found = largest(lambda w: momentum(bilinear, w, h, beta, order), twice(REST))
    assert found == pytest.approx(momentum_modulus(h, beta, order is not None), abs=1e-7)
    if order is None or beta > 0:
        assert found > 1  # negative momentum helps in turn, and only there
    else:
        expected = {0.2: 0.994, 0.5: 0.963, 1.0: 1.0}[h]
        assert found == pytest.approx(expected, abs=5e-4)


def test_momentum_zero_is_the_plain_step():
    w = torch.tensor([1.0, -2.0]).double()
    now, before = momentum(bilinear, torch.stack([w, 5 * w]), 0.3, 0.0)
    assert torch.equal(now, simultaneous(bilinear, w, 0.3)) and torch.equal(before, w)
    now, _ = momentum(bilinear, twice(w), 0.3, 0.9, IN_TURN)
    assert torch.equal(now, alternating(bilinear, w, 0.3))


METHODS = [
    (lambda w: simultaneous(bilinear, w, 0.2), REST),
    (lambda w: extragradient(bilinear, w, 0.2), REST),
    (lambda w: optimistic(bilinear, w, 0.2), twice(REST)),
    (lambda w: consensus(bilinear, w, 0.2, 0.5), REST),
    (lambda w: momentum(bilinear, w, 0.5, -0.5, IN_TURN), twice(REST)),
]


@pytest.mark.parametrize("place", range(len(METHODS)))
def test_the_multiplier_is_what_a_path_shows(place):
    step, rest = METHODS[place]
    start = rest + torch.tensor([1.0, 0.3]).double()
    far = path(step, start, 1200).flatten(1).norm(dim=1)
    measured = (far[1200] / far[200]) ** (1 / 1000)
    assert measured.item() == pytest.approx(largest(step, rest), abs=2e-4)


def test_alternating_steps_keep_a_conserved_ellipse():
    h, w = 0.4, torch.tensor([1.0, 0.5]).double()
    states = path(lambda w: alternating(bilinear, w, h), w, 500)
    x, y = states.T  # x' = x - h y, y' = y + h x': x^2 + y^2 - h x y stays
    kept = x**2 + y**2 - h * x * y
    assert torch.allclose(kept, kept[0].expand_as(kept), atol=1e-10)
    assert largest(lambda w: alternating(bilinear, w, 2.1)) > 1.3  # h > 2


# Mescheder, Geiger and Nowozin (2018): theta = psi = 1 in their convention, (1, -1) here; h = 0.2
R1 = dirac(minimax, lambda psi: 0.3 / 2 * psi**2)
TABLE = {
    "GAN": (dirac(), 0.5j, ("3.10", "1.42", "1.85")),
    "NSGAN": (dirac(non_saturating), 0.5j, ("0.640", "0.284", "0.139")),
    "WGAN, clip 1": (dirac(wasserstein), 1j, ("1.00", "1.02", "0.917")),
    "WGAN-GP": (
        dirac(wasserstein, lambda psi: 0.7 / 2 * (psi.abs() - 1) ** 2),
        None,
        ("1.80", "1.22", "0.716"),
    ),
    "noise 0.7": (
        dirac(minimax, noise=0.7),
        -0.25 * 0.49 + 1j * math.sqrt(0.25 - (0.25 * 0.49) ** 2),
        ("5.7e-05", "4.0e-06", None),
    ),
    "R1 0.3": (R1, -0.15 + 1j * math.sqrt(0.25 - 0.15**2), ("2.6e-06", "2.3e-07", "9e-34")),
    "R1 1": (dirac(minimax, lambda psi: psi**2 / 2), -0.5, ("1e-21", "7e-17", "5e-12")),
    "NSGAN, R1 0.3": (
        dirac(non_saturating, lambda psi: 0.3 / 2 * psi**2),
        -0.15 + 1j * math.sqrt(0.25 - 0.15**2),
        ("2.2e-06", "1.5e-07", "4e-34"),
    ),
    "consensus 1": (with_consensus(dirac(), 1.0), -0.25 + 0.5j, ("2.6e-10", "1.7e-11", "10.97")),
    "consensus 0.3": (with_consensus(dirac(), 0.3), -0.075 + 0.5j, (None, None, "3e-10")),
}


def clip(w):
    return torch.stack([w[0], w[1].clamp(-1, 1)])


def printed_alike(value, text):
    digits = len(text.split("e")[0].replace(".", "").lstrip("0"))
    return float(f"{value:.{digits - 1}e}") == float(text)


@pytest.mark.parametrize("name", TABLE)
def test_the_dirac_table_to_its_printed_digits(name):
    v, eigenvalue, distances = TABLE[name]
    start, project = torch.tensor([1.0, -1.0]).double(), clip if "clip" in name else None
    steps = [
        lambda w: simultaneous(v, w, 0.2, project),
        lambda w: alternating(v, w, 0.2, IN_TURN, project),  # G first
        lambda w: alternating(v, w, 0.2, [[0], *5 * [[1]]], project),
    ]
    for step, expected in zip(steps, distances, strict=True):
        if expected is not None:  # 500 steps take a second or two
            distance = path(step, start, 500)[-1].norm().item()
            assert printed_alike(distance, expected), (distance, expected)
    if eigenvalue is not None:
        found = eigenvalues(v, REST).numpy()
        assert min(abs(found - eigenvalue)) < 1e-7


def test_in_the_books_convention_the_other_start_gives_other_digits():
    start = torch.tensor([1.0, 1.0]).double()
    ends = [
        path(step, start, 500)[-1].norm().item()
        for step in (
            partial(simultaneous, dirac(), h=0.2),
            partial(alternating, dirac(), h=0.2),
            partial(alternating, dirac(), h=0.2, order=[[1], [0]]),
        )
    ]
    assert ends == pytest.approx([3.353, 1.495, 1.339], abs=5e-4)


def test_instance_noise_with_five_moves_of_d_comes_home():
    step = partial(alternating, dirac(minimax, noise=0.7), h=0.2, order=[[0], *5 * [[1]]])
    assert path(step, torch.tensor([1.0, -1.0]).double(), 500)[-1].norm() < 1e-15


def test_consensus_has_the_whole_gradient_of_half_the_square():
    v = dirac()
    for w in torch.tensor([[1.0, -1.0], [0.3, 2.0]]).double():
        u = w.clone().requires_grad_()
        (pull,) = torch.autograd.grad((v(u) ** 2).sum() / 2, u)
        assert torch.allclose(with_consensus(v, 0.7)(w), v(w) - 0.7 * pull, atol=1e-12)


@pytest.mark.parametrize("a, b, c", [(1.0, 1.0, 0.5), (1.0, 1.0, 1.5), (2.0, 0.5, 0.9)])
def test_coordinate_descent_has_a_factor_of_plus_c2_over_ab_and_the_game_minus(a, b, c):
    def one_function(w):  # -grad of a/2 x^2 + b/2 y^2 + c x y
        return -torch.stack([a * w[0] + c * w[1], b * w[1] + c * w[0]])

    found = multipliers(partial(coordinate, one_function), REST)[0]
    assert found.real.item() == pytest.approx(c * c / (a * b)) and abs(found.imag) < 1e-9
    states = path(partial(coordinate, quadratic(a, b, c)), torch.tensor([1.0, 1.0]).double(), 6)
    factors = states[2:, 0] / states[1:-1, 0]
    assert torch.allclose(factors, torch.full_like(factors, -c * c / (a * b)), atol=1e-9)


def test_best_responses_explode_where_gradient_steps_come_home():
    v = quadratic(1.0, 1.0, 1.5)
    assert abs(multipliers(partial(coordinate, v), REST)[0]) == pytest.approx(2.25)
    assert largest(lambda w: simultaneous(v, w, 0.1)) == pytest.approx(math.hypot(0.9, 0.15))
    assert largest(lambda w: simultaneous(v, w, 0.1)) == pytest.approx(0.912, abs=5e-4)


def test_coordinate_descent_never_climbs_and_solves_least_squares():
    torch.manual_seed(0)
    A, b = torch.randn(30, 6).double(), torch.randn(30).double()

    def v(w):
        return A.T @ (b - A @ w)

    states = path(partial(coordinate, v), torch.zeros(6).double(), 200)
    losses = ((states @ A.T - b) ** 2).sum(dim=1)
    assert (losses[1:] <= losses[:-1] + 1e-12).all()
    assert torch.allclose(states[-1], torch.linalg.lstsq(A, b[:, None]).solution[:, 0], atol=1e-9)
    whole = coordinate(v, states[0], [list(range(6))])  # one block is Newton's method
    assert torch.allclose(whole, states[-1], atol=1e-9)


def test_a_game_without_bends_has_no_best_response():
    with pytest.raises(RuntimeError, match="singular"):
        coordinate(bilinear, torch.ones(2).double())
