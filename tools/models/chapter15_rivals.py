"""Chapter 15: what needs no training, and the floors of its distances."""

from __future__ import annotations

import torch
from sklearn.decomposition import PCA
from torch import Tensor

from gan_course.metrics import frechet_distance

from .chapter15 import DATA
from .registry import recipe
from .there_and_back import DIM, judge, shortened, thirds


@recipe("15_rivals")
def rivals() -> dict:
    """Measure PCA, the nearest training digit, and samples that are as good as can be."""
    training, _, test = thirds()
    flat, asked = training.x.flatten(1), test.x.flatten(1)
    pca = PCA(DIM, random_state=0).fit(flat.numpy())
    linear = torch.from_numpy(pca.inverse_transform(pca.transform(asked.numpy()))).float()
    nearest = flat[torch.cdist(asked, flat).argmin(1)]

    def measured(back: Tensor) -> dict[str, float]:
        images = back.clamp(-1, 1).view_as(test.x)
        said = judge().probabilities(images).argmax(1)
        error = (back - asked).square().mean().item()
        return shortened({"error": error, "identity": (said == test.y).double().mean().item()})

    draws = torch.randn(2300, DIM, generator=torch.Generator().manual_seed(0))
    floors = {
        "frechet": float(frechet_distance(judge()(test.x), judge()(training.x))),
        "codes": float(frechet_distance(draws[300:], draws[:300])),
    }
    rows = {
        "the digit itself": measured(asked),
        f"PCA, {DIM} numbers": measured(linear),
        "nearest training digit": measured(nearest),
    }
    about = {"seeds": [0], "steps": "none", "data": DATA}
    return {"about": about, "rows": rows, "floors": shortened(floors)}
