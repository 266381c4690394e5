"""Feature extractors besides the course's classifier: the Inception network, and bare pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ..data.download import cache_folder
from ..data.pixels import check_images
from ..device import resolve_device

INCEPTION = "inception-2015-12-05.pt"
ADDRESS = f"https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/{INCEPTION}"


def pixel_features(images: Tensor) -> Tensor:
    """Return the pixels themselves as features, to see how far a metric depends on its features.

    Args:
        images: float [n, C, H, W] in [-1, 1], or points [n, d].

    Returns:
        Features [n, C H W], or the points as they are.

    Raises:
        TypeError: images are no floating point tensor.
        ValueError: images leave [-1, 1].
    """
    if not isinstance(images, Tensor) or images.dim() not in (2, 3):  # points, and rows of points
        check_images(images, "pixel_features needs images [n, C, H, W]")
    if images.dim() < 2:
        raise ValueError(f"pixel_features needs [n, ...], got shape {list(images.shape)}.")
    return images.flatten(1)


@dataclass(frozen=True, eq=False)
class InceptionFeatures:
    """The 2048 features of the Inception network that FID and KID of papers mean.

    A TorchScript file with the weights of 2015 (Szegedy et al. 2016), as StyleGAN2-ADA and
    clean-fid use it, 92 MB; it resizes to 299 pixels itself. It is not part of the course and
    never fetched unasked. Such a file is a program: load it only from a source that you trust.

    Args:
        path: where the file lies; None means the course's cache folder.
        device: where it runs; None means CUDA if present, else the CPU.

    Raises:
        FileNotFoundError: there is no such file; the message says where to get it.
    """

    path: str | Path | None = None
    device: str | torch.device | None = None
    name: str = field(default="Inception network", init=False)
    network: nn.Module = field(init=False, repr=False)

    def __post_init__(self) -> None:
        path = Path(self.path or cache_folder() / INCEPTION)
        if not path.is_file():
            raise FileNotFoundError(
                f"Inception features need the weights at {path}, which are missing: download "
                f"{ADDRESS} (92 MB) to that place, or use train_classifier(dataset) instead."
            )
        network = torch.jit.load(str(path), map_location=resolve_device(self.device)).eval()
        object.__setattr__(self, "network", network)

    def __call__(self, images: Tensor) -> Tensor:
        """Return the features of some images.

        Args:
            images: float [n, C, H, W] in [-1, 1], C = 3, or 1 for grey.

        Returns:
            Features [n, 2048].

        Raises:
            TypeError: the images are no floating point tensor.
            ValueError: the images have another shape or range.
        """
        return self._run(images, return_features=True)

    def probabilities(self, images: Tensor) -> Tensor:
        """Return p(y|x) [n, 1008] as the inception score of papers uses it, without a bias."""
        return self._run(images, no_output_bias=True).double()

    @torch.no_grad()
    def _run(self, images: Tensor, **output: bool) -> Tensor:
        check_images(images, f"Images for the {self.name} must lie")
        if images.dim() != 4 or images.shape[1] not in (1, 3):
            raise ValueError(
                f"Expected images [n, 3, H, W], or [n, 1, H, W], got {list(images.shape)}."
            )
        device = resolve_device(self.device)
        pixels = (images * 127.5 + 128).clamp(0, 255).to(torch.uint8).expand(-1, 3, -1, -1)
        return torch.cat([self.network(part.to(device), **output) for part in pixels.split(64)])
