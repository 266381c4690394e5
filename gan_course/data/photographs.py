"""Two photographs that scikit-learn ships, and crops of pictures."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ..arguments import torch_generator, whole_number
from .dataset import Dataset
from .pixels import bytes_to_images, check_images, images_to_bytes


def photographs(width: int = 192) -> Tensor:
    """Load the two photographs that come with scikit-learn: a palace in China, and a flower.

    `china.jpg` and `flower.jpg`, 640x427, under CC BY 2.0 from Flickr, by danielbuechele and
    vultilion.

    Args:
        width: in pixels, a multiple of 12 of at least 12; the height is two thirds of it, and the
            originals are resized, antialiased.

    Returns:
        Pictures `[2, 3, height, width]` in [-1, 1].

    Raises:
        ValueError: the width is no such number.
    """
    from sklearn.datasets import load_sample_images

    if whole_number(width, "width", at_least=12) % 12:
        raise ValueError(f"the width must be a multiple of 12, got {width}.")
    stored = [torch.from_numpy(image.copy()) for image in load_sample_images().images]
    x = bytes_to_images(torch.stack(stored).permute(0, 3, 1, 2))
    size = (width * 2 // 3, width)
    return interpolate(x, size=size, mode="bicubic", antialias=True).clamp(-1, 1)


def crops(pictures: Tensor, n: int, side: int = 48, seed: int = 0) -> Dataset:
    """Cut squares out of pictures at random places, each mirrored by a coin.

    Args:
        pictures: `[M, C, H, W]` in [-1, 1].
        n: how many.
        side: of a square, in pixels.
        seed: fixes the places; torch's global random state is left alone.

    Returns:
        Images uint8 `[n, C, side, side]`, without labels.

    Raises:
        TypeError: the pictures are no floating point tensor.
        ValueError: they lie outside [-1, 1], or are smaller than the squares.
    """
    check_images(pictures, "Pictures must lie")
    count, side = whole_number(n, "n"), whole_number(side, "side", at_least=8)
    (M, _, H, W), draw = pictures.shape, torch_generator(seed)
    if side > min(H, W):
        raise ValueError(f"squares of side {side} do not fit into pictures of {H}x{W}.")
    ends = (M, H - side + 1, W - side + 1, 2)
    places = torch.stack([torch.randint(end, (count,), generator=draw) for end in ends], 1).tolist()
    cut = [pictures[i, :, top : top + side, left : left + side] for i, top, left, _ in places]
    cut = [each.flip(-1) if mirrored else each for each, (*_, mirrored) in zip(cut, places)]
    return Dataset("crops", images_to_bytes(torch.stack(cut).clamp(-1, 1)))
