"""You are the discriminator: twenty pairs, and what your answers are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .live import image

if TYPE_CHECKING:
    from ipywidgets import VBox

__all__ = ["Verdict", "guess", "verdict"]


@dataclass(frozen=True)
class Verdict:
    """What it is worth to be right so often.

    Attributes:
        ratio: likelihood ratio of an answer, (right + 1/2) / (wrong + 1/2); 1 for a coin.
        low: lower end of its 95 % interval.
        high: upper end, infinity where no answer was wrong.
        luck: share of all games in which a coin is right at least as often, in [0, 1].
    """

    ratio: float
    low: float
    high: float
    luck: float

    def __str__(self) -> str:
        return (
            f"likelihood ratio about {self.ratio:.1f}, 95 % interval {self.low:.2f} to "
            f"{self.high:.2f}; a coin does as well in {self.luck:.1%} of all games"
        )


def verdict(right: int, total: int) -> Verdict:
    """Say what `right` of `total` answers about pairs are worth.

        P(say left | left real) / P(say left | right real) = s / (1 - s),

    s the share of right answers, with the interval of Wilson (1927) for s carried over.

    Args:
        right: how many answers were right.
        total: how many there were, at least 1.

    Raises:
        ValueError: `right` does not lie in 0..total, or there was no answer.
    """
    if not 0 <= right <= total or total < 1:
        raise ValueError(f"right must lie in 0..total, got {right} of {total} answers.")
    low, high = (s / (1 - s) if s < 1 - 1e-9 else math.inf for s in _wilson(right / total, total))
    luck = sum(math.comb(total, k) for k in range(right, total + 1)) / 2**total
    return Verdict((right + 0.5) / (total - right + 0.5), low, high, luck)


def _wilson(share: float, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval for a share, from n answers."""
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def guess(real: Tensor, fake: Tensor, pairs: int = 20, seed: int = 0) -> VBox:
    """Be D in a live kernel: in each pair one picture is real; say which.

    Args:
        real: pictures `[N, C, H, W]` in [-1, 1], at least `pairs` of them.
        fake: generated ones of the same shape.
        pairs: how many to judge, at least 1.
        seed: of the order and the sides.

    Returns:
        A box of `ipywidgets` to show as the last value of a cell.

    Raises:
        ValueError: there are fewer pictures than pairs, or their shapes differ.
    """
    if not 1 <= pairs <= min(len(real), len(fake)) or real.shape[1:] != fake.shape[1:]:
        raise ValueError(
            f"guess needs as many real and generated pictures of one shape as pairs, got "
            f"{list(real.shape)} and {list(fake.shape)} for {pairs} pairs."
        )
    dice = torch.Generator().manual_seed(seed)
    chosen = [x.cpu()[torch.randperm(len(x), generator=dice)[:pairs]] for x in (real, fake)]
    sides = (torch.randperm(pairs, generator=dice) % 2 == 0).tolist()
    return _Round(*chosen, sides).box()


@dataclass
class _Round:
    """One game: the pictures, where the real ones are, and the answers so far."""

    real: Tensor
    fake: Tensor
    real_is_left: list[bool]
    answers: list[bool] = field(default_factory=list)  # whether each was right

    def box(self) -> VBox:
        """Return the picture of a pair, two buttons, and a line of text."""
        import ipywidgets

        self.picture, self.said = ipywidgets.HTML(), ipywidgets.HTML()
        self.left = ipywidgets.Button(description="left is real")
        self.right = ipywidgets.Button(description="right is real")
        self.left.on_click(lambda _: self.answer(True))
        self.right.on_click(lambda _: self.answer(False))
        self.show("")
        buttons = ipywidgets.HBox([self.left, self.right])
        return ipywidgets.VBox([self.picture, buttons, self.said])

    def answer(self, says_left: bool) -> None:
        """Note an answer, say whether it was right, and show the next pair or the verdict."""
        is_left = self.real_is_left[len(self.answers)]
        self.answers.append(says_left == is_left)
        done = len(self.answers) == len(self.real_is_left)
        word = "Right" if self.answers[-1] else "Wrong"
        text = f"{word}: the {'left' if is_left else 'right'} one was real. "
        if done:
            self.left.disabled = self.right.disabled = True
            right, total = sum(self.answers), len(self.answers)
            self.said.value = f"{text}{right} of {total}: {verdict(right, total)}."
        else:
            self.show(text)

    def show(self, text: str) -> None:
        """Draw the next pair."""
        from .. import plots

        k, total = len(self.answers), len(self.real_is_left)
        pair = (
            [self.real[k], self.fake[k]] if self.real_is_left[k] else [self.fake[k], self.real[k]]
        )
        ax = plots.image_grid(torch.stack(pair), columns=2, column_labels=["left", "right"])
        ax.figure.set_size_inches(3.2, 1.8)
        self.picture.value = image(ax, f"Pair {k + 1} of {total}: two pictures, one of them real.")
        self.said.value = f"{text}Pair {k + 1} of {total}."
