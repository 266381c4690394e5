"""Play a notebook's cells on the pretended device, with few steps of training.

Every cell is run, whatever became of those before it. Training is cut short: `play` plays two
steps of however many and counts them all, a notebook's own function with an argument `steps`
takes a fiftieth of them, and so do metrics that repeat themselves; a comprehension over
`for _ in range(n)` repeats at most thrice. So what is asserted about trained networks may be wrong, and an `AssertionError` is no
fault. Everything else that is raised is one: nothing can hide behind a
list of harmless errors.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from pretend_device import pretending

import gan_course
from gan_course import metrics

SHORTER = 50  # times
FEWEST = 2  # steps
REPEATING = {
    "half_sampling": "draws",
    "bootstrap": "draws",
    "sliced_wasserstein": "projections",
    "kernel_distance": "subsets",
    "frechet_infinity": "points",
}


def code_of(notebook: Path) -> list[str]:
    """Return the notebook's code cells, without magics, which need a kernel."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE) for source in sources]


def faults(cells: list[str]) -> list[str]:
    """Play the cells with the pretended device as the default one; return what was raised.

    Args:
        cells: code, to be run one after the other in one namespace.

    Returns:
        One line for each cell that stopped, but for those stopped by an `AssertionError`.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    found = []
    with default_device_is_pretended(), _short_work():
        for number, cell in enumerate(cells, start=1):
            try:
                _run(cell, names)
            except AssertionError:
                pass  # of networks that have hardly been trained
            except Exception as error:
                found.append(f"cell {number}: {type(error).__name__}: {error}")
    return found


@contextmanager
def default_device_is_pretended() -> Iterator[torch.device]:
    """Let the pretended device be the one that `default_device` finds."""
    with pretending() as device, ExitStack() as stack:
        _replace("default_device", lambda: device, stack)
        yield device


def _replace(name: str, function: Callable, stack: ExitStack) -> None:
    """Put another function in the place of a public one, in every module that has imported it."""
    before = getattr(gan_course, name)
    for module in [m for key, m in sys.modules.items() if key.startswith("gan_course")]:
        if getattr(module, name, None) is before:
            stack.enter_context(mock.patch.object(module, name, function))


class FewRepeats(ast.NodeTransformer):
    """Makes `range(3)` of any longer `range` over which `_` runs in a comprehension."""

    def visit_comprehension(self, loop: ast.comprehension) -> ast.comprehension:
        self.generic_visit(loop)
        idle = isinstance(loop.target, ast.Name) and loop.target.id == "_"
        counted = isinstance(loop.iter, ast.Call) and ast.unparse(loop.iter.func) == "range"
        if idle and counted and len(loop.iter.args) == 1:
            few = ast.parse(f"range(min(3, {ast.unparse(loop.iter.args[0])}))", mode="eval").body
            loop.iter = ast.copy_location(few, loop.iter)
        return ast.fix_missing_locations(loop)


def _run(cell: str, names: dict[str, Any]) -> None:
    """Run a cell, statement by statement; its last value is shown, as in a notebook."""
    *body, last = FewRepeats().visit(ast.parse(cell)).body
    shown = isinstance(last, ast.Expr)
    for statement in body if shown else [*body, last]:
        exec(compile(ast.Module([statement], []), "<cell>", "exec"), names)
        _shorten_functions(names)
    if shown:
        repr(eval(compile(ast.Expression(last.value), "<cell>", "eval"), names))


@contextmanager
def _short_work() -> Iterator[None]:
    """Let `play` play few steps, and count as many as it was asked for; let metrics repeat less."""
    whole_play = gan_course.play

    def play(game: Any, batches: Any, n: int) -> dict[str, float]:
        few = min(n, FEWEST)
        whole_play(game, batches, few)
        game.step += n - few
        game.record = {**game.record, "step": game.step}
        return dict(game.record)

    with ExitStack() as stack:
        _replace("play", play, stack)
        for name, argument in REPEATING.items():
            few = _shortened(getattr(metrics, name), **{argument: 4})
            stack.enter_context(mock.patch.object(metrics, name, few))
        yield


def _shorten_functions(names: dict[str, Any]) -> None:
    """Give a notebook's own functions with an argument `steps` fewer of them."""
    for name, value in names.items():
        mine = isinstance(value, types.FunctionType) and value.__module__ == "__main__"
        if mine and "steps" in inspect.signature(value).parameters:
            names[name] = _shortened(value, steps=FEWEST, every=1)


def _shortened(function: Callable, **least: int) -> Callable:
    """Return the function with a fraction of these arguments, but at least so much of each."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def shorter(*args: Any, **options: Any) -> Any:
        bound = signature.bind(*args, **options)
        bound.apply_defaults()
        for name in least.keys() & bound.arguments:
            bound.arguments[name] = max(least[name], bound.arguments[name] // SHORTER)
        return function(*bound.args, **bound.kwargs)

    shorter.__module__ = "cells"  # so it is not shortened again
    return shorter
