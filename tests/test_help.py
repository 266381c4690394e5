"""What `help()` shows of a function can be read."""

import inspect

import gan_course
from gan_course import data, divergences, dynamics, metrics, networks


def test_what_help_shows_of_a_function_is_short():
    for module in (gan_course, data, divergences, dynamics, metrics, networks):
        for name in module.__all__:
            if inspect.isfunction(function := getattr(module, name)):
                words = str(inspect.signature(function))
                assert "numpy._typing" not in words and "Objective(" not in words, name
