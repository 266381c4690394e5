"""Find the style that makes a given image."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..arguments import is_real, shown, whole_number
from ..game.states import mode
from ..networks.style import StyleGenerator


def invert(
    G: StyleGenerator,
    images: Tensor,
    each_layer: bool = False,
    steps: int = 400,
    lr: float = 0.05,
) -> Tensor:
    """Search W for styles with which G makes given images.

        minimise mean (g(w) - x)^2 over w, from w = mean_w, a w of its own for each image.

    Adam, whose rate falls to 0 by a half cosine; the noise stands still. With one w for each layer
    ("W+", Abdal, Qin and Wonka, 2019, arXiv:1904.03189) G comes nearer, by styles that no z gives.
    Images are searched for together, but do not influence each other.

    Args:
        G: with a mapping and a synthesis; its weights stay as they are.
        images: what to find, `[N, C, H, W]` in [-1, 1].
        each_layer: whether each layer gets a w of its own.
        steps: of Adam.
        lr: its largest rate, in units of w.

    Returns:
        Styles `[N, layers, dim]` for `G.synthesis`.

    Raises:
        ValueError: the images have not the shape of G's, or steps or lr is no number above 0.
    """
    whole_number(steps, "steps")
    if not (is_real(lr) and 0 < lr < math.inf):
        raise ValueError(f"Expected a rate lr > 0, got {shown(lr)}.")
    images, layers = images.detach().to(G.mean_w), G.layers if each_layer else 1
    w = G.mean_w.expand(len(images), layers, -1).clone().requires_grad_()
    adam = torch.optim.Adam([w], lr=lr)
    with mode([G], training=False), torch.enable_grad():
        for step in range(steps):
            made = G.synthesis(w.expand(-1, G.layers, -1))
            if made.shape != images.shape:
                raise ValueError(
                    f"Expected images {[len(images), *made.shape[1:]]}, got {list(images.shape)}."
                )
            adam.param_groups[0]["lr"] = lr * (1 + math.cos(math.pi * step / steps)) / 2
            error = (made - images).square().flatten(1).mean(1).sum()  # each image on its own
            (w.grad,) = torch.autograd.grad(error, w)
            adam.step()
    return w.detach().expand(-1, G.layers, -1).clone()
