"""What a face is made of: its factors, their units, and independent draws of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..arguments import shown, torch_generator, whole_number


@dataclass(frozen=True)
class Factor:
    """One thing that can be changed in a face and leaves all others as they are.

    Args:
        name: as in `Factors.names`.
        unit: a sentence such as "-1 to the left .. 1 to the right".
        low, high: the range of a continuous factor, drawn uniformly.
        kinds: names of a discrete factor's values 0, 1, ...; empty for a continuous one.
        shares: how often each kind is drawn; empty means equally often.
    """

    name: str
    unit: str
    low: float = 0.0
    high: float = 1.0
    kinds: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """Draw n independent values: float32 [n]."""
        u = torch.rand(n, generator=generator)
        if not self.kinds:
            return self.low + (self.high - self.low) * u
        shares = torch.tensor(self.shares or (1 / len(self.kinds),) * len(self.kinds))
        return torch.bucketize(u, shares.cumsum(0)[:-1], right=True).float()


HAIR = ("cropped", "parted", "bob", "long", "curls", "bun")
FACTORS = (
    Factor("turn", "-1 turned to the picture's left .. 1 to its right", -1.0),
    Factor("width", "0 narrow face .. 1 wide face"),
    Factor("skin", "0 light .. 1 dark"),
    Factor("hair", "a kind of haircut", kinds=HAIR),
    Factor("hair_colour", "0 black .. 1 blond"),
    Factor("eyes", "0 small .. 1 large"),
    Factor("gaze", "-1 looks to the picture's left .. 1 to its right", -1.0),
    Factor("brows", "-1 low .. 1 raised", -1.0),
    Factor("smile", "-1 corners of the mouth a little down .. 1 broad smile", -1.0),
    Factor("open", "0 mouth closed .. 1 open"),
    Factor("glasses", "with or without", kinds=("no", "yes"), shares=(0.65, 0.35)),
    Factor("beard", "with or without", kinds=("no", "yes"), shares=(0.75, 0.25)),
    Factor("shirt", "0 blue, over green and yellow, .. 1 red"),
    Factor("background", "0 blue, over green and sand, .. 1 rose"),
    Factor("light", "-1 comes from the picture's left .. 1 from its right", -1.0),
)
NAMES = tuple(factor.name for factor in FACTORS)


@dataclass(frozen=True, eq=False)
class Factors:
    """The factors of n faces, one column each.

    Args:
        values: float32 [n, 15], in the units of `FACTORS`; a discrete factor holds 0., 1., ...

    Raises:
        TypeError: values are no floats.
        ValueError: values have another shape, or one lies outside its factor's range.
    """

    values: Tensor

    def __post_init__(self) -> None:
        values = self.values
        if not (isinstance(values, Tensor) and values.is_floating_point()):
            raise TypeError(f"Factors must be a floating point tensor, got {shown(values)}.")
        if values.dim() != 2 or values.shape[1] != len(FACTORS):
            raise ValueError(f"Factors must have shape [n, {len(FACTORS)}]: {list(values.shape)}.")
        for factor, column in zip(FACTORS, values.T):
            _check_range(factor, column)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, name: str) -> Tensor:
        """Return one factor of all faces, by name: float32 [n]."""
        return self.values[:, position(name)]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return NAMES

    @property
    def units(self) -> tuple[str, ...]:
        """What a value of each column means, in words."""
        return tuple(factor.unit for factor in FACTORS)

    def replaced(self, **new: float | Tensor) -> Factors:
        """Return the same faces with some factors set: numbers, or tensors [n].

        Raises:
            KeyError: there is no such factor.
            ValueError: a value lies outside its factor's range.
        """
        values = self.values.clone()
        for name, value in new.items():
            values[:, position(name)] = torch.as_tensor(value, dtype=values.dtype).to(values)
        return Factors(values)


def position(name: str) -> int:
    """Return the column of a factor; a KeyError names those there are."""
    if name not in NAMES:
        raise KeyError(f"There is no factor {name!r}: choose from {', '.join(NAMES)}.")
    return NAMES.index(name)


def face_factors(n: int, seed: int = 0) -> Factors:
    """Draw the factors of n faces, all independent: continuous ones uniform over their range.

    Args:
        n: number of faces, at least 1.
        seed: fixes them; torch's global random state is left alone.

    Raises:
        ValueError: n is no positive whole number.
    """
    n = whole_number(n, "n")
    generator = torch_generator(seed)
    return Factors(torch.stack([factor.draw(n, generator) for factor in FACTORS], 1))


def _check_range(factor: Factor, column: Tensor) -> None:
    low, high = (0, len(factor.kinds) - 1) if factor.kinds else (factor.low, factor.high)
    fits = (low <= column) & (column <= high)
    if factor.kinds:
        fits &= column == column.round()
    if not bool(fits.all()):
        kind = "a whole number of" if factor.kinds else "in"
        raise ValueError(
            f"Factor {factor.name!r} must be {kind} {low:g} to {high:g} ({factor.unit}), got "
            f"{column[~fits][0].item():.4g}."
        )
