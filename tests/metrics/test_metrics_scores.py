"""Inception score, mode score and path length against torchmetrics and closed forms."""

import numpy as np
import pytest
import torch
from torch import nn

from gan_course.metrics import (
    arc,
    inception_score,
    mode_score,
    mode_score_che,
    perceptual_path_length,
)


def softmax_rows(n, classes, seed=0, scale=3.0):
    logits = scale * np.random.default_rng(seed).normal(size=(n, classes))
    return logits, np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.mark.filterwarnings("ignore")  # its buffer, and its standard deviation of one split
@pytest.mark.parametrize("splits", [1, 10])
def test_the_inception_score_agrees_with_torchmetrics(splits):
    from torchmetrics.image.inception import InceptionScore

    logits, p = softmax_rows(200, 7)
    metric = InceptionScore(feature=nn.Identity(), splits=splits).set_dtype(torch.float64)
    metric.update(torch.from_numpy(logits))
    torch.manual_seed(0)
    theirs = float(metric.compute()[0])
    torch.manual_seed(0)
    shuffled = p[torch.randperm(200).numpy()]
    assert inception_score(shuffled, splits) == pytest.approx(theirs, rel=1e-12)


class TestTheInceptionScore:
    def test_is_the_number_of_classes_for_one_hot_rows_over_all(self):
        assert inception_score(np.eye(10).repeat(3, axis=0)) == pytest.approx(10)

    def test_is_one_for_equal_rows(self):
        assert inception_score(np.full((20, 4), 0.25)) == pytest.approx(1)
        assert inception_score(np.eye(4)[[2] * 20]) == pytest.approx(1)

    def test_does_not_see_one_image_per_class(self):
        p = softmax_rows(10, 10)[1]
        assert inception_score(p.repeat(50, axis=0)) == pytest.approx(inception_score(p))

    def test_of_splits_is_the_mean_over_consecutive_parts(self):
        p = softmax_rows(25, 3)[1]
        parts = [inception_score(part) for part in np.array_split(p, 4)]
        assert inception_score(p, splits=4) == pytest.approx(np.mean(parts))

    def test_is_biased_downwards_in_n(self):
        p = softmax_rows(4000, 10)[1]
        assert inception_score(p, splits=200) < inception_score(p) - 0.05


class TestTheModeScore:
    def test_is_the_inception_score_where_the_classes_agree(self):
        p = softmax_rows(60, 5)[1]
        assert mode_score(p, p[::-1]) == pytest.approx(inception_score(p))

    def test_is_the_inception_score_times_what_the_shares_miss(self):
        real, fake = np.eye(4)[[0, 1, 2, 3]], np.eye(4)[[0, 0, 0, 1]]
        kl = 0.75 * np.log(3) + 0.25 * np.log(1)
        assert mode_score(real, fake) == pytest.approx(inception_score(fake) * np.exp(-kl))

    def test_in_the_quoted_form_would_be_the_inception_score(self):
        # exp(E KL(p(y|x) || p_data) - KL(p_gen || p_data)): p_data cancels
        p_data, fake = softmax_rows(1, 5, seed=1)[1][0], softmax_rows(80, 5, seed=2)[1]
        p_gen = fake.mean(axis=0)
        first = (fake * np.log(fake / p_data)).sum(axis=1).mean()
        quoted = np.exp(first - (p_gen * np.log(p_gen / p_data)).sum())
        assert quoted == pytest.approx(inception_score(fake))

    def test_as_printed_by_che_is_its_formula(self):
        real, fake = softmax_rows(70, 5, seed=1)[1], softmax_rows(80, 5, seed=2, scale=1)[1]
        p_data, p_gen = real.mean(axis=0), fake.mean(axis=0)
        first = (fake * np.log(fake / p_data)).sum(axis=1).mean()
        expected = np.exp(first - (p_data * np.log(p_data / p_gen)).sum())
        assert mode_score_che(real, fake) == pytest.approx(expected)

    def test_of_a_missing_class_is_finite_in_one_form_and_zero_in_the_other(self):
        real, fake = np.eye(3), np.eye(3)[[0, 1]]
        assert mode_score(real, fake) == pytest.approx(2 * 2 / 3)
        assert mode_score_che(real, fake) == 0

    def test_of_a_class_that_the_data_do_not_have_is_zero_or_infinite(self):
        real, fake = np.eye(3)[[0, 1]], np.eye(3)
        assert mode_score(real, fake) == 0
        assert mode_score_che(real, fake) == np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inception_score(np.full((3, 4), 0.3)), "a row that sums to 1.2"),
        (lambda: inception_score(np.array([[1.5, -0.5]])), "minimum -0.5"),
        (lambda: inception_score(np.eye(3), splits=4), "1 <= splits <= 3"),
        (lambda: inception_score(np.full((2, 2), np.nan)), "NaN"),
        (lambda: mode_score(np.eye(3), np.eye(4)), "3 classes and fake ones 4"),
        (lambda: mode_score_che(np.ones((2, 3)), np.eye(3)), "real probabilities must"),
    ],
)
def test_bad_probabilities_are_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def squared_l2(a, b):
    return (a - b).square().flatten(1).sum(dim=1)


@pytest.fixture
def walk():
    torch.manual_seed(0)
    G = nn.Linear(6, 10).double()
    start, end = torch.randn(2, 4000, 6, dtype=torch.float64)
    return G, start, end, torch.rand(4000, dtype=torch.float64)


class TestThePathLength:
    @pytest.mark.parametrize("epsilon", [1e-4, 0.5])
    def test_of_a_linear_generator_is_exact_for_every_step(self, walk, epsilon):
        G, start, end, t = walk
        expected = ((end - start) @ G.weight.T).square().sum(dim=1).mean().item()
        value = perceptual_path_length(G, start, end, t, squared_l2, epsilon=epsilon, trim=0)
        assert value == pytest.approx(expected, rel=1e-8)

    def test_of_a_linear_generator_is_twice_its_squared_norm(self, walk):
        G, start, end, t = walk
        value = perceptual_path_length(G, start, end, t, squared_l2, trim=0)
        assert value == pytest.approx(2 * G.weight.square().sum().item(), rel=0.05)

    @pytest.mark.parametrize("dim", [3, 40])
    def test_of_a_linear_generator_on_arcs_is_the_mean_squared_angle_times_its_norm(self, dim):
        torch.manual_seed(0)
        G = nn.Linear(dim, 10).double()
        start, end = torch.randn(2, 20_000, dim, dtype=torch.float64)
        t = torch.rand(20_000, dtype=torch.float64)
        value = perceptual_path_length(G, start, end, t, squared_l2, arc, trim=0)
        angle = torch.cosine_similarity(start, end).acos()
        exact = (angle.square().mean() * G.weight.square().sum()).item()
        assert value == pytest.approx(exact, rel=0.03)
        if dim == 40:  # about a right angle, give or take 1 / sqrt(dim)
            assert value / G.weight.square().sum().item() == pytest.approx(
                np.pi**2 / 4 + 1 / dim, rel=0.03
            )

    def test_arcs_stay_on_the_sphere_and_go_at_one_speed(self, walk):
        _, start, end, _ = walk
        points = torch.stack([arc(start, end, torch.full((4000, 1), i / 4)) for i in range(5)])
        torch.testing.assert_close(
            points.norm(dim=2), torch.full((5, 4000), 6**0.5, dtype=torch.float64)
        )
        torch.testing.assert_close(points[0], start / start.norm(dim=1, keepdim=True) * 6**0.5)
        torch.testing.assert_close(points[4], end / end.norm(dim=1, keepdim=True) * 6**0.5)
        steps = points.diff(dim=0).norm(dim=2)
        torch.testing.assert_close(steps, steps[:1].expand(4, -1))

    def test_drops_both_tails_as_stylegan_does(self, walk):
        G, start, end, t = walk
        speeds = ((end - start) @ G.weight.T).square().sum(dim=1).detach().numpy()
        low = np.percentile(speeds, 1, method="lower")
        high = np.percentile(speeds, 99, method="higher")
        expected = speeds[(low <= speeds) & (speeds <= high)].mean()
        value = perceptual_path_length(G, start, end, t, squared_l2)
        assert value == pytest.approx(expected, rel=1e-8)

    def test_runs_in_eval_mode_and_leaves_the_mode_as_it_was(self, walk):
        _, start, end, t = walk
        G = nn.Sequential(nn.Dropout(0.9), nn.Identity())
        value = perceptual_path_length(G, start, end, t, squared_l2, trim=0)
        assert value == pytest.approx((end - start).square().sum(dim=1).mean().item(), rel=1e-6)
        assert G.training and G[0].training

    def test_walks_where_it_is_told(self, walk):
        east, north = torch.eye(2, dtype=torch.float64).repeat_interleave(5, dim=0).split(5)
        quarter_turn = perceptual_path_length(
            nn.Identity(),
            east,
            north,
            walk[-1][:5],
            squared_l2,
            interpolate=lambda a, b, s: (s * np.pi / 2).cos() * a + (s * np.pi / 2).sin() * b,
            trim=0,
        )
        assert quarter_turn == pytest.approx((np.pi / 2) ** 2, rel=1e-6)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"t": torch.zeros(3)}, r"t \[n\], got \[4000, 6\], \[4000, 6\] and \[3\]"),
            ({"epsilon": 0.0}, "epsilon > 0"),
            ({"trim": 0.5}, "trim < 0.5"),
            ({"distance": lambda a, b: (a - b).square()}, "one number per pair"),
            ({"distance": lambda a, b: squared_l2(a, b) * torch.nan}, "NaN"),
        ],
    )
    def test_refuses_bad_input_in_one_sentence(self, walk, change, message):
        G, start, end, t = walk
        arguments = {"G": G, "start": start, "end": end, "t": t, "distance": squared_l2}
        with pytest.raises(ValueError, match=message):
            perceptual_path_length(**(arguments | change))
