"""What a check hands to an answer, and what it gets back: copies, so that neither spoils the other."""

import functools

import numpy as np
import pytest
import torch
from torch import nn

from gan_course.check import Verdict, exercise, expect, expect_close

FIXED = torch.ones(3)
NESTED = {"pair": (np.ones(2), [torch.ones(2), {"deep": [1, 2]}]), "point": Verdict("a", "b")}


@exercise(stars=1)
def untouched(answer):
    """Hand out what the module holds, one time bare, one time nested."""
    first, second = answer(FIXED, NESTED), answer(FIXED, NESTED)
    expect_close(second, 3.0, "The second call got something else than the first.")
    expect_close(first, 3.0, "The first result has changed since.")
    return "It saw the same twice."


def spoil(x, nested):
    total = x.sum().item()
    x.zero_()
    numbers, (tensor, deep) = nested["pair"]
    numbers[:] = 0
    tensor.zero_()
    deep["deep"].clear()
    nested.clear()
    return total


class Spoiler(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x, nested):
        return self.weight * spoil(x, nested)

    def method(self, x, nested):
        return spoil(x, nested)


@pytest.mark.parametrize(
    "answer",
    [
        spoil,
        lambda x, nested: spoil(x, nested),
        functools.partial(spoil),
        Spoiler().method,
        Spoiler(),
        torch.no_grad()(spoil),
    ],
    ids=["function", "lambda", "partial", "method", "network", "decorated"],
)
def test_an_answer_that_works_in_place_spoils_copies_only(answer):
    assert untouched(answer), untouched(answer).message
    assert FIXED.sum() == 3 and NESTED["pair"][0].sum() == 2
    assert NESTED["pair"][1][0].sum() == 2 and NESTED["pair"][1][1] == {"deep": [1, 2]}


@pytest.mark.parametrize("answer", [Spoiler, lambda: Spoiler()], ids=["class", "function"])
def test_what_an_answer_makes_spoils_copies_only(answer):
    @exercise(stars=1)
    def built(make):
        network = make()
        expect_close(network(FIXED, NESTED), 3.0, "It is not the sum.")
        return "It was built and used."

    assert built(answer)
    assert FIXED.sum() == 3 and NESTED["pair"][1][1] == {"deep": [1, 2]}


def test_a_buffer_that_an_answer_keeps_does_not_change_what_it_returned():
    buffer = torch.zeros(())

    @exercise(stars=1)
    def twice(answer):
        first = answer(torch.ones(()))
        answer(torch.zeros(()))
        expect_close(first, 1.0, "The first result has changed since.")
        return "Two results."

    assert twice(lambda x: buffer.copy_(x))


def test_gradients_flow_through_the_copies():
    @exercise(stars=1)
    def slope(answer):
        x = torch.ones(3, requires_grad=True)
        answer(x).backward()
        expect_close(x.grad, torch.full((3,), 2.0), "Not 2.")
        return "The slope is 2."

    def in_place(x):
        return x.mul_(2).sum()

    assert slope(lambda x: 2 * x.sum()) and slope(in_place)


def test_an_answer_may_ask_its_copy_for_a_gradient():
    def by_backward(x):
        (2 * x).sum().backward()
        return x.grad

    @exercise(stars=1)
    def own_slope(answer):
        expect_close(answer(torch.ones(3, requires_grad=True)), torch.full((3,), 2.0), "Not 2.")
        return "The slope is 2."

    assert own_slope(by_backward)


def test_what_has_an_identity_is_handed_on_as_it_is():
    network, generator = nn.Linear(2, 1), torch.Generator()

    @exercise(stars=1)
    def same(answer):
        expect(answer([network, generator]), "Others.")
        return "The same."

    assert same(lambda given: given[0] is network and given[1] is generator)


def test_a_network_given_as_an_answer_stays_as_it_is():
    network = nn.Linear(2, 1)

    @exercise(stars=1)
    def trained(answer):
        answer.eval()
        answer(torch.ones(1, 2)).sum().backward()
        with torch.no_grad():
            answer.weight.zero_()
        return "Trained."

    before = network.weight.detach().clone()
    assert trained(network)
    assert network.training and network.weight.grad is None and network.weight.equal(before)
    assert not network._forward_hooks and not network._forward_pre_hooks


def test_values_given_as_answers_stay_as_they_are():
    given = [np.ones(2), {"a": torch.ones(2)}]

    @exercise(stars=1)
    def changed(answer):
        answer[0][:] = 0
        answer[1]["a"].zero_()
        return "Changed."

    assert changed(given)
    assert given[0].sum() == 2 and given[1]["a"].sum() == 2


def test_an_exception_leaves_the_next_answer_alone():
    def late(x, nested):
        spoil(x, nested)
        raise ValueError("too late")

    assert "ValueError: too late" in untouched(late).message
    assert untouched(spoil)


def nothing(x, nested):
    x.sum()


class Nothing(nn.Module):
    def forward(self, x, nested):
        x.sum()


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (nothing, "nothing"),
        (lambda x, nested: nothing(x, nested), "answer"),
        (functools.partial(nothing), "answer"),
        (Nothing(), "answer"),
        (Nothing().forward, "forward"),
        (torch.no_grad()(nothing), "nothing"),
    ],
    ids=["function", "lambda", "partial", "network", "method", "decorated"],
)
def test_a_function_is_told_by_its_own_name_where_it_has_one(answer, name):
    assert f"Your function {name} returned None" in untouched(answer).message


def test_what_an_answer_makes_is_told_by_its_own_name_too():
    @exercise(stars=1)
    def built(make):
        make()(FIXED, NESTED)
        return "It was built and used."

    assert "Your function nothing returned" in built(lambda: nothing).message
    assert "Your function Nothing returned" in built(Nothing).message
