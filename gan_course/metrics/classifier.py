"""A small classifier, trained in seconds on the course's own data: its inner layer is a feature.

Fréchet and other distances in these features are comparable with each other, on one machine,
and with no paper's FID, which means features of the Inception network.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..arguments import shown, whole_number
from ..data import Dataset
from ..data.download import cache_folder
from ..data.pixels import check_images
from ..device import resolve_device
from ..game.states import seeded
from ..writing import write_atomically

RECIPE = "classifier 1"  # another number when training changes: it makes cached files void
BATCH = 128
LEARNING_RATE = 5e-3


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained classifier as a feature extractor: `classifier(images) -> [n, features]`.

    Attributes:
        name: of the features, for tables: "glyphs classifier".
        body: network from images [n, C, H, W] in [-1, 1] to features [n, 64].
        head: layer from features to logits [n, K].
        accuracy: share of right answers on held-out images, in [0, 1].
        shape: of the images that it was trained on, (C, H, W).
    """

    name: str
    body: nn.Module
    head: nn.Module
    accuracy: float
    shape: tuple[int, ...]

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Return the features of some images.

        Args:
            images: float [n, C, H, W] in [-1, 1], of the shape that it was trained on.

        Returns:
            Features [n, 64], on the classifier's device.

        Raises:
            TypeError: the images are no floating point tensor.
            ValueError: the images have another shape or range.
        """
        check_images(images, f"Images for the {self.name} must lie")
        if tuple(images.shape[1:]) != self.shape or images.dim() != 4:
            raise ValueError(
                f"The {self.name} was trained on images [n, {', '.join(map(str, self.shape))}], "
                f"got {list(images.shape)}: resize them, or train it on such a data set."
            )
        device = next(self.body.parameters()).device
        return torch.cat([self.body(part.to(device)) for part in images.float().split(1000)])

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:
        """Return p(y|x), float64 [n, K], for images [n, C, H, W]; as `__call__` otherwise."""
        return self.head(self(images)).double().softmax(dim=1)

    def __repr__(self) -> str:
        return f"Classifier({self.name}, {self.accuracy:.1%} right on held-out images)"


def train_classifier(
    dataset: Dataset,
    steps: int = 300,
    seed: int = 0,
    device: str | torch.device | None = None,
    folder: str | Path | None = None,
) -> Classifier:
    """Train a classifier on four fifths of a data set, measure it on the rest, keep it in a cache.

    Three strided convolutions with batch norm, shifts by up to a sixteenth of the width as
    augmentation, Adam with a one-cycle learning rate. Training runs on the CPU from its own seed,
    so that one machine gets the same features each time, whatever else it does. The cache knows
    the data by their bytes.

    Args:
        dataset: labelled images, 8 to 64 pixels wide.
        steps: minibatches of 128.
        seed: of weights, split and minibatches; torch's random state is left alone.
        device: where the classifier is used; None means CUDA if present, else the CPU.
        folder: where it is cached; None means the course's cache folder.

    Returns:
        The classifier, in eval mode, frozen.

    Raises:
        ValueError: the data have no labels or are no images, or a number is no count.
    """
    whole_number(steps, "steps")
    whole_number(seed, "The seed", at_least=0)
    if not isinstance(dataset, Dataset) or dataset.y is None or len(dataset.shape) != 3:
        raise ValueError(
            f"A classifier needs labelled images [N, C, H, W], got {shown(dataset)}: "
            "pass other features to the metrics for such data."
        )
    path = Path(folder or cache_folder() / "classifiers") / f"{_key(dataset, steps, seed)}.pt"
    with seeded(seed, torch.device("cpu")):
        body, head = _networks(dataset.shape, len(dataset.classes))
        network = nn.Sequential(body, head)
        accuracy = _restore(network, path)
        if accuracy is None:
            accuracy = _fit(network, *dataset.to("cpu").split(0.8, seed), steps)
            _keep(network, accuracy, path)
    network.eval().requires_grad_(False).to(resolve_device(device))
    return Classifier(f"{dataset.name} classifier", body, head, accuracy, dataset.shape)


def _key(dataset: Dataset, steps: int, seed: int) -> str:
    content = f"{RECIPE} {dataset.digest} {steps} {seed}"
    return f"{dataset.name}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def _networks(shape: tuple[int, ...], classes: int) -> tuple[nn.Module, nn.Module]:
    def block(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
        conv = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]

    body = nn.Sequential(
        *block(shape[0], 16, 2 if shape[1] > 8 else 1),
        *block(16, 32, 2),
        *block(32, 64, 2),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 64),
        nn.ReLU(),
    )
    return body, nn.Linear(64, classes)


@torch.enable_grad()  # also where the caller has switched gradients off
def _fit(network: nn.Module, train: Dataset, held_out: Dataset, steps: int) -> float:
    """Train in place; returns the accuracy on the held-out set."""
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    batches = train.batches(BATCH, labels=True, device="cpu")
    reach = train.shape[-1] // 16
    network.train()
    for _ in range(steps):
        x, y = next(batches)
        loss = F.cross_entropy(network(_shifted(x, reach)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        answers = torch.cat([network(part).argmax(dim=1) for part in held_out.x.split(1000)])
    return (answers == held_out.y).float().mean().item()


def _shifted(x: Tensor, reach: int) -> Tensor:
    """Return the batch, moved by up to `reach` pixels; what enters at the edge repeats it."""
    down, right = torch.randint(0, 2 * reach + 1, (2,)).tolist()
    height, width = x.shape[2:]
    padded = F.pad(x, (reach,) * 4, mode="replicate")
    return padded[:, :, down : down + height, right : right + width]


def _restore(network: nn.Module, path: Path) -> float | None:
    """Fill the network from the cache and return its accuracy; None if there is nothing usable."""
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        network.load_state_dict(stored["network"])
        return stored["accuracy"]
    except (OSError, RuntimeError, KeyError, EOFError):  # absent or damaged: it is trained again
        return None


def _keep(network: nn.Module, accuracy: float, path: Path) -> None:
    """Write the file, so that nobody ever reads half of it."""
    packed = io.BytesIO()
    torch.save({"network": network.state_dict(), "accuracy": accuracy}, packed)
    try:
        write_atomically(path, packed.getbuffer())
    except OSError:  # a read-only disk costs the next user a few seconds, nothing else
        return
