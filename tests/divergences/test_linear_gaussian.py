"""The linear-Gaussian case: Bayes' rule, equal pairs, and what equal marginals leave open."""

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from gan_course.divergences import (
    decoder_joint,
    encoder_joint,
    kl_gaussians,
    log_gaussian,
    posterior,
)


def case(seed, d, k):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(d, k)), 0.3 + generator.random()


def kl(first, second):
    zero = np.zeros(len(first))
    return kl_gaussians(zero, first, zero, second)


@pytest.mark.parametrize(("a", "s"), [(1.5, 0.8), (-0.4, 2.0), (0.0, 1.0)])
def test_numbers_give_the_formulas_of_the_line(a, s):
    B, T = posterior(a, s)
    assert B.item() == pytest.approx(a / (a * a + s * s))
    assert T.item() == pytest.approx(s * s / (a * a + s * s))
    np.testing.assert_allclose(decoder_joint(a, s), [[a * a + s * s, a], [a, 1]])


@pytest.mark.parametrize(("d", "k"), [(1, 1), (3, 2), (2, 4)])
def test_the_posterior_is_the_only_encoder_with_the_decoders_pairs(d, k):
    A, noise = case(d, d, k)
    p = decoder_joint(A, noise)
    S = p[:d, :d]
    B, T = posterior(A, noise)
    np.testing.assert_allclose(encoder_joint(B, T, S), p, atol=1e-12)
    assert kl(encoder_joint(B, T, S), p) == pytest.approx(0, abs=1e-10)
    assert kl(encoder_joint(B + 0.1, T, S), p) > 1e-4
    assert kl(encoder_joint(B, 1.2 * T, S), p) > 1e-4


@pytest.mark.parametrize(("d", "k"), [(1, 1), (3, 2)])
def test_the_posterior_is_what_samples_show(d, k):
    A, noise = case(7 + d, d, k)
    generator = np.random.default_rng(0)
    z = generator.normal(size=(200_000, k))
    x = z @ A.T + noise * generator.normal(size=(200_000, d))
    B, T = posterior(A, noise)
    fitted = np.linalg.lstsq(x, z, rcond=None)[0].T
    np.testing.assert_allclose(fitted, B, atol=0.02)
    np.testing.assert_allclose(np.cov((z - x @ B.T).T), T.squeeze(), atol=0.02)


def test_equal_marginals_leave_the_mutual_information_open():
    a, s = 1.5, 0.8
    p = decoder_joint(a, s)
    q = encoder_joint(0.0, 1.0, a * a + s * s)
    np.testing.assert_allclose(np.diag(q), np.diag(p))
    assert kl(p, q) == pytest.approx(math.log(1 + a * a / s**2) / 2)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.95])
def test_every_correlation_has_an_encoder_with_equal_pairs(correlation):
    S = 2.89
    a, s = correlation * math.sqrt(S), math.sqrt(S * (1 - correlation**2))
    np.testing.assert_allclose(encoder_joint(*posterior(a, s), S), decoder_joint(a, s), atol=1e-12)


@pytest.mark.parametrize("d", [1, 3])
def test_the_density_is_the_gaussians(d):
    generator = np.random.default_rng(d)
    root, m, v = (generator.normal(size=size) for size in ((d, d), d, (5, d)))
    S = root @ root.T + np.eye(d)
    np.testing.assert_allclose(log_gaussian(v, m, S), multivariate_normal(m, S).logpdf(v))
    if d == 1:
        np.testing.assert_allclose(log_gaussian(v[:, 0], m[0], S), log_gaussian(v, m, S))


def test_a_decoder_without_noise_has_a_posterior_where_x_has_a_density():
    B, T = posterior(2.0, 0.0)
    assert B.item() == 0.5 and T.item() == pytest.approx(0)
    with pytest.raises(ValueError, match="no density"):
        posterior(np.ones((2, 1)), 0.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: decoder_joint(1.0, -1.0), "at least 0"),
        (lambda: decoder_joint(float("nan"), 1.0), "A must be a finite matrix"),
        (lambda: encoder_joint(np.ones((2, 3)), 1.0, np.eye(3)), r"T must be \[2, 2\]"),
        (lambda: log_gaussian(np.zeros((4, 2)), 0.0, 1.0), r"points \[N, 1\]"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
