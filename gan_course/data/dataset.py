"""A data set in memory, and endless independent minibatches drawn from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral

import torch
from torch import Tensor

from gan_course.device import resolve_device
from gan_course.draws import draw_rows, share, sharing_draws

from .pixels import bytes_to_images, images_to_bytes


@dataclass(frozen=True)
class Batches:
    """Endless minibatches: every `next` draws `n` fresh samples, `(x,)` or `(x, y)`.

    An object with `__next__` rather than a generator function, so that an interrupted loop can
    go on, and so that it can be copied and pickled: its only state is torch's random state.

    Args:
        draw: maps n to a tuple of tensors [n, ...].
        n: samples in a batch, at least 1; on many processes the batch of all together, of
            which each gets its share.

    Raises:
        ValueError: n is not a positive whole number, or cannot be shared evenly.
    """

    draw: Callable[[int], tuple[Tensor, ...]]
    n: int

    def __post_init__(self):
        if not isinstance(self.n, Integral) or self.n < 1:
            raise ValueError(f"A batch needs at least 1 sample, as a whole number; got {self.n!r}.")

    def __iter__(self) -> "Batches":
        return self

    def __next__(self) -> tuple[Tensor, ...]:
        return sharing_draws(self.draw, share(self.n))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples held in memory, with labels or without.

    Args:
        name: what the set is called in messages and figures.
        stored: images uint8 [N, C, H, W], or points float32 [N, d].
        y: labels int64 [N], or None.
        classes: the names of the labels 0, 1, ...
        factors: what is known of how each sample was made, such as its font; tensors [N].

    Raises:
        TypeError: a tensor has another dtype.
        ValueError: a tensor is empty or has another shape, or a label has no class.
    """

    name: str
    stored: Tensor
    y: Tensor | None = None
    classes: tuple[str, ...] = ()
    factors: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self):
        _check_samples(self.stored)
        for name, values in self.factors.items():
            if values.shape != (len(self.stored),):
                raise ValueError(
                    f"Factor {name!r} must have shape [{len(self.stored)}], one value per sample; "
                    f"got {list(values.shape)}."
                )
        if self.y is not None:
            _check_labels(self.y, len(self.stored), len(self.classes))

    def __len__(self) -> int:
        return len(self.stored)

    def __repr__(self) -> str:
        labels = f", {len(self.classes)} classes" if self.classes else ""
        return f"Dataset({self.name}: {len(self):,} samples of {self.shape}{labels})"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample: (C, H, W) for images, (d,) for points."""
        return tuple(self.stored.shape[1:])

    @property
    def x(self) -> Tensor:
        """All samples as float32: images [N, C, H, W] in [-1, 1], points [N, d]."""
        return bytes_to_images(self.stored) if self.stored.dtype == torch.uint8 else self.stored

    def to(self, device: str | torch.device) -> "Dataset":
        """Return the same set with its samples, labels and factors on a device."""
        y = None if self.y is None else self.y.to(device)
        factors = {name: values.to(device) for name, values in self.factors.items()}
        return replace(self, stored=self.stored.to(device), y=y, factors=factors)

    def draw(self, n: int, labels: bool = False) -> tuple[Tensor, ...]:
        """Draw n samples independently, with replacement: this *is* x ~ p_data.

        Args:
            n: how many; may exceed the size of the set.
            labels: also return y.

        Returns:
            `(x,)` or `(x, y)`: x float32 [n, ...], y int64 [n]. The indices come from torch's
            global random state on the device of the samples.
        """
        index = draw_rows(partial(torch.randint, len(self)), (n,), device=self.stored.device)
        picked = self.stored.index_select(0, index)
        x = bytes_to_images(picked) if picked.dtype == torch.uint8 else picked
        return (x, self.y.index_select(0, index)) if labels else (x,)

    def batches(
        self, n: int, labels: bool = False, device: str | torch.device | None = None
    ) -> Batches:
        """Draw independent minibatches for ever; the samples move to the device once.

        Args:
            n: samples in a batch, at least 1; may exceed the size of the set.
            labels: whether a batch is `(x, y)` or `(x,)`.
            device: where the samples lie; None means CUDA if present, else the CPU.

        Returns:
            An iterator without end: x float32 [n, ...], y int64 [n].

        Raises:
            ValueError: n < 1, or labels are asked for and the set has none.
            RuntimeError: CUDA is asked for and absent.
        """
        if labels and self.y is None:
            raise ValueError(f"{self.name} has no labels: ask for batches without them.")
        device = resolve_device(device)
        y = self.y.to(device) if labels else None
        there = replace(self, stored=self.stored.to(device), y=y, factors={})
        return Batches(partial(there.draw, labels=labels), n)

    def take(self, index: Tensor) -> "Dataset":
        """Keep some samples, with their labels and factors.

        Args:
            index: int64 [M] positions or bool [N] mask.
        """
        y = None if self.y is None else self.y[index]
        factors = {name: values[index] for name, values in self.factors.items()}
        return replace(self, stored=self.stored[index], y=y, factors=factors)

    def only(self, *names: str) -> "Dataset":
        """Keep the samples of some classes, named as in `classes`; labels keep their numbers.

        Raises:
            ValueError: the set has no class of this name.
        """
        unknown = [name for name in names if name not in self.classes]
        if unknown or not names:
            asked = ", ".join(map(repr, unknown)) or "nothing"
            known = ", ".join(self.classes) or "none"
            raise ValueError(f"{self.name} has the classes {known}; asked for {asked}.")
        wanted = [self.classes.index(name) for name in names]
        return self.take(torch.isin(self.y, torch.tensor(wanted, device=self.y.device)))

    def split(self, fraction: float, seed: int = 0) -> tuple["Dataset", "Dataset"]:
        """Split at random into two sets without common samples.

        Args:
            fraction: share of the first set, in (0, 1).
            seed: fixes the split; torch's global random state is left alone.

        Returns:
            Sets of round(fraction N) and of all other samples.

        Raises:
            ValueError: one of the two would be empty.
        """
        first = round(fraction * len(self))
        if not 0 < first < len(self):
            raise ValueError(
                f"A split needs a fraction between 0 and 1 that leaves both parts a sample; "
                f"got {fraction} of {len(self)} samples."
            )
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        return self.take(order[:first]), self.take(order[first:])


def from_images(
    x: Tensor, y: Tensor | None = None, classes: tuple[str, ...] = (), name: str = "images"
) -> Dataset:
    """Make a data set of your own images.

    Args:
        x: float [N, C, H, W] in [-1, 1].
        y: labels int64 [N], or None.
        classes: names of the labels; empty means "0", "1", ... up to the largest label.
        name: what the set is called.

    Raises:
        TypeError: x or y has another dtype.
        ValueError: x or y has another shape or range, or x is empty.
    """
    if isinstance(y, Tensor) and y.numel() and not classes:
        classes = tuple(str(label) for label in range(int(y.max()) + 1))
    return Dataset(name, images_to_bytes(x), y, classes)


def _check_samples(stored: Tensor) -> None:
    kinds = {4: torch.uint8, 2: torch.float32}
    if not isinstance(stored, Tensor):
        raise TypeError(
            f"Samples must be a tensor, got a {type(stored).__name__}: use torch.as_tensor."
        )
    if stored.dim() not in kinds:
        raise ValueError(
            f"Samples must be images [N, C, H, W] or points [N, d], got {list(stored.shape)}."
        )
    if stored.dtype != kinds[stored.dim()]:
        raise TypeError(
            f"Images are stored as uint8 (from_images converts floats in [-1, 1]) and points as "
            f"float32, got {stored.dtype} of shape {list(stored.shape)}."
        )
    if stored.numel() == 0:
        raise ValueError(f"A data set needs at least one sample, got {list(stored.shape)}.")


def _check_labels(y: Tensor, n: int, classes: int) -> None:
    if not isinstance(y, Tensor) or y.dtype != torch.int64:
        kind = y.dtype if isinstance(y, Tensor) else f"a {type(y).__name__}"
        raise TypeError(
            f"Labels must be an int64 tensor, got {kind}: use torch.as_tensor(y).long()."
        )
    if y.shape != (n,):
        raise ValueError(f"Labels must have shape [{n}], one per sample; got {list(y.shape)}.")
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(
            f"Labels must lie in 0..{classes - 1}, one number per class name; "
            f"got {y.min()} to {y.max()}."
        )
