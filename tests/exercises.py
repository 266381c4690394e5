"""What must be proven of every exercise before a learner meets it."""

from __future__ import annotations

import ast
import json
import re
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gan_course.check import Verdict, exercises
from gan_course.check.core import UNANSWERED


@dataclass(frozen=True)
class Proof:
    """One exercise with the answers that decide whether its check can be trusted.

    Args:
        check: the exercise, for example ``chapter03.losses``.
        stub: the answers as the chapter leaves them.
        solution: right answers.
        wrong: at least three varied (answers, regular expression of the hint meant for them).
        unforeseen: at least one wrong answer that no hint was written for.
    """

    check: Callable[..., Verdict]
    stub: tuple[Any, ...]
    solution: tuple[Any, ...]
    wrong: Sequence[tuple[tuple[Any, ...], str]]
    unforeseen: Sequence[tuple[Any, ...]]

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
