"""A judge of drawn faces: a small network that reads their factors back from the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checkpoint import load_generator
from ..data.factors import FACTORS, Factor
from ..data.pixels import check_images
from ..device import resolve_device
from ..stored import load_run, model_path

SIDE = 32  # pixels; images of other sizes are resized to it
FEATURES = 64
READINGS = tuple(
    name
    for factor in FACTORS
    for name in (
        [f"{factor.name} {kind}" for kind in factor.kinds]
        if len(factor.kinds) > 2
        else [factor.name]
    )
)


@dataclass(frozen=True, eq=False)
class FaceJudge:
    """A trained reader of faces, also a feature extractor: `judge(images) -> [n, 64]`.

    Attributes:
        name: of the features, for tables: "faces judge".
        body: network from images [n, 3, 32, 32] in [-1, 1] to features [n, 64].
        head: layer from features to answers [n, 22]: a number for each continuous factor, logits
            for each kind of a discrete one.
        scores: on held-out faces, for each factor: R^2 of the numbers, accuracy of the kinds.
    """

    name: str
    body: nn.Module
    head: nn.Module
    scores: Mapping[str, float]

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Return the features of some faces.

        Args:
            images: float [n, 3, side, side] in [-1, 1], side 16 or more.

        Returns:
            Features [n, 64], on the judge's device.

        Raises:
            TypeError: the images are no floating point tensor.
            ValueError: the images have another shape or range.
        """
        device = next(self.body.parameters()).device
        parts = checked_faces(images).split(1000)
        return torch.cat([self.body(resized(part.to(device))) for part in parts])

    def read(self, images: Tensor) -> Tensor:
        """Return what it reads in some faces, one column for each name in `READINGS`.

        A continuous factor has one column, in its unit, also a little beyond its range; a factor
        of two kinds one, the probability of the second; hair the probability of each kind.

        Args:
            images: as `__call__`.

        Returns:
            Readings float32 [n, 20].
        """
        answers = answers_by_factor(self.head(self(images)))
        return torch.cat([_reading(factor, answers[factor.name]) for factor in FACTORS], 1)

    def factors(self, images: Tensor) -> dict[str, Tensor]:
        """Return the value that it finds likeliest, [n] for each factor, in the units of `FACTORS`."""
        answers = answers_by_factor(self.head(self(images)))
        return {
            factor.name: answers[factor.name].argmax(1).float()
            if factor.kinds
            else from_unit(factor, answers[factor.name][:, 0])
            for factor in FACTORS
        }

    def __repr__(self) -> str:
        return (
            f"FaceJudge({', '.join(f'{name} {score:.2f}' for name, score in self.scores.items())})"
        )


def face_judge(device: str | torch.device | None = None) -> FaceJudge:
    """Load the course's judge of faces, in eval mode, frozen.

    `python tools/make_models.py 13_judge` trained it, on faces of another seed than `faces()`
    has. Distances in its features compare with each other, and with no paper's FID.

    Args:
        device: where it is used; None means CUDA if present, else the CPU.

    Raises:
        FileNotFoundError: the stored judge is not here and cannot be fetched.
    """
    network = load_generator(judge_network(), model_path("13_judge.pt"))
    network.eval().requires_grad_(False).to(resolve_device(device))
    return FaceJudge(
        "faces judge", network.body, network.head, load_run("13_judge")["data"]["scores"]
    )


def judge_network() -> nn.Module:
    """Return the untrained judge: `body` (four convolutions), `head` (one linear layer)."""

    def block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
        conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

    network = nn.Sequential()
    network.body = nn.Sequential(
        *block(3, 16, 1),
        *block(16, 32, 2),
        *block(32, 48, 2),
        *block(48, 32, 2),
        nn.Flatten(),
        nn.Linear(32 * (SIDE // 8) ** 2, FEATURES),
        nn.ReLU(),
    )
    network.head = nn.Linear(FEATURES, sum(widths().values()))
    return network


def _reading(factor: Factor, answer: Tensor) -> Tensor:
    """Turn the head's answer for one factor into its columns of `FaceJudge.read`."""
    if not factor.kinds:
        return from_unit(factor, answer)
    probabilities = answer.softmax(1)
    return probabilities[:, 1:] if len(factor.kinds) == 2 else probabilities


def widths() -> dict[str, int]:
    """Return how many answers the head gives for each factor: 1, or the number of kinds."""
    return {factor.name: max(1, len(factor.kinds)) for factor in FACTORS}


def answers_by_factor(answers: Tensor) -> dict[str, Tensor]:
    """Cut the head's answers [n, 22] into [n, 1] or [n, kinds] for each factor."""
    return dict(zip(widths(), answers.split(list(widths().values()), dim=1)))


def from_unit(factor: Factor, answer: Tensor) -> Tensor:
    """Turn answers [n], -1 at the lowest and 1 at the highest value, into the factor's unit."""
    return factor.low + (factor.high - factor.low) * (answer + 1) / 2


def to_unit(factor: Factor, values: Tensor) -> Tensor:
    """Turn a continuous factor's values [n] into what the head answers, from -1 to 1."""
    return 2 * (values - factor.low) / (factor.high - factor.low) - 1


def resized(images: Tensor) -> Tensor:
    """Bring faces [n, 3, s, s] of any size to the judge's 32 pixels, smoothly."""
    if images.shape[-1] == SIDE:
        return images
    return F.interpolate(images, SIDE, mode="bilinear", antialias=True, align_corners=False)


def checked_faces(images: Tensor) -> Tensor:
    """Refuse what cannot be faces [n, 3, side, side] in [-1, 1]."""
    check_images(images, "Images for the faces judge must lie")
    square = images.dim() == 4 and images.shape[1] == 3 and images.shape[2] == images.shape[3]
    if not square or images.shape[2] < 16:
        raise ValueError(
            "The faces judge reads images [n, 3, side, side] of at least 16 pixels, got "
            f"{list(images.shape)}."
        )
    return images.float()
