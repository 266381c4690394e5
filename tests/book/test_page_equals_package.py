"""What the pages do by hand is what the package does: the cells are read from the notebook."""

import json
from pathlib import Path

import torch

from gan_course import Normal, gan, train
from gan_course.data import ring
from gan_course.networks import mlp

BOOK = Path(__file__).resolve().parents[2] / "book"


def run_cells(notebook: str, *tags: str) -> dict:
    """Runs the cells of a notebook that carry these tags, and returns what they define."""
    cells = json.loads((BOOK / notebook).read_text())["cells"]
    names: dict = {}
    for tag in tags:
        (cell,) = [c for c in cells if tag in c["metadata"].get("tags", [])]
        exec("".join(cell["source"]), names)  # the cell is the book's own
    return names


def test_the_loop_of_chapter_3_equals_train_bit_for_bit():
    page = run_cells("03_vanilla_gan.ipynb", "setup", "loop")
    torch.manual_seed(0)
    game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2), lr=1e-3, device="cpu")
    for _ in train(game, ring().batches(256, device="cpu"), steps=page["step"] + 1):
        pass
    assert page["step"] + 1 == game.step == 200
    for name in ("G", "D"):
        by_hand, by_train = page[name].parameters(), game.networks[name].parameters()
        assert all(torch.equal(a, b) for a, b in zip(by_hand, by_train, strict=True))
