"""Chapter 17: who may see which digits."""

from __future__ import annotations

from gan_course.data import Dataset, digits


def sets(seed: int) -> tuple[Dataset, Dataset, Dataset]:
    """Return 297 digits to choose by, a pool of 1,000 to learn from, and 500 to test on.

    The 297 are the same for all seeds, and in no pool and no test set.
    """
    choose, rest = digits(8).split(297 / 1797, seed=0)
    test, pool = rest.split(1 / 3, seed=seed)
    return choose, pool, test
