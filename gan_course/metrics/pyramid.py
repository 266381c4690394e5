"""Compare images size by size: patches of a Laplacian pyramid, by sliced Wasserstein distances."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, unfold

from ..arguments import is_whole, shown, torch_generator
from ..data.pixels import check_images
from .distances import sliced_wasserstein

__all__ = ["laplacian_pyramid", "pyramid_distances"]

PATCH = 7  # pixels, as in the paper


def laplacian_pyramid(images: Tensor, smallest: int = 8) -> list[Tensor]:
    """Return what each size adds to the one below it, the finest first.

        L_k = x_k - up(x_{k+1}),     x_{k+1}: 2x2 pixels of x_k averaged,

    and last the smallest image itself. So x_k = L_k + up(x_{k+1}) gives the images back.
    (Burt and Adelson, 1983. With up repeating pixels, where they smooth.)

    Args:
        images: `[n, C, S, S]`, S = `smallest` times a power of two.
        smallest: side in pixels of the last level.

    Returns:
        Levels `[n, C, S, S]`, `[n, C, S / 2, S / 2]`, ..., `[n, C, smallest, smallest]`.

    Raises:
        ValueError: the images cannot be halved to that size.
    """
    side = images.shape[-1]
    halvings = (side // smallest).bit_length() - 1 if is_whole(smallest) and smallest > 0 else -1
    if (
        images.dim() != 4
        or halvings < 0
        or side != images.shape[-2]
        or side != smallest << halvings
    ):
        raise ValueError(
            f"a pyramid needs square images [n, C, S, S] with S = {shown(smallest)}, 2 times that, "
            f"4 times that, ..., got {list(images.shape)}."
        )
    levels = []
    for _ in range(halvings):
        half = avg_pool2d(images, 2)
        levels.append(images - interpolate(half, scale_factor=2))
        images = half
    return [*levels, images]


def _descriptors(level: Tensor, patches: int, seed: int) -> Tensor:
    """Cut patches at random places: `[n, C, s, s] -> [n * patches, C, PATCH * PATCH]`."""
    everywhere = unfold(level, PATCH).unflatten(1, (level.shape[1], -1))  # [n, C, 49, places]
    places = torch.randint(
        everywhere.shape[-1], (len(level), patches), generator=torch_generator(seed)
    ).to(level.device)
    index = places[:, None, None].expand(-1, *everywhere.shape[1:3], -1)
    return everywhere.gather(3, index).permute(0, 3, 1, 2).flatten(0, 1)


def pyramid_distances(
    real: Tensor,
    fake: Tensor,
    smallest: int = 8,
    patches: int = 16,
    projections: int = 64,
    seed: int = 0,
) -> dict[int, float]:
    """Return the sliced Wasserstein distance of 7x7 patches at each level of the pyramid.

    The measure of Karras et al. (2018, arXiv:1710.10196), who print 1000 times it: the smallest
    level sees the layout, the largest only the finest detail. Each channel is measured in
    standard deviations of the real patches (they divide either side by its own, so that a wrong
    contrast costs nothing). Two samples of the same images do not reach 0: compute what they do.

    Args:
        real: images `[n, C, S, S]` in [-1, 1].
        fake: images `[m, C, S, S]` in [-1, 1].
        smallest: side in pixels of the last level, at least 7.
        patches: from each image and level.
        projections: random directions.
        seed: of places and directions.

    Returns:
        The distance by side in pixels: `{32: ..., 16: ..., 8: ...}`.

    Raises:
        TypeError: images are no floats.
        ValueError: images leave [-1, 1], or cannot be halved to a size of at least 7 pixels.
    """
    for images in (real, fake):
        check_images(images, "pyramid_distances needs images [n, C, S, S]")
    if not (is_whole(smallest) and smallest >= PATCH):
        raise ValueError(f"patches of {PATCH} pixels do not fit into {shown(smallest)}.")
    found = {}
    for a, b in zip(
        laplacian_pyramid(real, smallest), laplacian_pyramid(fake, smallest), strict=True
    ):
        x, y = _descriptors(a, patches, seed), _descriptors(b, patches, seed + 1)
        mean, deviation = x.mean((0, 2), keepdim=True), x.std((0, 2), keepdim=True) + 1e-8
        x, y = (((patch - mean) / deviation).flatten(1) for patch in (x, y))
        found[a.shape[-1]] = sliced_wasserstein(x.cpu(), y.cpu(), projections, p=1, rng=seed)
    return found
