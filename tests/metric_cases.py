"""Pairs of samples on which metrics go wrong: what every metric of two samples is tested on."""

import numpy as np
import pytest


def _well_conditioned(rng):
    return rng.normal(size=(300, 8)), 1.3 * rng.normal(size=(300, 8)) + 0.5


def _fewer_samples_than_features(rng):
    return rng.normal(size=(20, 50)), rng.normal(size=(30, 50)) + 0.3


def _rank_deficient(rng):
    plane = rng.normal(size=(3, 10))
    return rng.normal(size=(200, 3)) @ plane, rng.normal(size=(200, 3)) @ plane + 0.2


def _identical(rng):
    x = rng.normal(size=(150, 6))
    return x, x.copy()


def _duplicates(rng):
    x, y = rng.integers(0, 3, size=(200, 3)), rng.integers(0, 3, size=(200, 3))
    return x.astype(float), y.astype(float)


def _collapsed(rng):
    x = rng.normal(size=(200, 4))
    return x, x[rng.integers(4, size=200)] + 1e-9 * rng.normal(size=(200, 4))


def _unequal_sizes(rng):
    return rng.normal(size=(400, 5)), rng.normal(size=(60, 5)) + 0.4


def _heavy_tails(rng):
    return rng.standard_t(1.5, size=(300, 4)), rng.standard_t(1.5, size=(300, 4)) + 1


CASES = {
    make.__name__[1:]: make(np.random.default_rng(0))
    for make in (
        _well_conditioned,
        _fewer_samples_than_features,
        _rank_deficient,
        _identical,
        _duplicates,
        _collapsed,
        _unequal_sizes,
        _heavy_tails,
    )
}

on_every_case = pytest.mark.parametrize(("x", "y"), CASES.values(), ids=CASES.keys())
