"""The mechanism of the exercises, proven end to end on one complete exercise."""

import functools
import json
import random
import re
import types

import numpy as np
import pytest
import torch
from exercises import Proof, prove, prove_complete, prove_wired
from torch import nn
from torch.nn.functional import softplus

from gan_course.check import close, exercise, exercises, expect, expect_close, gradients

# --- a complete exercise, as a chapter's module defines it ---


@exercise(stars=1)
def losses(d_loss, g_loss):
    """Write the non-saturating losses of D and G as functions of logits."""
    real, fake = 2 * torch.randn(64), 2 * torch.randn(64) - 1
    _check_d(d_loss, real, fake)
    want = softplus(-fake).mean()
    minimax = -softplus(fake).mean()
    expect_close(
        g_loss(fake),
        want,
        "G's loss is not -mean log sigma(D(G(z))).",
        "G wants D to call its samples real: it has D's first term, on fake instead of real.",
        mistakes=[
            (-want, "This is the negative of G's loss: G would learn to please D's wrong side."),
            (minimax, "This is the minimax loss, which saturates.", "Minimise -log sigma(a)."),
            (
                want * 64,
                "You summed over the batch.",
                "Take the mean: the batch size must not matter.",
            ),
        ],
    )
    slope = gradients(g_loss, torch.tensor([-20.0]))[0]
    expect_close(slope, [-1.0], "G's gradient dies where D is sure.", "Its slope is sigma(a) - 1.")
    return (
        "Both losses equal the formulas, are finite at logits of 1000, and G's does not saturate."
    )


def _check_d(d_loss, real, fake):
    one, zero = softplus(-real).mean(), softplus(fake).mean()
    expect_close(
        d_loss(real, fake),
        one + zero,
        "D's loss is not -mean log sigma(real) - mean log(1 - sigma(fake)).",
        "-log sigma(a) is softplus(-a), and -log(1 - sigma(a)) is softplus(a).",
        mistakes=[
            (
                -(one + zero),
                "This is V, the negative of D's loss.",
                "D minimises: change the sign.",
            ),
            (
                softplus(real).mean() + softplus(-fake).mean(),
                "Real and fake are swapped.",
                "D(x) up.",
            ),
            (
                (one + zero) / 2,
                "This is half of D's loss.",
                "Add the two means; no average of them.",
            ),
            (
                softplus(-real) + softplus(fake),
                "You did not average over the batch.",
                "Use .mean().",
            ),
        ],
    )
    extreme = torch.tensor([1000.0])
    expect(
        torch.isfinite(torch.as_tensor(d_loss(-extreme, extreme))).all(),
        "D's loss overflows at logits of 1000.",
        "log(sigmoid(a)) is log(0) there. Use softplus, or logsigmoid.",
    )


def right_d(real, fake):
    return softplus(-real).mean() + softplus(fake).mean()


def right_g(fake):
    return softplus(-fake).mean()


def stub(*logits):
    """Your code here."""
    ...


def unstable_d(real, fake):
    return -torch.log(torch.sigmoid(real)).mean() - torch.log(1 - torch.sigmoid(fake)).mean()


PROOF = Proof(
    losses,
    stub=(stub, stub),
    solution=(right_d, right_g),
    wrong=[
        ((lambda real, fake: -right_d(real, fake), right_g), "negative of D's loss"),
        ((lambda real, fake: right_d(fake, real), right_g), "swapped"),
        ((lambda real, fake: right_d(real, fake) / 2, right_g), "half of D's loss"),
        ((unstable_d, right_g), "overflows"),
        ((right_d, lambda fake: -softplus(fake).mean()), "saturates"),
        ((right_d, lambda fake: softplus(-fake.detach()).mean()), "No gradient reaches"),
    ],
    unforeseen=[
        (lambda real, fake: (real - 1).square().mean() + fake.square().mean(), right_g),
        (right_d, lambda fake: -fake.mean()),
        (right_d, lambda fake: "a string"),
        (right_d, lambda fake, real: right_g(fake)),
        (right_d, lambda fake: torch.tensor(float("nan"))),
    ],
)


def test_the_example_is_proven():
    prove(PROOF)


# --- what an unanswered exercise looks like ---


def raising(real, fake):
    raise NotImplementedError("your code here")


def lacking(real, fake):
    """Raises NotImplementedError inside torch, which is no sign of a stub."""
    return torch.arange(3).lerp_(torch.arange(3), 0.5)


def with_holes(real, fake):
    total = ...
    return total, real.mean()


def computing_with_a_hole(real, fake):
    loss = ...
    return real.mean() + loss


class Stub(nn.Module):
    def forward(self, x):
        """Your code here."""


@exercise(stars=2)
def accept(answer):
    """Accept whatever can be used at all."""
    return f"Used {answer(torch.ones(3), torch.ones(3)) if callable(answer) else answer}."


@pytest.mark.parametrize(
    "answer",
    [
        None,
        ...,
        stub,
        lambda a, b: None,
        lambda a, b: ...,
        raising,
        with_holes,
        computing_with_a_hole,
        Stub,
        Stub(),
    ],
)
def test_an_unanswered_exercise_says_so_and_nothing_else(answer, capsys):
    verdict = accept(answer)
    assert not verdict and verdict.status == "unanswered"
    assert capsys.readouterr().out == "Not answered yet.\n"


def test_what_torch_cannot_do_is_a_fault_and_no_gap():
    verdict = accept(lacking)
    assert verdict.status == "failed" and "whole numbers" in verdict.message


def test_a_decorated_stub_is_still_a_stub():
    assert accept(torch.no_grad()(stub)).status == "unanswered"


@pytest.mark.parametrize("g_loss", [stub, None, lambda fake: ...])
def test_of_two_answers_the_missing_one_is_named(g_loss):
    assert losses(right_d, g_loss).message == "Not answered yet: g_loss."


def test_falsy_answers_are_answers():
    for answer in (0, 0.0, False, "", torch.zeros(1)):
        assert accept(answer)


class Callable:
    def __call__(self, real, fake):
        """Your code here."""

    def method(self, real, fake): ...


@pytest.mark.parametrize(
    "answer",
    [Callable, Callable(), Callable().method, Callable.method, functools.partial(stub, 1)],
    ids=["class", "instance", "method", "function of a class", "partial"],
)
def test_a_stub_is_found_in_whatever_can_be_called(answer):
    assert accept(answer).status == "unanswered"


# --- what a wrong answer is told ---


def broken(real, fake):
    shift = torch.ones(2)
    return real + shift


def test_an_exception_becomes_one_sentence_with_its_line():
    message = accept(broken).message
    assert "in line" in message and "of broken, `return real + shift`, with RuntimeError" in message
    assert "\n" not in message


def test_an_exception_below_the_learners_code_blames_the_learners_line():
    message = accept(lambda real, fake: torch.cat([real, fake.reshape(1, 3)])).message
    assert "torch.cat" in message and "of <lambda>" in message


def test_a_wrong_number_of_arguments_is_explained():
    assert "takes 1 positional argument" in accept(lambda real: real).message


def test_a_missing_return_is_named_unless_the_exercise_works_in_place():
    def fill(layer, other):
        layer.zero_()

    assert "is a `return` missing?" in accept(fill).message

    @exercise(stars=1, in_place=True)
    def zeroed(function):
        x = torch.ones(2)
        function(x, None)
        expect(x.sum() == 0, "Not zero.")
        return "Zero."

    assert zeroed(fill)
    assert zeroed(stub).status == "unanswered"


def test_a_missing_forward_is_not_mistaken_for_a_stub():
    class Net(nn.Module):
        pass

    assert accept(Net()).status == "failed"


def test_hints_grow_on_request_and_say_how_to_ask():
    swapped = (lambda real, fake: right_d(fake, real), right_g)
    gentle, strong = losses(*swapped).message, losses(*swapped, hint=2).message
    assert gentle == (
        "Not yet. Real and fake are swapped.\n(For a stronger hint: check.losses(..., hint=2))"
    )
    assert strong == "Not yet. Real and fake are swapped.\nD(x) up."
    assert losses(*swapped, hint=9).message == strong


def test_too_few_answers_are_a_type_error_of_one_sentence():
    with pytest.raises(
        TypeError, match=r"^Call check\.losses\(d_loss, g_loss\) with 2 answers, not 1"
    ):
        losses(right_d)


def test_a_pass_says_what_was_proven_and_is_not_shown_twice(capsys):
    verdict = losses(right_d, right_g)
    assert verdict
    verdict._ipython_display_()
    assert capsys.readouterr().out == verdict.message + "\n"
    assert verdict.message.startswith("Correct. Both losses equal")


def test_a_check_seeds_itself_and_leaves_all_random_states_alone():
    @exercise(stars=1)
    def draw(answer):
        return f"{torch.randn(1).item()} {np.random.rand()} {random.random()}"

    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    assert draw(1) == draw(2)
    assert torch.equal(states[0], torch.get_rng_state())
    assert (states[1] == np.random.get_state()[1]).all() and states[2] == random.getstate()


def test_gradients_work_where_the_learner_switched_them_off():
    with torch.no_grad():
        assert losses(right_d, right_g)


# --- values ---


@pytest.mark.parametrize("got", [1.5, np.float32(1.5), np.array([1.5]), torch.tensor([[1.5]])])
def test_numbers_arrays_and_tensors_of_one_element_are_close(got):
    assert close(got, torch.tensor(1.5))


def test_other_shapes_and_nan_are_not_close():
    assert not close(torch.ones(3), torch.ones(3, 1))
    assert not close(torch.ones(2), 1.0)
    assert not close(float("nan"), float("nan"))


@pytest.mark.parametrize(
    "got, sentence",
    [
        (torch.ones(3, 1), r"The shape should be \[3\], and yours is \[3, 1\]"),
        (torch.tensor([1.0, 2.0, 5.0]), "the right value is 3, and yours is 5"),
        (torch.tensor([1.0, 2.0, float("inf")]), "not finite"),
        ("three", "A number or a tensor is expected here, and yours is a str"),
        ([torch.ones(2)], "A number or a tensor"),
        (1 + 2j, "yours is complex"),
    ],
)
def test_an_unexplained_value_is_described(got, sentence):
    @exercise(stars=1)
    def count(answer):
        expect_close(answer, torch.tensor([1.0, 2.0, 3.0]), "Count to three.")
        return "One, two, three."

    assert count(got).status == "failed"
    assert re.search(sentence, count(got).message)


def test_gradients_are_zero_where_nothing_depends():
    first, second = gradients(lambda x, y: (3 * x).sum(), torch.ones(2), torch.ones(4))
    assert close(first, [3.0, 3.0]) and close(second, torch.zeros(4))


# --- the proofs themselves are not too easy to please ---


@pytest.mark.parametrize(
    "changes, complaint",
    [
        ({"stub": (right_d, stub)}, "the stub is told"),
        ({"solution": (right_g, right_d)}, "the solution fails"),
        ({"wrong": PROOF.wrong[:2]}, "at least three"),
        ({"wrong": [((right_d, right_g), "sign")] * 3}, "a wrong answer passes"),
        ({"wrong": [(PROOF.wrong[0][0], "swapped")] * 3}, "is not /swapped/"),
        ({"unforeseen": []}, "did not foresee"),
        ({"unforeseen": [(right_d, right_g)]}, "an unforeseen answer passes"),
    ],
)
def test_a_proof_with_a_gap_is_refused(changes, complaint):
    with pytest.raises(AssertionError, match=complaint):
        prove(Proof(**{**vars(PROOF), **changes}))


def notebook(path, source, text):
    output = {"output_type": "stream", "name": "stdout", "text": [text]}
    cell = {"cell_type": "code", "source": [source], "outputs": [output]}
    path.write_text(json.dumps({"cells": [cell]}))
    return path


def test_an_exercise_must_be_proven_and_stand_in_both_notebooks(tmp_path):
    module = types.ModuleType("chapter")
    module.losses, module.expect = losses, expect
    assert list(exercises(module)) == ["losses"] and exercises(module)["losses"].stars == 1
    prove_complete(module, [PROOF])
    with pytest.raises(AssertionError):
        prove_complete(module, [])
    chapter = notebook(tmp_path / "a.ipynb", "check.losses(d, g)", "Not answered yet.\n")
    solutions = notebook(
        tmp_path / "b.ipynb", "%time\nassert check.losses(d, g)", "Correct. Yes.\n"
    )
    prove_wired(module, chapter, solutions)
    with pytest.raises(AssertionError, match="has stored"):
        prove_wired(module, solutions, solutions)
    with pytest.raises(AssertionError, match="no `assert"):
        prove_wired(module, chapter, chapter)
