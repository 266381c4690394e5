"""Every exercise of every chapter can be trusted: what is proven of all of them, in one place.

A chapter joins by its row in book/chapters.yml, its module `gan_course.check.chapterNN`, and a file
test_check_chapterNN.py beside this one, whose PROOFS say what its checks have to tell apart.
"""

import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from exercises import (
    Proof,
    prove,
    prove_arguments,
    prove_complete,
    prove_copies,
    prove_wired,
)
from torch import nn

from gan_course import check

BOOK = Path(check.__file__).parents[2] / "book"


def pages() -> dict[str, str]:
    """The check module of each page with exercises, and the page's file, without its ending."""
    parts = yaml.safe_load((BOOK / "chapters.yml").read_text())
    files = [chapter["file"] for part in parts for chapter in part["chapters"]]
    return {"refresher": "refresher", **{f"chapter{file[:2]}": file for file in files}}


def proofs_of(page: str) -> list[Proof]:
    return importlib.import_module(f"test_check_{page}").PROOFS


PAGES = pages()
PROOFS = [pytest.param(proof, id=f"{page}-{proof}") for page in PAGES for proof in proofs_of(page)]


@pytest.mark.parametrize("proof", PROOFS)
def test_the_stub_waits_the_solution_passes_and_wrong_answers_get_their_hints(proof):
    prove(proof)


@pytest.mark.parametrize("proof", PROOFS)
def test_an_answer_that_works_in_place_spoils_nothing(proof):
    prove_copies(proof)


@pytest.mark.parametrize("proof", PROOFS)
def test_no_argument_can_be_ignored(proof):
    prove_arguments(proof)


@pytest.mark.parametrize("page", PAGES)
def test_every_exercise_is_proven_and_stands_in_both_notebooks(page):
    module = importlib.import_module(f"gan_course.check.{page}")
    prove_complete(module, proofs_of(page))
    notebook = f"{PAGES[page]}.ipynb"
    prove_wired(module, BOOK / notebook, BOOK / "solutions" / notebook)


MODULES = [module.name for module in pkgutil.iter_modules(check.__path__)]


def test_every_chapter_of_checks_is_in_the_book():
    assert {name for name in MODULES if name.startswith("chapter")} <= set(PAGES)


@pytest.mark.parametrize("name", MODULES)
def test_no_check_holds_what_an_answer_could_change(name):
    """Arrays are read-only, tensors and networks are made at each call."""
    for value in vars(importlib.import_module(f"gan_course.check.{name}")).values():
        assert not isinstance(value, (torch.Tensor, nn.Module))
        assert not isinstance(value, np.ndarray) or not value.flags.writeable
