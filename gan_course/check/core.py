"""How an exercise checks itself: properties of the answer, each with hints of growing strength.

An exercise is a function that receives the learner's answers, asserts properties of them with
`expect` and `expect_close`, and returns the sentence that says what was proven. What it hands
to an answer are copies (`watch`), so that no answer can spoil what a check holds::

    @exercise(stars=1)
    def losses(d_loss, g_loss):
        \"\"\"The non-saturating losses, from logits.\"\"\"
        real, fake = torch.randn(64), torch.randn(64)
        ...
        expect_close(d_loss(real, fake), want, "D's loss is off.", "Write softplus on paper first.")
        return "Both losses equal the formulas."

The learner calls `check.losses(d_loss, g_loss)`, and `check.losses(d_loss, g_loss, hint=2)`
for a stronger hint.
"""

from __future__ import annotations

import functools
import inspect
import random
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .blame import blame
from .expect import WrongAnswerError
from .stubs import is_stub, stub_raised
from .watch import Call, UnansweredError, watch

UNANSWERED = "Not answered yet."


@dataclass(frozen=True)
class Verdict:
    """What a check found: true if and only if the answer passed.

    Args:
        status: `"passed"`, `"failed"` or `"unanswered"`.
        message: what the learner was told.
    """

    status: str
    message: str

    def __bool__(self) -> bool:
        return self.status == "passed"

    def _ipython_display_(self) -> None:
        """Show nothing: the check has already printed its message."""


def exercise(stars: int, in_place: bool = False) -> Callable[[Callable[..., str]], Callable]:
    """Turn a function over the learner's answers into a check that never raises.

    The check runs from seed 0 and leaves the learner's random state as it found it.

    Args:
        stars: difficulty, 1 to 3.
        in_place: whether the learner's functions work by side effect, so that `None` is a
            legitimate thing to return, and they get what the check hands them, not copies.

    Returns:
        A decorator. The decorated check takes the answers and `hint=1` (how strong a hint to
        print), prints one message and returns a `Verdict`.
    """

    def decorate(check: Callable[..., str]) -> Callable[..., Verdict]:
        names = tuple(inspect.signature(check).parameters)

        @functools.wraps(check)
        def run(*answers: Any, hint: int = 1) -> Verdict:
            if len(answers) != len(names):
                call = f"check.{check.__name__}({', '.join(names)})"
                raise TypeError(f"Call {call} with {len(names)} answers, not {len(answers)}.")
            verdict = _judge(check, dict(zip(names, answers, strict=True)), hint, in_place)
            print(verdict.message)
            return verdict

        parameters = [*inspect.signature(check).parameters.values(), _HINT]
        run.__signature__ = inspect.Signature(parameters, return_annotation=Verdict)
        run.stars = stars
        return run

    return decorate


_HINT = inspect.Parameter("hint", inspect.Parameter.KEYWORD_ONLY, default=1, annotation=int)


def exercises(module: types.ModuleType) -> dict[str, Callable[..., Verdict]]:
    """Return the exercises that a module defines, by name.

    Args:
        module: for example `gan_course.check.chapter03`.

    Returns:
        Name to check, in the order in which they are written.
    """
    return {name: value for name, value in vars(module).items() if hasattr(value, "stars")}


def _judge(
    check: Callable[..., str], answers: dict[str, Any], hint: int, in_place: bool
) -> Verdict:
    """Run the check on the answers and put what happened into a Verdict."""
    missing = [name for name, answer in answers.items() if is_stub(answer)]
    if missing:
        return _unanswered(missing if len(missing) < len(answers) else [])
    calls: list[Call] = []
    try:
        watched = [watch(answer, name, in_place, calls) for name, answer in answers.items()]
        with _own_randomness(), torch.enable_grad():
            return Verdict("passed", f"Correct. {check(*watched)}")
    except UnansweredError:
        return _unanswered([])
    except WrongAnswerError as wrong:
        return Verdict("failed", _advice(wrong.args, hint, check.__name__))
    except Exception as error:
        if stub_raised(error):
            return _unanswered([])
        return Verdict("failed", _advice(blame(error, calls), hint, check.__name__, ask=" "))


def _unanswered(names: Iterable[str]) -> Verdict:
    parts = ", ".join(names)
    return Verdict("unanswered", f"Not answered yet: {parts}." if parts else UNANSWERED)


def _advice(hints: Sequence[str], hint: int, name: str, ask: str = "\n") -> str:
    """Return the hints up to the strength asked for and, after `ask`, how to get the next one."""
    told = "\n".join(["Not yet. " + hints[0], *hints[1:hint]])
    if hint < len(hints):
        told += f"{ask}(For a stronger hint: check.{name}(..., hint={hint + 1}))"
    return told


@contextmanager
def _own_randomness() -> Iterator[None]:
    """Seed torch, numpy and Python with 0, and give the caller's random states back after."""
    states = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(0)
        np.random.seed(0)
        random.seed(0)
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
