"""Kernels: closed forms, unbiasedness, slopes that exist, and what D and G want of them."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import energy_distance as scipy_energy

from gan_course import Normal, gan, moment_matching, play, r1, sample
from gan_course.data import ring
from gan_course.metrics import gaussian_kernel
from gan_course.metrics import mmd as mmd_of_metrics
from gan_course.networks import mlp
from gan_course.objectives import GaussianMixture, energy_distance, minus_distance, mmd, mmd2


def gaussian(n, mean=0.0, dim=1, seed=0):
    """Draw from N(mean, I) in float64."""
    generator = torch.Generator().manual_seed(seed)
    return mean + torch.randn(n, dim, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("s", [0.5, 1.0, 4.0])
@pytest.mark.parametrize("m", [0.5, 2.0])
def test_the_kernel_distance_of_two_gaussians_is_the_closed_form(s, m):
    # 2 a (1 - exp(-m^2 / (2 (s^2 + 2)))), a = s / sqrt(s^2 + 2), by the mean of k over N(m, 2)
    a = s / math.sqrt(s * s + 2)
    exact = 2 * a * (1 - math.exp(-m * m / (2 * (s * s + 2))))
    x, y = gaussian(3000), gaussian(3000, m, seed=1)
    assert mmd2(x, y, GaussianMixture((s,)), unbiased=True).item() == pytest.approx(exact, abs=0.02)


def test_a_mixture_is_the_mean_of_its_bells_in_any_dimension():
    x, y = gaussian(5, dim=3), gaussian(7, 1.0, dim=3, seed=1)
    square = torch.cdist(x, y).square()
    expected = ((-square / 2).exp() + (-square / 32).exp()) / 2
    torch.testing.assert_close(GaussianMixture((1.0, 4.0))(x, y), expected)


def test_the_unbiased_estimate_is_that_of_the_metrics_and_right_on_average():
    x, y = gaussian(40, dim=2), gaussian(30, 0.5, dim=2, seed=1)
    ours = mmd2(x, y, GaussianMixture((0.7,)), unbiased=True).item()
    assert ours == pytest.approx(mmd_of_metrics(x, y, gaussian_kernel(0.7)), abs=1e-12)
    # over all pairs of rows of a world of four, drawn without replacement, the mean is exact
    world, other = gaussian(4, seed=2), gaussian(4, 1.0, seed=3)
    kernel = GaussianMixture((1.0,))
    pairs = [*itertools.combinations(range(4), 2)]
    parts = [mmd2(world[[*i]], other[[*j]], kernel, True) for i in pairs for j in pairs]
    whole = mmd2(world, other, kernel, True)
    assert torch.stack(parts).mean().item() == pytest.approx(whole.item(), abs=1e-12)


def test_the_biased_estimate_is_never_negative_and_zero_for_a_copy():
    x, kernel = gaussian(6, dim=2), GaussianMixture((1.0, 3.0))
    assert mmd2(x, x.clone(), kernel).item() == pytest.approx(0, abs=1e-12)
    for seed in range(20):
        y = gaussian(5, dim=2, seed=seed)
        assert mmd2(x, y, kernel) >= 0 and energy_distance(x, y) >= 0
    negative = [
        mmd2(gaussian(9, seed=s), gaussian(9, seed=s + 99), kernel, True) for s in range(30)
    ]
    assert any(value < 0 for value in negative)


def test_the_energy_distance_is_twice_cramers_and_scipys_squared():
    x, y = gaussian(50), gaussian(70, 0.8, seed=1)
    value = energy_distance(x, y).item()
    assert value == pytest.approx(scipy_energy(x[:, 0].numpy(), y[:, 0].numpy()) ** 2, rel=1e-9)
    places = np.sort(np.concatenate([x[:, 0], y[:, 0]]))
    F, G = ((s[:, 0].numpy()[:, None] <= places).mean(0) for s in (x, y))
    assert value == pytest.approx(2 * ((F - G)[:-1] ** 2 * np.diff(places)).sum(), rel=1e-9)


def test_far_away_only_wide_kernels_and_the_distance_still_pull():
    def slope(kernel, m):
        shift = torch.tensor(m, dtype=torch.float64, requires_grad=True)
        value = mmd2(gaussian(300), gaussian(300, seed=1) + shift, kernel)
        return torch.autograd.grad(value, shift)[0].item()

    # the closed form's slopes at s = 1: 0.33, 0.006, 2e-7 for m = 1, 6, 10
    assert slope(GaussianMixture((1.0,)), 1.0) == pytest.approx(0.33, abs=0.05)
    assert slope(GaussianMixture((1.0,)), 10.0) < 1e-5
    assert slope(GaussianMixture((16.0,)), 10.0) == pytest.approx(0.064, abs=0.005)
    assert slope(minus_distance, 10.0) == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize("kernel", [GaussianMixture((1.0, 4.0)), minus_distance])
def test_slopes_are_finite_and_right_where_rows_are_equal(kernel):
    x = gaussian(4, dim=2)
    y = x.clone().requires_grad_()  # each y_i lies on x_i: a distance has no slope there
    slope = torch.autograd.grad(mmd2(x, y, kernel), y)[0]
    assert slope.abs().max() < 1e-12
    y = gaussian(4, 1.0, dim=2, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda y: mmd2(x, y, kernel), y)


def test_half_precision_is_computed_in_float32():
    x, y = gaussian(8, dim=2).bfloat16(), gaussian(8, 1.0, dim=2, seed=1).bfloat16()
    value = mmd2(x, y, GaussianMixture((1.0,)))
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(
        mmd2(x.double(), y.double(), GaussianMixture((1.0,))).item()
    )


def test_d_and_g_want_the_opposite_of_codes_of_any_shape():
    objective = mmd(GaussianMixture((1.0,)))
    for shape in ((6,), (6, 1), (6, 3), (6, 3, 2)):
        real, fake = torch.randn(shape), torch.randn(shape)
        assert objective.d(real, fake) == -objective.g(fake, real) <= 0
    assert objective.paired and not objective.probabilistic
    assert objective.name == "mmd(GaussianMixture(bandwidths=(1.0,)))"
    with pytest.raises(ValueError, match=r"pass D\(real\)"):
        objective.g(fake, None)


def test_what_cannot_be_compared_is_one_sentence():
    with pytest.raises(ValueError, match=r"rows of one length.*\[3, 2\] and \[3, 4\]"):
        minus_distance(torch.zeros(3, 2), torch.zeros(3, 4))
    with pytest.raises(ValueError, match="rows of one length"):
        GaussianMixture((1.0,))(torch.zeros(3), torch.zeros(3))
    with pytest.raises(ValueError, match="2 or more rows"):
        mmd2(torch.zeros(1, 2), torch.zeros(5, 2), minus_distance, unbiased=True)
    for widths in ((), (1.0, -1.0), (math.inf,)):
        with pytest.raises(ValueError, match="positive"):
            GaussianMixture(widths)


def test_a_learned_and_a_fixed_kernel_move_samples_towards_the_data():
    data, kernel = ring(spread=0.05), GaussianMixture((0.2, 1.0))
    torch.manual_seed(0)
    alone = moment_matching(mlp(2, 2, (32,)), kernel, latent=Normal(2), lr=5e-3, device="cpu")
    assert [player.name for player in alone.players] == ["G"]
    before = energy_distance(data.sample(500), sample(alone, 500)).item()
    record = play(alone, data.batches(128, device="cpu"), 100)
    assert record["G_loss"] > 0
    assert energy_distance(data.sample(500), sample(alone, 500)).item() < 0.3 * before
    torch.manual_seed(0)
    learned = mmd(GaussianMixture((1.0, 4.0)))
    game = gan(
        mlp(2, 2, (32,)), mlp(2, 4, (32,)), learned, latent=Normal(2), penalties=[(0.1, r1)],
        lr=3e-3, device="cpu",
    )  # fmt: skip
    play(game, data.batches(64, device="cpu"), 150)
    assert energy_distance(data.sample(500), sample(game, 500)).item() < 0.6 * before
