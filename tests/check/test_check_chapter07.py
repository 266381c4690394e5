"""The exercises of chapter 7: the stubs wait, the solutions pass, wrong answers get their hints."""

import math

import numpy as np
import torch
from exercises import Proof
from scipy.special import rel_entr
from scipy.stats import entropy

from gan_course.check import chapter07
from gan_course.metrics import density_coverage, frechet_distance, precision_recall


def stub(*answers):
    """Your code here."""
    ...


def right_inception(p):
    return np.exp(rel_entr(p, p.mean(axis=0)).sum(axis=1).mean())


def right_log(p):
    return rel_entr(p, p.mean(axis=0)).sum(axis=1).mean()


def inception_without_care(p):
    return np.exp((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean())


def inception_in_place(p):
    p /= p.max()
    return right_inception(p)


def inception_with(constant):
    def inception(p):
        q = p + constant
        return np.exp(np.sum(q * np.log(q / q.mean(axis=0)), axis=1).mean())

    return inception


INCEPTION = Proof(
    chapter07.inception,
    stub=(stub,),
    solution=(right_inception,),
    wrong=[
        ((lambda p: np.log(right_inception(p)),), "logarithm"),
        ((lambda p: np.exp((p * np.log(5 * p)).sum(axis=1).mean()),), "uniform"),
        (
            (lambda p: np.exp((p.mean(0) * np.log(p.mean(0) / p)).sum(axis=1).mean()),),
            "exchanged",
        ),
        ((lambda p: np.exp(rel_entr(p, p.mean(axis=0)).mean()),), "over the classes"),
        ((lambda p: np.exp(rel_entr(p, p.mean(axis=0)).sum(axis=1)).mean(),), "after the exp"),
        ((lambda p: np.exp(rel_entr(p, p.mean(axis=0)).sum()),), "summed over the rows"),
        ((lambda p: right_inception(p) ** (1 / math.log(2)),), "base 2"),
        ((lambda p: 2 ** right_log(p),), "base 2"),
        ((lambda p: right_inception(p.T / p.T.sum(axis=1)[:, None]),), "wrong axis"),
        (
            (lambda p: np.exp(rel_entr(p, p.mean(axis=1, keepdims=True)).sum(axis=1).mean()),),
            "uniform",
        ),
        ((lambda p: np.exp(entropy(p.mean(axis=0))),), "without the doubt"),
        ((lambda p: np.exp(-np.mean([entropy(row) for row in p])),), "without the variety"),
        ((lambda p: np.exp(-right_log(p)),), "sign"),
        ((inception_without_care,), "probability is 0"),
        ((inception_with(1e-3),), "a constant"),
        ((inception_with(1e-6),), "a constant"),
        (
            (lambda p: np.exp((p * np.log((p + 1e-4) / p.mean(axis=0))).sum(axis=1).mean()),),
            "a constant",
        ),
        ((inception_in_place,), "not the inception score"),
    ],
    never=[
        ((lambda p: np.exp(-right_log(p)),), "a constant to the"),
        ((inception_with(1e-3),), "one mean over the rows"),
    ],
    unforeseen=[
        (lambda p: 2 ** (rel_entr(p, p.mean(axis=0)).sum(axis=1).mean() / math.log(3)),),
        (lambda p: np.exp(rel_entr(p[:40], p[:40].mean(axis=0)).sum(axis=1).mean()),),
        (lambda p: p.max(axis=1).mean() * 5,),
        (lambda p: "IS",),
    ],
)


def bias(d, n):
    return 2 * d / n + d * (d + 1) / (2 * (n - 1))


def right_samples(d, tolerance):
    n = 2
    while bias(d, n) > tolerance:
        n += 1
    return n


def samples_with_one_more_degree(d, tolerance):
    """N where (7.8) has N - 1, rounded up."""
    return math.ceil((2 * d + d * (d + 1) / 2) / tolerance)


SAMPLES = Proof(
    chapter07.samples_needed,
    stub=(stub,),
    solution=(right_samples,),
    wrong=[
        ((lambda d, tolerance: right_samples(d, tolerance) - 1,), "one too few"),
        ((samples_with_one_more_degree,), "one too few"),
        ((lambda d, tolerance: math.ceil(2 * d / tolerance),), "means only"),
        ((lambda d, tolerance: math.ceil(d * (d + 1) / 2 / tolerance + 1),), "is missing"),
        ((lambda d, tolerance: right_samples(d, tolerance) + 1,), "not the smallest"),
        ((lambda d, tolerance: math.ceil(d * d / 2 / tolerance),), "rule of thumb"),
        ((lambda d, tolerance: right_samples(d, tolerance - 1e-9),), "d = 1 and tolerance 2"),
    ],
    never=[((samples_with_one_more_degree,), "Round up")],
    unforeseen=[
        (lambda d, tolerance: d * d,),
        (lambda d, tolerance: right_samples(d, 0.1),),
        (lambda d, tolerance: 50_000,),
    ],
)

DIAGNOSIS = Proof(
    chapter07.diagnosis,
    stub=(..., ..., ..., ...),
    solution=(4, 1, 3, 2),
    wrong=[
        ((2, 1, 3, 4), "at A again"),
        ((4, 5, 3, 2), "at B again"),
        ((4, 1, 2, 2), "at C again"),
        ((4, 1, 3, 5), "at D again"),
        ((0, 1, 3, 2), "numbers 1 to 5"),
    ],
    unforeseen=[(4, 1, 3, 3), (1.5, 1, 3, 2), ("styles", "noise", "copies", "classes")],
)


def right_coverage(x, y, k=5):
    own = np.linalg.norm(x[:, None] - x[None], axis=-1)
    radii = np.sort(own, axis=1)[:, k]
    nearest = np.linalg.norm(x[:, None] - y[None], axis=-1).min(axis=1)
    return (nearest <= radii).mean()


def coverage_to(index, inside=np.less_equal):
    def coverage(x, y, k=5):
        radii = np.sort(np.linalg.norm(x[:, None] - x[None], axis=-1), axis=1)[:, k + index]
        return inside(np.linalg.norm(x[:, None] - y[None], axis=-1).min(axis=1), radii).mean()

    return coverage


def coverage_by_dot_products(x, y, k=5):
    def distances(a, b):
        squares = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
        return np.sqrt(np.maximum(squares, 0))

    return (distances(x, y).min(axis=1) <= np.sort(distances(x, x), axis=1)[:, k]).mean()


def coverage_without_diagonal(x, y, k=5):
    """Index k, although the sample itself has been left out already."""
    own = np.linalg.norm(x[:, None] - x[None], axis=-1)
    np.fill_diagonal(own, np.inf)
    radii = np.sort(own, axis=1)[:, k]
    return (np.linalg.norm(x[:, None] - y[None], axis=-1).min(axis=1) <= radii).mean()


COVERAGE = Proof(
    chapter07.coverage,
    stub=(stub,),
    solution=(right_coverage,),
    wrong=[
        ((coverage_to(-1),), "its own neighbour"),
        ((coverage_to(1),), "too far"),
        ((lambda x, y, k=5: right_coverage(y, x, k),), "exchanged"),
        ((lambda x, y, k=5: precision_recall(x, y, k).recall,), "recall"),
        ((lambda x, y, k=5: precision_recall(x, y, k).precision,), "precision"),
        ((lambda x, y, k=5: density_coverage(x, y, k).density,), "density"),
        ((lambda x, y, k=5: 1 - right_coverage(x, y, k),), "empty balls"),
        ((lambda x, y, k=5: right_coverage(x, y, 3),), "another k"),
        ((coverage_to(0, np.less),), "samples coincide"),
        ((coverage_without_diagonal,), "too far"),
        ((lambda x, y, k=5: right_coverage(x.round(out=x), y, k),), "not the share"),
    ],
    never=[((coverage_without_diagonal,), r"(U|u)se index k\.")],
    unforeseen=[
        (coverage_by_dot_products,),
        (lambda x, y, k=5: 1.0,),
        (lambda x, y, k=5: 1 - 2.0**-k,),
    ],
)


def distance_of(images, real, features):
    return frechet_distance(features(real), features(images))


def right_score(G, z, real, features):
    training = G.training
    G.eval()
    with torch.no_grad():
        images = G(z)
    G.train(training)
    return distance_of(images, real, features)


def score_in_train_mode(scale=lambda images: images, batch=60):
    def score(G, z, real, features):
        images = torch.cat([G(part) for part in z.split(batch)])
        return distance_of(scale(images), real, features)

    return score


def to_unit(images):
    return (images + 1) / 2


def score_left_in_eval_mode(G, z, real, features):
    return distance_of(G.eval()(z), real, features)


def score_left_in_train_mode(G, z, real, features):
    images = G.eval()(z)
    G.train()
    return distance_of(images, real, features)


def score_with_a_warm_up(G, z, real, features):
    before = {name: value.clone() for name, value in G.state_dict().items()}
    result = right_score(G, z, real, features)
    G.train()(z)
    assert before
    return result


def score_that_sets_gradients(want):
    def score(G, z, real, features):
        G.requires_grad_(want)
        return right_score(G, z, real, features)

    return score


SCORE = Proof(
    chapter07.score,
    stub=(stub,),
    solution=(right_score,),
    wrong=[
        ((score_in_train_mode(),), "train mode"),
        ((score_in_train_mode(batch=10),), "train mode"),
        ((score_in_train_mode(to_unit),), "Both bugs"),
        ((lambda G, z, real, f: distance_of(to_unit(G.eval()(z)), real, f),), "range"),
        ((score_left_in_eval_mode,), "left in eval mode"),
        ((score_left_in_train_mode,), "left in train mode"),
        ((score_with_a_warm_up,), "has been changed"),
        ((score_that_sets_gradients(False),), "another requires_grad"),
        ((score_that_sets_gradients(True),), "another requires_grad"),
        ((lambda G, z, real, f: right_score(G, z, real, lambda x: x),), "other features"),
    ],
    never=[
        ((score_left_in_eval_mode,), "requires_grad"),
        ((score_that_sets_gradients(False),), "eval mode"),
    ],
    unforeseen=[
        (lambda G, z, real, f: right_score(G, z, to_unit(real), f),),
        (lambda G, z, real, f: right_score(G, z[:30], real, f),),
        (lambda G, z, real, f: math.sqrt(right_score(G, z, real, f)),),
        (lambda G, z, real, f: 0.0,),
        (lambda G, z, real, f: right_score(G, z, real.add_(1).div_(2), f),),
        (lambda G, z, real, f: right_score(G, z.clamp_(-1, 1), real, f),),
    ],
)


def moved(x, y):
    """Rows y, with the mean and the covariance of x."""
    y = y - y.mean(axis=0)
    ours, theirs = (
        np.linalg.cholesky(np.atleast_2d(np.cov(each, rowvar=False))) for each in (y, x)
    )
    return x.mean(axis=0) + np.linalg.solve(ours, y.T).T @ theirs.T


def signs(x):
    return np.random.default_rng(1).choice([-1.0, 1.0], size=x.shape)


def places(x, share):
    """share (d + 1) places, each of them many times."""
    n, d = x.shape
    drawn = np.random.default_rng(1).standard_normal((int(share * (d + 1)), d))
    return drawn[np.arange(n) % len(drawn)]


def right_impostor(x):
    return moved(x, places(x, 2))


def simplex_impostor(x):
    n, d = x.shape
    return moved(x, np.eye(d + 1)[np.arange(n) % (d + 1), :d])


def gaussian_impostor(x):
    return moved(x, np.random.default_rng(1).standard_normal(x.shape))


def turned_impostor(x):
    """Variables as columns, where np.cov wants them as rows."""
    y = places(x, 2) - places(x, 2).mean(axis=0)
    spread = np.sqrt(np.diag(np.cov(x))[: x.shape[1]])
    return x.mean(axis=0) + y * spread


def uncorrelated(x):
    """The right mean and variances, and no correlation."""
    white = moved(np.random.default_rng(2).standard_normal(x.shape), places(x, 2))
    white = white - white.mean(axis=0)
    root = np.linalg.cholesky(np.atleast_2d(np.cov(white, rowvar=False)))
    return x.mean(axis=0) + np.linalg.solve(root, white.T).T * x.std(axis=0, ddof=1)


def impostor_of_another_divisor(power):
    """The sample's covariance over n and that of x over n - 1, or the other way round."""

    def impostor(x):
        factor = np.sqrt((len(x) - 1) / len(x)) ** power
        return x.mean(axis=0) + (right_impostor(x) - x.mean(axis=0)) * factor

    return impostor


def impostor_without_transposes(x):
    y = places(x, 2) - places(x, 2).mean(axis=0)
    ours, theirs = (
        np.linalg.cholesky(np.atleast_2d(np.cov(each, rowvar=False))) for each in (y, x)
    )
    return x.mean(axis=0) + y @ np.linalg.inv(ours) @ theirs


IMPOSTOR = Proof(
    chapter07.impostor,
    stub=(stub,),
    solution=(right_impostor,),
    wrong=[
        ((lambda x: x,), "copies of x"),
        ((lambda x: signs(x) * x.std(axis=0) + x.mean(axis=0),), "mean is not exactly"),
        ((lambda x: right_impostor(x) * 1.1 - 0.1 * x.mean(axis=0),), "variances are not"),
        ((turned_impostor,), "variances are not"),
        ((impostor_without_transposes,), "variances are not"),
        ((impostor_of_another_divisor(1),), "n once, and by n - 1"),
        ((impostor_of_another_divisor(-1),), "n once, and by n - 1"),
        ((uncorrelated,), "covariances"),
        ((gaussian_impostor,), "n = 500 and d = 6 a 1-NN test"),
        ((lambda x: moved(x, signs(x)),), "d = 20 a 1-NN test tells them apart"),
        ((lambda x: moved(x, places(x, 6)),), "a 1-NN test tells them apart"),
        ((lambda x: right_impostor(x)[:50],), "as many rows"),
    ],
    never=[
        ((lambda x: moved(x, places(x, 6)),), "few have a twin"),
        ((lambda x: moved(x, signs(x)),), "take fewer"),
        ((lambda x: right_impostor(x) * 1.1 - 0.1 * x.mean(axis=0),), "n once"),
        ((impostor_without_transposes,), "n once"),
        ((impostor_of_another_divisor(1),), "Whiten"),
    ],
    unforeseen=[
        (lambda x: 2 * x.mean(axis=0) - x + 1e-3,),
        (lambda x: np.zeros_like(x),),
        (lambda x: x + 10,),
        (lambda x: right_impostor(x.round(out=x)),),
    ],
)


def test_who_forgets_the_transposes_is_told_of_them():
    assert "inv(L1).T @ L2.T" in chapter07.impostor(impostor_without_transposes, hint=2).message


def test_the_corners_of_a_simplex_are_an_answer_too():
    assert chapter07.impostor(simplex_impostor)


PROOFS = [INCEPTION, SAMPLES, DIAGNOSIS, COVERAGE, SCORE, IMPOSTOR]
