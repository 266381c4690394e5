"""What must be proven of every exercise before a learner meets it."""

from __future__ import annotations

import ast
import inspect
import json
import re
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_course.check import Verdict, exercises
from gan_course.check.core import UNANSWERED
from gan_course.check.watch import copied


@dataclass(frozen=True)
class Proof:
    """One exercise with the answers that decide whether its check can be trusted.

    Args:
        check: the exercise, for example ``chapter03.losses``.
        stub: the answers as the chapter leaves them.
        solution: right answers.
        wrong: at least three varied (answers, regular expression of the hint meant for them).
        unforeseen: at least one wrong answer that no hint was written for.
        never: wrong answers again, each with what none of its hints may say, as it is not so.
    """

    check: Callable[..., Verdict]
    stub: tuple[Any, ...]
    solution: tuple[Any, ...]
    wrong: Sequence[tuple[tuple[Any, ...], str]]
    unforeseen: Sequence[tuple[Any, ...]]
    never: Sequence[tuple[tuple[Any, ...], str]] = ()

    def __str__(self) -> str:
        return self.check.__name__


def prove(proof: Proof) -> None:
    """Assert that the stub waits, the solution passes, and every wrong answer gets its hint."""
    assert len(proof.wrong) >= 3, f"{proof}: store at least three wrong answers"
    assert proof.unforeseen, f"{proof}: store an answer that the hints' author did not foresee"
    waiting = _judge(proof, proof.stub).message
    assert waiting == UNANSWERED, f"{proof}: the stub is told {waiting!r}"
    passed = _judge(proof, proof.solution)
    assert passed, f"{proof}: the solution fails: {passed.message}"
    assert len(passed.message) > len("Correct. "), f"{proof}: say what was proven"
    for answers, pattern in proof.wrong:
        _prove_hint(proof, answers, pattern)
    for answers in proof.unforeseen:
        assert _judge(proof, answers).status == "failed", f"{proof}: an unforeseen answer passes"
    for answers, pattern in proof.never:
        verdict = _judge(proof, answers, hint=9)
        assert verdict.status == "failed", f"{proof}: a wrong answer passes (not /{pattern}/)"
        assert not re.search(pattern, verdict.message), f"{proof}: misled by {verdict.message!r}"


def prove_copies(proof: Proof) -> None:
    """Assert that an answer which writes over its arguments is judged as if it did not."""
    for answers in (proof.solution, *(answers for answers, _ in proof.wrong)):
        for i in _functions(answers):
            plain = proof.check(*answers)
            assert proof.check(*_with(answers, i, _spoiling(answers[i]))) == plain, f"{proof}"
    assert proof.check(*proof.solution), f"{proof}: what the check holds has been spoiled"


def prove_arguments(proof: Proof) -> None:
    """Assert that no argument of an answer can be ignored: fixed at its first value, it fails."""
    for i in _functions(proof.solution):
        arguments = len(inspect.signature(proof.solution[i]).parameters)
        for k in range(arguments):
            fixed = _fixing(proof.solution[i], k)
            assert not proof.check(*_with(proof.solution, i, fixed)), f"{proof}: {k} is not used"


def _functions(answers: Sequence[Any]) -> list[int]:
    return [i for i, answer in enumerate(answers) if callable(answer)]


def _with(answers: Sequence[Any], i: int, answer: Any) -> list[Any]:
    return [*answers[:i], answer, *answers[i + 1 :]]


def _spoiling(function: Callable) -> Callable:
    """The function, which afterwards writes over every tensor and array that it was given."""

    def spoiling(*given: Any) -> Any:
        result = function(*copied(given))
        for value in given:
            if isinstance(value, torch.Tensor):
                value.detach().fill_(7)
            elif isinstance(value, np.ndarray):
                value.fill(7)
        return result

    return spoiling


def _fixing(function: Callable, k: int) -> Callable:
    """The function, which ignores its argument k, a value, after the first call."""
    first: list[Any] = []

    def fixing(*given: Any) -> Any:
        if not isinstance(given[k], (torch.Tensor, np.ndarray, int, float)):
            raise AssertionError("what is no value has an identity, and is not ignored")
        first.append(copied(given[k]))
        return function(*given[:k], copied(first[0]), *given[k + 1 :])

    return fixing


def _prove_hint(proof: Proof, answers: tuple[Any, ...], pattern: str) -> None:
    """Assert that a wrong answer fails with its hint, and that a stronger hint can be had."""
    gentle = _judge(proof, answers)
    assert gentle.status == "failed", f"{proof}: a wrong answer passes ({pattern})"
    assert re.search(pattern, gentle.message), f"{proof}: {gentle.message!r} is not /{pattern}/"
    strong = _judge(proof, answers, hint=2)
    assert len(strong.message) > len(gentle.message.split("\n(")[0]), f"{proof}: no stronger hint"


def _judge(proof: Proof, answers: tuple[Any, ...], hint: int = 1) -> Verdict:
    """Run the check, asserting that it leaves the random state alone and repeats itself."""
    before = torch.get_rng_state()
    verdict = proof.check(*answers, hint=hint)
    assert torch.equal(before, torch.get_rng_state()), f"{proof}: the random state has changed"
    assert proof.check(*answers, hint=hint) == verdict, f"{proof}: a second run says otherwise"
    return verdict


def prove_complete(module: types.ModuleType, proofs: Sequence[Proof]) -> None:
    """Assert that every exercise of a chapter's module has its proof."""
    assert sorted(exercises(module)) == sorted(map(str, proofs))


def prove_wired(module: types.ModuleType, chapter: Path, solutions: Path) -> None:
    """Assert that each exercise stands unanswered in its chapter and asserted in its solutions."""
    for name in exercises(module):
        outputs = _outputs(chapter, name, asserted=False)
        assert outputs == [UNANSWERED], f"{chapter.name}: check.{name} has stored {outputs}"
        outputs = _outputs(solutions, name, asserted=True)
        assert len(outputs) == 1, f"{solutions.name}: no `assert check.{name}(...)`"
        assert outputs[0].startswith("Correct. "), f"{solutions.name}: {outputs[0]}"


def _outputs(notebook: Path, name: str, asserted: bool) -> list[str]:
    """What the cells of a notebook that call `check.name` have printed, per cell."""
    cells = json.loads(notebook.read_text())["cells"]
    return [
        "".join("".join(out["text"]) for out in cell["outputs"] if "text" in out).strip()
        for cell in cells
        if cell["cell_type"] == "code" and _calls("".join(cell["source"]), name, asserted)
    ]


def _calls(source: str, name: str, asserted: bool) -> bool:
    """Whether a cell has the statement `check.name(...)`, or `assert check.name(...)`."""
    without_magics = re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE)
    for statement in ast.walk(ast.parse(without_magics)):
        call = getattr(statement, "test" if asserted else "value", None)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == f"check.{name}":
            return isinstance(statement, ast.Assert if asserted else (ast.Expr, ast.Assign))
    return False
