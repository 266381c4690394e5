"""Toy metrics on samplers whose scores are known."""

import math

import pytest
import torch

from gan_course.data.toys import Mixture, grid, ring
from gan_course.metrics import (
    high_quality_share,
    mode_report,
    modes_covered,
    reverse_kl_over_modes,
    stray_share,
    within_mode_spread,
)

PERFECT = 1 - math.exp(-4.5)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("toy", [ring(), grid()], ids=lambda toy: toy.name)
class TestAPerfectSampler:
    def test_has_98_89_percent_high_quality_samples(self, toy):
        n = 200_000
        error = 4 * math.sqrt(PERFECT * (1 - PERFECT) / n)
        assert high_quality_share(toy.sample(n), toy) == pytest.approx(PERFECT, abs=error)

    def test_has_spread_one(self, toy):
        assert within_mode_spread(toy.sample(200_000), toy) == pytest.approx(1, abs=0.005)

    def test_covers_every_mode_with_2500_samples(self, toy):
        assert modes_covered(toy.sample(2500), toy) == len(toy.modes)

    def test_has_the_reverse_kl_of_its_finite_sample(self, toy):
        scores = [reverse_kl_over_modes(toy.sample(2500), toy) for _ in range(100)]
        expected = (len(toy.modes) - 1) / (2 * 2500)
        assert sum(scores) / 100 == pytest.approx(expected, rel=0.25)


def test_a_narrow_sampler_scores_100_percent_and_its_spread_gives_it_away():
    report = mode_report(ring(spread=0.0035).sample(10_000), ring())
    assert report["high_quality"] == 1
    assert report["spread"] == pytest.approx(0.35 / math.sqrt(0.94945), abs=0.01)


def test_a_wide_sampler_loses_quality_and_its_spread_is_above_one():
    report = mode_report(ring(spread=0.02).sample(50_000), ring())
    assert report["modes"] == 8
    assert report["high_quality"] == pytest.approx(1 - math.exp(-4.5 / 4), abs=0.01)
    assert 1.3 < report["spread"] < 1.54


def test_strays_are_what_no_gaussian_mode_has_and_the_other_numbers_do_not_see():
    """Two thirds at honest width and a third on threads read like modes twice too wide."""
    core = ring().sample(6700)
    angle = 2 * math.pi * torch.rand(3300)
    threads = torch.stack([angle.cos(), angle.sin()], dim=1)  # on the circle itself
    wide, threaded = ring(spread=0.02).sample(10_000), torch.cat([core, threads])
    reports = mode_report(wide, ring()), mode_report(threaded, ring())
    assert all(0.65 < report["high_quality"] < 0.75 for report in reports)
    assert stray_share(wide, ring()) == pytest.approx(math.exp(-(2.5**2) / 2), abs=0.01)
    assert stray_share(threaded, ring()) > 0.25
    assert stray_share(core, ring()) < 0.001


def test_strays_are_counted_by_the_nearest_mode_and_in_its_spreads():
    x = ring().modes[:1] + torch.tensor([[0.04, 0.0], [0.06, 0.0], [0.3, 0.0]])
    assert stray_share(x, ring()) == pytest.approx(2 / 3)
    assert stray_share(x, ring(spread=0.02)) == pytest.approx(1 / 3)
    assert stray_share(x, ring(spread=0.1)) == stray_share(ring().modes, ring()) == 0
    with pytest.raises(ValueError, match="n > 0"):
        stray_share(x[:0], ring())


def test_spread_is_measured_about_the_samples_own_centre():
    shifted = Mixture("shifted", ring().modes + 0.01, 0.001)
    assert within_mode_spread(shifted.sample(10_000), ring()) < 0.11


def test_a_sampler_that_gives_one_point_is_collapsed():
    report = mode_report(ring().modes[:1].repeat(100, 1), ring())
    assert report == {"modes": 1, "high_quality": 1, "spread": 0, "reverse_kl": math.log(8)}


def test_two_modes_of_three_to_one_have_the_reverse_kl_by_hand():
    x = ring().modes[[0, 0, 0, 1]]
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert reverse_kl_over_modes(x, ring()) == pytest.approx(math.log(8) - entropy, abs=1e-12)


def test_a_sampler_far_from_every_mode_covers_nothing():
    report = mode_report(torch.full((10, 2), 50.0), ring())
    assert report["modes"] == report["high_quality"] == 0
    assert math.isnan(report["spread"]) and math.isnan(report["reverse_kl"])


def test_the_linspace_ring_has_seven_modes_by_this_count():
    angles = torch.linspace(0, 2 * math.pi, 8)
    copied = Mixture("copied", torch.stack([angles.cos(), angles.sin()], 1), 0.01)
    seven = ring(modes=7)
    x = copied.sample(10_000)
    assert modes_covered(x, seven) == 7
    shares = torch.tensor([2, 1, 1, 1, 1, 1, 1]) / 8
    expected = math.log(7) + float((shares * shares.log()).sum())
    assert reverse_kl_over_modes(x, seven) == pytest.approx(expected, abs=0.01)
    assert modes_covered(x, ring()) == 1  # the other six are where no true mode is


def test_the_border_at_three_spreads_is_outside():
    toy = Mixture("one", torch.zeros(1, 2), 1.0)
    x = torch.tensor([[3.0, 0.0], [2.999, 0.0]])
    assert high_quality_share(x, toy) == 0.5


def test_one_sample_per_mode_has_no_spread():
    assert math.isnan(within_mode_spread(ring().modes, ring()))


def test_scores_are_exact_for_modes_far_from_the_origin():
    far = Mixture("far", grid().modes + 1024, 0.05)
    assert high_quality_share(far.sample(50_000), far) == pytest.approx(PERFECT, abs=0.002)


def test_a_report_is_made_of_plain_floats():
    report = mode_report(ring().sample(10), ring())
    assert all(type(score) is float for score in report.values())


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(0, 2), "n > 0"),
        (torch.zeros(2), "samples"),
        (torch.zeros(4, 3), "samples"),
        (torch.tensor([[0.0, math.nan]]), "diverged"),
        (torch.tensor([[0.0, math.inf]]), "diverged"),
    ],
)
@pytest.mark.parametrize(
    "metric",
    [
        mode_report,
        modes_covered,
        high_quality_share,
        within_mode_spread,
        reverse_kl_over_modes,
        stray_share,
    ],
)
def test_bad_samples_are_refused_in_one_sentence(metric, x, message):
    with pytest.raises(ValueError, match=message):
        metric(x, ring())
