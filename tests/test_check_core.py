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

from gan_course.check import Verdict, close, exercise, exercises, expect, expect_close, gradients

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


# --- what an answer is handed, and what it hands back ---

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


# --- what a wrong answer is told ---


def broken(real, fake):
    shift = torch.ones(2)
    return real + shift


def test_an_exception_becomes_one_sentence_with_its_line():
    message = accept(broken).message
    assert "in line" in message and "of broken, `return real + shift`, with RuntimeError" in message
    assert "\n" not in message


def test_an_exception_is_followed_by_a_hint_and_not_repeated():
    gentle, strong = accept(broken).message, accept(broken, hint=2).message
    assert "Print the shapes of what meets in this line." in gentle and "hint=2" in gentle
    assert "accept" not in strong and strong.count("RuntimeError") == 1
    assert strong.split("\n")[1] == (
        "answer was last called with a tensor [3] of float32, a tensor [3] of float32."
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


def test_an_exception_leaves_the_next_answer_alone():
    def late(x, nested):
        spoil(x, nested)
        raise ValueError("too late")

    assert "ValueError: too late" in untouched(late).message
    assert untouched(spoil)


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
