"""The examples in docstrings show what they say."""

import doctest
from inspect import getmodule

import pytest

import gan_course
from gan_course import checkpoint, data, divergences, metrics, objectives

SHOWN = [  # what notebooks and readers call most
    gan_course.gan,
    gan_course.train,
    gan_course.play,
    gan_course.sample,
    gan_course.generate,
    gan_course.Normal,
    gan_course.lerp,
    gan_course.slerp,
    gan_course.gradient_norm,
    checkpoint.save,
    data.digits,
    data.ring,
    divergences.js,
    metrics.frechet_distance,
    objectives.f_gan,
    objectives.FDivergence.between,
]


@pytest.mark.parametrize("function", SHOWN, ids=lambda function: function.__name__)
def test_an_example_shows_what_it_says(function):
    found = doctest.DocTestFinder(recurse=False).find(function, globs=vars(getmodule(function)))
    examples = [test for test in found if test.examples]
    assert examples, "it has no example"
    for test in examples:
        result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test)
        assert result.failed == 0 and result.attempted > 0
