"""What a check may demand of an answer: a condition, a value, a gradient."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor


class WrongAnswerError(Exception):
    """A property that the answer lacks; its arguments are hints, from gentle to strong."""


def expect(condition: Any, *hints: str) -> None:
    """Demand one property of the answer.

    Args:
        condition: true if the answer has the property; a bool or a tensor of one element.
        hints: what to tell a learner whose answer lacks it, from gentle to strong.

    Raises:
        WrongAnswerError: if the condition is false.
    """
    if not bool(condition):
        raise WrongAnswerError(*hints)


def expect_close(
    got: Any,
    want: Any,
    *hints: str,
    mistakes: Sequence[tuple[Any, ...]] = (),
    tolerance: float = 1e-4,
) -> None:
    """Demand a value, naming the mistake if the answer equals a known wrong one.

    The right value passes before any mistake is looked at, and mistakes are tried in order: put
    the most specific first. What no mistake explains gets `hints`, followed by the two values.

    Args:
        got: the learner's number, array or tensor, of any shape.
        want: the right one.
        hints: what to say when no mistake explains the difference, from gentle to strong.
        mistakes: tuples `(wrong value, hint, stronger hint, ...)`.
        tolerance: largest absolute and relative error allowed.

    Raises:
        WrongAnswerError: if the values differ, or `got` is not a number, or not finite.
    """
    value, right = number(got), number(want)
    if close(value, right, tolerance):
        return
    for wrong, *diagnosis in mistakes:
        if close(value, wrong, tolerance):
            raise WrongAnswerError(*diagnosis)
    raise WrongAnswerError(f"{hints[0]} {_difference(value, right)}", *hints[1:])


def close(got: Any, want: Any, tolerance: float = 1e-4) -> bool:
    """Whether two numbers or tensors have one shape and agree to a tolerance.

    Shapes of one element, `[]` and `[1]`, count as the same. NaN agrees with nothing.

    Args:
        got: number, array or tensor.
        want: number, array or tensor.
        tolerance: largest absolute and relative error allowed.

    Returns:
        True if `|got - want| <= tolerance (1 + |want|)` everywhere.

    Raises:
        WrongAnswerError: if either is not a number.
    """
    a, b = number(got), number(want)
    if a.numel() == b.numel() == 1:
        a, b = a.reshape(()), b.reshape(())
    return a.shape == b.shape and torch.allclose(a, b, rtol=tolerance, atol=tolerance)


def number(value: Any) -> Tensor:
    """Return a number, array or tensor as a float64 tensor on the CPU, without its gradient.

    Args:
        value: what the learner gave, of any shape.

    Returns:
        The same values, in float64.

    Raises:
        WrongAnswerError: if there is no number in it, with a sentence that says what came instead.
    """
    try:
        with warnings.catch_warnings():  # of objects that hold arrays: the sentence below is better
            warnings.simplefilter("ignore")
            tensor = torch.as_tensor(value).detach()
        expect(
            not tensor.is_complex(),
            "A real number is expected here, and yours is complex.",
            "abs(...) is the modulus of a complex number, and .real its real part.",
        )
        return tensor.to("cpu", torch.float64)
    except (TypeError, ValueError, RuntimeError):
        kind = type(value).__name__
        raise WrongAnswerError(
            f"A number or a tensor is expected here, and yours is a {kind}."
        ) from None


def gradients(function: Callable[..., Tensor], *inputs: Tensor) -> tuple[Tensor, ...]:
    """Return the gradient of a learner's scalar (or the sum of a tensor) in each of its inputs.

    Args:
        function: takes the inputs.
        inputs: float tensors of any shapes [...]; fresh leaves are made of them.

    Returns:
        One tensor per input, of its shape; zeros where the result does not depend on it.

    Raises:
        WrongAnswerError: if no gradient reaches any input.
    """
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    result = function(*leaves)
    flows = isinstance(result, Tensor) and result.requires_grad
    expect(
        flows,
        "No gradient reaches the input of your function.",
        "Look for .item(), .detach(), .data, float(), numpy or torch.no_grad on the way: each of "
        "them cuts the graph.",
    )
    return torch.autograd.grad(result.sum(), leaves, materialize_grads=True, allow_unused=True)


def _difference(got: Tensor, want: Tensor) -> str:
    """Where two unequal tensors differ, in one sentence."""
    if got.shape != want.shape and max(got.numel(), want.numel()) > 1:
        return f"The shape should be {list(want.shape)}, and yours is {list(got.shape)}."
    if not got.isfinite().all():
        return "Your value is not finite (inf or NaN)."
    worst = int((got - want).abs().argmax())
    right, yours = _apart(want.flatten()[worst].item(), got.flatten()[worst].item())
    where = (
        "The right value here" if want.numel() == 1 else "At the largest difference the right value"
    )
    return f"{where} is {right}, and yours is {yours}."


def _apart(a: float, b: float) -> tuple[str, str]:
    """Two unequal numbers, with as many digits as it takes to see that they are."""
    for digits in range(5, 17):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            break
    return f"{a:.{digits}g}", f"{b:.{digits}g}"
