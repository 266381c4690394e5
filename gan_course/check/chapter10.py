"""The exercises of chapter 10: the game as dynamics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .consensus import consensus_push as consensus_push
from .core import exercise
from .expect import close, expect, expect_close, number
from .jacobians import game_jacobian as game_jacobian
from .looking import look_and_step as look_and_step
from .optimists import optimist as optimist
from .sweeps import sweep as sweep

# Eigenvalues with their conjugates; which of them decides, and where it stands, differs.
HOME = (
    (-1 + 2j, -1 - 2j),
    (-0.5, -1 + 0.2j, -1 - 0.2j, -4),
    (-4, -1 + 3j, -1 - 3j),
    (-100, -0.001),
    (-1e-5 + 1j, -1e-5 - 1j, -1),
    (-2 + 1j, -2 - 1j, -0.2 - 30j, -0.2 + 30j, -5),
)
AWAY = ((1j, -1j), (-1, 0.1 + 1j, 0.1 - 1j), (0, -1), (0.5,), (-1 + 1j, -1 - 1j, 2j, -2j))


@exercise(stars=1)
def largest_step(largest_step):
    """Find the step size below which simultaneous steps come home."""
    sets = [torch.tensor(values, dtype=torch.complex128) for values in HOME]
    got = torch.stack([_one(largest_step(values)) for values in sets])
    right = torch.stack([_bounds(values).min() for values in sets])
    if not close(got / right, torch.ones(len(sets))):
        _explain(got, right, sets)
    single = [torch.tensor(values, dtype=torch.complex64) for values in HOME[:2]]
    expect_close(
        torch.stack([_one(largest_step(values)) for values in single]),
        right[:2],
        "It is wrong for eigenvalues in single precision.",
        "Nothing in the formula depends on the type: use what comes in.",
    )
    for values in AWAY:
        _check_away(largest_step, torch.tensor(values, dtype=torch.complex64), values)
    return "The bound is right for one pair and for several, and 0 where no step comes home."


_WRONG: tuple[tuple[Callable[[Tensor], Tensor], str, str], ...] = (
    (
        lambda values: 2 / values.abs().max(),
        "This is the bound for real eigenvalues.",
        "-2 / lambda comes from |1 + h lambda| = 1 on the real line. Off it, take the modulus.",
    ),
    (
        lambda values: (-2 / values.real).min(),
        "This looks at the real parts only.",
        "The imaginary part makes 1 + h lambda longer, too: by Pythagoras.",
    ),
    (
        lambda values: (-2 * values.real / values.abs()).min(),
        "The modulus in the denominator should be squared.",
        "|1 + h lambda|^2 = 1 + 2 h Re lambda + h^2 |lambda|^2.",
    ),
    (
        lambda values: _bounds(values).min() / 2,
        "This is half of the bound: games come home beyond it.",
        "The parabola 1 + 2 h Re lambda + h^2 |lambda|^2 is lowest there. Where is it 1 again?",
    ),
)


def _explain(got: Tensor, right: Tensor, sets: Sequence[Tensor]) -> None:
    """Name the mistake, or show what the multipliers are at a wrong bound."""
    for wrong, *hints in _WRONG:
        expect(
            not close(got / torch.stack([wrong(v) for v in sets]), torch.ones(len(sets))), *hints
        )
    one_each = [((_bounds(v) / x - 1).abs() < 1e-4).any() for v, x in zip(sets, got, strict=True)]
    expect(
        not all(one_each),
        "This is the bound of one eigenvalue, and another one is stricter.",
        "All multipliers have to be below 1, in whatever order the eigenvalues come.",
    )
    k = int(((got / right - 1).abs() > 1e-4).int().argmax()) if got.isfinite().all() else 0
    largest = (1 + got[k] * sets[k]).abs().max()
    expect(
        False,
        f"With the eigenvalues {_told(HOME[k])} yours is {got[k].item():.4g}. At that step the largest "
        f"multiplier has the modulus {largest.item():.8g}; at the bound it is 1.",
        "Write |1 + h lambda|^2 as a parabola in h, with Re lambda and |lambda|^2. Where is it 1?",
    )


def _told(values: tuple) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _bounds(values: Tensor) -> Tensor:
    return -2 * values.real / values.abs().square()


def _one(value) -> Tensor:
    found = number(value)
    expect(
        found.numel() == 1,
        f"Return one number; yours has {found.numel()}.",
        "Each eigenvalue has a bound of its own, and one step size has to suit all of them.",
    )
    return found.reshape(())


def _check_away(largest_step, eigenvalues: Tensor, values: tuple) -> None:
    """Expect 0 where one eigenvalue does not lie to the left of the imaginary axis."""
    told = _told(values)
    got = _one(largest_step(eigenvalues))
    expect(
        not got.isnan(),
        f"With the eigenvalues {told} yours is NaN.",
        "0 / 0 is NaN. The multiplier of the eigenvalue 0 is 1 at every h, and 1 is not below 1.",
    )
    expect(
        got == 0,
        f"With the eigenvalues {told} no step comes home, and yours gives {got.item():.4g}, not 0.",
        "An eigenvalue whose real part is 0 or above has a multiplier of 1 or more at every h.",
    )
