"""A data set in memory, and endless independent minibatches drawn from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from torch import Tensor

from ..arguments import is_real, is_whole, shown, torch_generator
from ..device import resolve_device
from ..draws import draw_rows, share, sharing_draws
from .checks import check_factors, check_labels, check_samples, checked_classes, checked_index
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
        if not is_whole(self.n) or self.n < 1:
            raise ValueError(
                f"A batch needs at least 1 sample, as a whole number; got {shown(self.n)}."
            )

    def __iter__(self) -> Batches:
        return self

    def __next__(self) -> tuple[Tensor, ...]:
        return sharing_draws(self.draw, share(self.n))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples held in memory, with labels or without.

    The tensors given are kept, not copied: `stored`, `y` and `factors` are the set itself, and who
    changes them in place changes the set. What `x`, `draw`, batches, `take`, `only` and `split`
    hand out is a copy.

    Args:
        name: what the set is called in messages and figures.
        stored: images uint8 [N, C, H, W], or points float32 [N, d].
        y: labels int64 [N], or None.
        classes: the names of the labels 0, 1, ...
        factors: what is known of how each sample was made, such as its font; tensors [N].

    Raises:
        TypeError: a tensor has another dtype.
        ValueError: a tensor is empty or has another shape, a point is not finite, a label has no
            class, or two classes have one name.
    """

    name: str
    stored: Tensor
    y: Tensor | None = None
    classes: tuple[str, ...] = ()
    factors: Mapping[str, Tensor] = field(default_factory=dict)

    def __post_init__(self):
        check_samples(self.stored)
        object.__setattr__(self, "classes", checked_classes(self.classes))
        check_factors(self.factors, len(self.stored))
        if self.y is not None:
            check_labels(self.y, len(self.stored), len(self.classes))

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
        """All samples as float32, a copy: images [N, C, H, W] in [-1, 1], points [N, d]."""
        return as_floats(self.stored.clone() if self.stored.dim() == 2 else self.stored)

    @property
    def digest(self) -> str:
        """Name the content by 16 hexadecimal digits, equal where samples, labels and classes are.

        The first 64 bits of the SHA-256 of shapes, types, class names and bytes, in order. The
        set's name, its factors, its device and where its files lie have no part in it. Computed
        anew each time, at about a gigabyte a second: 0.1 s for 60,000 images of 28 x 28.
        """
        content = hashlib.sha256(repr((tuple(self.classes), self.y is None)).encode())
        for tensor in (self.stored, self.y):
            if tensor is not None:
                content.update(f"{tensor.dtype} {list(tensor.shape)}".encode())
                content.update(tensor.detach().cpu().contiguous().numpy().data)
        return content.hexdigest()[:16]

    def to(self, device: str | torch.device) -> Dataset:
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

        Raises:
            ValueError: n is not a positive whole number, or the set has no labels.
        """
        if not is_whole(n) or n < 1:
            raise ValueError(f"Draw at least 1 sample, as a whole number; got n={shown(n)}.")
        self._check_has(labels)
        index = draw_rows(partial(torch.randint, len(self)), (n,), device=self.stored.device)
        picked = self.stored.index_select(0, index)
        x = as_floats(picked)
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
        self._check_has(labels)
        device = resolve_device(device)
        y = self.y.to(device) if labels else None
        there = replace(self, stored=self.stored.to(device), y=y, factors={})
        return Batches(partial(there.draw, labels=labels), n)

    def take(self, index: Tensor) -> Dataset:
        """Keep some samples, with their labels and factors.

        Args:
            index: int64 [M] positions or bool [N] mask.

        Raises:
            TypeError: the index holds something else.
            IndexError: a position lies outside the set, or the mask has another length.
            ValueError: nothing is left.
        """
        index = checked_index(index, len(self))
        y = None if self.y is None else self.y[index]
        factors = {name: values[index] for name, values in self.factors.items()}
        return replace(self, stored=self.stored[index], y=y, factors=factors)

    def only(self, *names: str) -> Dataset:
        """Keep the samples of some classes, named as in `classes`; labels keep their numbers.

        Raises:
            ValueError: the set has no class of this name, or no labels.
        """
        self._check_has(labels=True)
        unknown = [name for name in names if name not in self.classes]
        if unknown or not names:
            asked = ", ".join(map(repr, unknown)) or "nothing"
            known = ", ".join(self.classes) or "none"
            raise ValueError(f"{self.name} has the classes {known}; asked for {asked}.")
        wanted = torch.tensor([self.classes.index(name) for name in names], device=self.y.device)
        return self.take(torch.isin(self.y, wanted))

    def split(self, fraction: float, seed: int = 0) -> tuple[Dataset, Dataset]:
        """Split at random into two sets without common samples.

        Args:
            fraction: share of the first set, in (0, 1).
            seed: fixes the split; torch's global random state is left alone.

        Returns:
            Sets of round(fraction N) and of all other samples.

        Raises:
            ValueError: one of the two would be empty.
        """
        first = round(fraction * len(self)) if is_real(fraction) and 0 < fraction < 1 else 0
        if not 0 < first < len(self):
            raise ValueError(
                f"A split needs a fraction between 0 and 1 that leaves both parts a sample; "
                f"got {shown(fraction)} of {len(self)} samples."
            )
        order = torch.randperm(len(self), generator=torch_generator(seed))
        return self.take(order[:first]), self.take(order[first:])

    def _check_has(self, labels: bool) -> None:
        if labels and self.y is None:
            raise ValueError(f"{self.name} has no labels: ask for samples without them.")


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
    if isinstance(y, Tensor) and y.dtype == torch.int64 and y.numel() and not classes:
        classes = tuple(str(label) for label in range(int(y.max()) + 1))
    return Dataset(name, images_to_bytes(x), y, classes)


def as_floats(stored: Tensor) -> Tensor:
    """Return stored samples as networks read them: images `[N, C, H, W]` in [-1, 1], points as they are."""
    return bytes_to_images(stored) if stored.dtype == torch.uint8 else stored
