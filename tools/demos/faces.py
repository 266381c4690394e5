"""The faces of chapter 13: its StyleGAN, the judge, and directions that change one factor each."""

import math

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from demos import _layers, _style
from gan_course import plots
from gan_course.checkpoint import load_generator
from gan_course.data.factors import FACTORS, Factor
from gan_course.metrics.judge import face_judge, widths
from gan_course.networks import StyleGenerator, style_generator, truncate
from gan_course.stored import load_run, model_path

WORDS = {
    "width": "face width",
    "hair_colour": "hair colour",
    "eyes": "eye size",
    "open": "mouth open",
}
# What the sliders change, and how far they go, in standard deviations of the factor among drawn faces.
EDITS = ("turn", "smile", "open", "glasses", "skin", "hair_colour", "shirt", "background")
RANGE = 2.0
SEEDS = (0, 13)  # faces A and B at the start


def stored() -> StyleGenerator:
    """Return the chapter's generator in eval mode, in the 16 bits in which it is stored."""
    return _style.halved(load_generator(style_generator(), model_path("13_faces.pt")))


def data() -> dict:
    """Return the generator, the judge, the factors it reads, and the edits."""
    edits = load_run("13_edits")["data"]
    return assembled(stored(), face_judge(), edits)


def assembled(G: StyleGenerator, judge: nn.Module, edits: dict) -> dict:
    """Return what the page needs of a generator, a judge and directions."""
    network = _layers.exported(nn.Sequential(nn.Unflatten(1, (3, 32, 32)), judge.body, judge.head))
    return {
        "G": _style.exported(G),
        "judge": {"ops": network["ops"], "halves": network["weights"].astype(np.float16)},
        "factors": _factors(),
        "edits": [_edit(name, edits) for name in EDITS],
        "seeds": list(SEEDS),
    }


def _factors() -> list[dict]:
    """Return each factor's words, range, spread among drawn faces and place in the judge's answers."""
    rows, first = [], 0
    for factor, width in zip(FACTORS, widths().values(), strict=True):
        rows.append(
            {
                "name": factor.name,
                "words": WORDS.get(factor.name, factor.name),
                "low": 0.0 if factor.kinds else factor.low,
                "high": float(len(factor.kinds) - 1) if factor.kinds else factor.high,
                "kinds": list(factor.kinds) or None,
                "spread": spread(factor),
                "at": [first, first + width],
            }
        )
        first += width
    return rows


def spread(factor: Factor) -> float:
    """Return the standard deviation of a factor among drawn faces; of many kinds it means nothing: 1."""
    if not factor.kinds:
        return (factor.high - factor.low) / math.sqrt(12)
    if len(factor.kinds) > 2:
        return 1.0
    share = factor.shares[1] if factor.shares else 0.5
    return math.sqrt(share * (1 - share))


def _edit(name: str, edits: dict) -> dict:
    """Return a slider: the factor it is named after, the push of one step, the layers it acts on."""
    row = edits["names"].index(name)
    return {
        "factor": name,
        "name": WORDS.get(name, name),
        "range": RANGE,
        "vector": np.asarray(edits["directions"][row], dtype=np.float32),
        "acts": [bool(layer) for layer in edits["layers"][row]],
    }


@torch.no_grad()
def picture() -> Figure:
    """Return how B takes over from A layer by layer, what psi does to A, and two edits of the mean face."""
    G, edits = stored(), load_run("13_edits")["data"]
    return plots.image_grid(rows(G, edits).clamp(-1, 1), columns=8, row_labels=ROWS).figure


ROWS = ["A to B", "ψ, −1 to 1", "hair colour", "turn"]


def rows(G: StyleGenerator, edits: dict) -> Tensor:
    """Return four rows of eight pictures, float32 [32, 3, 32, 32]."""
    z = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    a, b = truncate(G.styles(z), G.mean_w, 0.7)  # [7, 64] each
    takes = torch.arange(7) < torch.arange(8)[:, None]  # [8, 7]: B in the first k layers
    mixed = torch.where(takes[:, :, None], b, a)
    shrunk = truncate(G.styles(z[:1]), G.mean_w, torch.linspace(-1, 1, 8)[:, None, None])
    pushes = torch.linspace(-RANGE, RANGE, 8)[:, None, None]
    edited = [a + pushes * direction(edits, name) for name in ("hair_colour", "turn")]
    return G.synthesis(torch.cat([mixed, shrunk, *edited]))


def direction(edits: dict, name: str) -> Tensor:
    """Return what one step adds to the style of each layer, [7, 64]."""
    row = edits["names"].index(name)
    acts, vector = (torch.tensor(edits[key][row]) for key in ("layers", "directions"))
    return acts[:, None].float() * vector
