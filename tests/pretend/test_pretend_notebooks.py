"""Every notebook runs to its end on a second device, and says once where its networks live."""

import re
from pathlib import Path

import pretend_device
import pytest

if not pretend_device.AVAILABLE:
    pytest.skip("needs a newer torch", allow_module_level=True)

import matplotlib.pyplot as plt
import torch
from cells import code_of, faults

BOOK = Path(__file__).resolve().parents[2] / "book"
NOTEBOOKS = sorted(BOOK.glob("*.ipynb")) + sorted((BOOK / "solutions").glob("*.ipynb"))
CHAPTERS = sorted(BOOK.glob("[0-9]*_*.ipynb"))
LINE = 'device = default_device()  # a GPU if there is one; device = "cpu" works everywhere'

GAME = """
import torch
from gan_course import Normal, gan, generate, sample, train
from gan_course.data import ring
from gan_course.networks import mlp
game = gan(mlp(2, 2), mlp(2, 1), latent=Normal(2))
for record in train(game, ring().batches(64), 10):
    pass
G = game.networks["G"]"""

# What stopped chapters 1, 2 and 3 on a real GPU, in small: cells, and the words for it.
STOPPED = {
    "a judge on the CPU of samples from the GPU": (
        [GAME, "judge = mlp(2, 1)\nright = (judge(sample(game, 100)) > 0).float().mean()"],
        "same device",
    ),
    "latents of the CPU for a G on the GPU": (
        [GAME, "slopes = torch.func.vmap(torch.func.jacrev(lambda z: G(z)))(Normal(2)(50))"],
        "same device",
    ),
    "rows of samples from the GPU, picked beside data of the CPU": (
        [GAME, "x = torch.cat([ring().sample(100), sample(game, 100)])"],
        "same device",
    ),
    "a scatter plot of samples from the GPU": (
        [GAME, "import matplotlib.pyplot as plt", "plt.subplots()[1].scatter(*sample(game, 9).T)"],
        "can't convert",
    ),
    "batches from the GPU for networks on the CPU": (
        [GAME, "D = mlp(2, 1)\nD(next(ring().batches(64))[0])"],
        "same device",
    ),
    "labels from the GPU, counted by NumPy": (
        [GAME, "import numpy as np", "np.bincount(np.asarray(sample(game, 9).argmax(1)))"],
        "can't convert",
    ),
    "a histogram, which no GPU makes": (
        [GAME, "torch.histogram(sample(game, 9)[:, 0].detach(), 3)"],
        "histogram",
    ),
    "what hangs on a cell that stopped": (
        [GAME, "scores = mlp(2, 1)(sample(game, 9))", "print(scores)"],
        "same device",
    ),
}


@pytest.fixture(autouse=True)
def _no_window(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)


@pytest.fixture(autouse=True)
def _same_default_type():
    """Chapter 10 computes in float64 by default; the notebooks after it do not."""
    kind = torch.get_default_dtype()
    yield
    torch.set_default_dtype(kind)


@pytest.mark.parametrize("cells, words", STOPPED.values(), ids=STOPPED)
def test_what_stopped_on_a_gpu_is_found(cells, words):
    found = faults(cells)
    assert found and words in found[0]


def test_a_fault_is_found_after_a_cell_that_failed_an_assertion():
    found = faults([GAME, "assert record['D_loss'] < 0", "mlp(2, 1)(sample(game, 9))"])
    assert len(found) == 1 and found[0].startswith("cell 3") and "same device" in found[0]


def test_cells_that_follow_the_device_have_no_fault():
    setup = "from gan_course import default_device\ndevice = default_device()"
    follow = "judge = mlp(2, 1).to(device)\nright = (judge(sample(game, 100)) > 0).float().mean()"
    assert (
        faults([GAME, setup, follow, "z = Normal(2)(50, device)\nG(z).detach().cpu().numpy()"])
        == []
    )


def test_steps_are_few_and_counted_in_full():
    fit = "def fit(steps, every=10):\n    return steps, every\nassert fit(500) == (10, 1), fit(500)"
    counted = "if (game.step, record['step']) != (10, 10):\n    raise ValueError(game)"
    assert faults([GAME, counted, fit + "\nif fit(500) != (10, 1):\n    raise ValueError"]) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(BOOK)))
def test_notebook_runs_to_its_end_on_another_device(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    assert faults(code_of(path)) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.name)
def test_chapter_says_once_where_its_networks_live(path):
    code = "\n".join(code_of(path))
    assert code.count(LINE) == 1, f"its first cell needs the line {LINE}"
    assert not re.search(r"""device=["']|\.to\(["']|\.cuda\(""", code), "follow `device`"
