"""What a learner is told whose code stops with an exception."""

import math
import re

import pytest
import torch
from torch import nn

from gan_course.check import exercise


@exercise(stars=2)
def accept(answer):
    """Accept whatever can be called."""
    return f"Used {answer(torch.ones(3), torch.ones(3))}."


def broken(real, fake):
    shift = torch.ones(2)
    return real + shift


def test_an_exception_is_followed_by_a_hint_and_not_repeated():
    gentle, strong = accept(broken).message, accept(broken, hint=2).message
    assert "Print the shapes of what meets in this line." in gentle and "hint=2" in gentle
    assert "accept" not in strong and strong.count("RuntimeError") == 1
    assert strong.split("\n")[1] == (
        "broken was last called with a tensor [3] of float32, a tensor [3] of float32."
    )


def without_gradient(real, fake):
    return torch.autograd.grad(real.sum(), real)


def leaf_in_place(real, fake):
    nn.Linear(2, 2).weight.zero_()


def misspelt(real, fake):
    return reel + fake  # noqa: F821


def without_bias(real, fake):
    return nn.Linear(2, 2, bias=False).bias.sum()


def mixed(real, fake):
    return real @ fake.double()


def mistaken_kind(real, fake):
    return real.numpy().clamp(0)


def whole_numbers(real, fake):
    return torch.arange(3).lerp_(torch.arange(3), 0.5)


def number_for_torch(real, fake):
    return torch.log(0.5)


def logarithm_of_zero(real, fake):
    return math.log(0)


def beyond_the_end(real, fake):
    return real[7]


def without_the_key(real, fake):
    return {}["real"]


def by_nothing(real, fake):
    return 1 / 0


def sum_of_kinds(real, fake):
    return [] + 1


@pytest.mark.parametrize(
    "answer, hint, other",
    [
        (without_gradient, r"requires_grad_\(\)", "shapes"),
        (leaf_in_place, r"torch.no_grad\(\)", "cut"),
        (misspelt, "misspelt", "shapes"),
        (without_bias, "is None", "arrays and tensors"),
        (mixed, "two kinds", "shapes"),
        (mistaken_kind, "arrays and tensors", "is None"),
        (lambda real: real, "arguments of the stub", "shapes"),
        (beyond_the_end, "Print the index", "shapes"),
        (without_the_key, "Print the keys", "shapes"),
        (by_nothing, "denominator", "shapes"),
        (whole_numbers, "whole numbers", "shapes"),
        (number_for_torch, "math take numbers", "shapes"),
        (logarithm_of_zero, "negative number", "shapes"),
        (sum_of_kinds, r"type\(\.\.\.\)", "shapes"),
    ],
)
def test_each_kind_of_exception_has_a_hint_of_its_own(answer, hint, other):
    message = accept(answer).message
    assert re.search(hint, message) and other not in message and "\n" not in message


def test_a_result_that_the_check_cannot_use_is_described():
    @exercise(stars=1)
    def shaped(answer):
        return f"{answer(torch.ones(2)).shape}"

    verdict = shaped(lambda x: [1, 2], hint=2)
    assert "AttributeError: 'list' object has no attribute 'shape'" in verdict.message
    assert verdict.message.endswith("and returned a list of 2.")
