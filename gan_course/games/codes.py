"""What games with an encoder share: E and G built together, and their first batch tried."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..game.averages import Average, average_of
from ..game.first_batch import Inspection
from ..game.plainly import out_of_memory
from ..game.reach import warn_of_sigmoid
from ..game.states import kept_random_state, mode
from ..game.trial import check_dtype, hands_out, is_compiled, try_generator
from .shared import check_logits, check_samples


def all_averaged(ema: float | None, **networks: nn.Module) -> dict[str, Average]:
    """Return running averages of networks by their names; without a decay there are none."""
    if ema is None:
        return {}
    return {name: Average(name, average_of(network), ema) for name, network in networks.items()}


def check_codes(code: Tensor, z: Tensor) -> Tensor:
    """Return what E made, `[N, d]`, if it is shaped like z.

    Raises:
        ValueError: it is not.
    """
    if code.shape != z.shape:
        raise ValueError(
            f"E must return codes shaped like the latent's z: z is {list(z.shape)} and E returned "
            f"{list(code.shape)}."
        )
    return code


def mean_square(a: Tensor, b: Tensor) -> Tensor:
    """Return the mean of (a - b)^2 over all entries, in float32 or better, of `[N, ...]` each."""
    wide = torch.promote_types(a.dtype, torch.float32)
    return (a.to(wide) - b.to(wide)).square().mean()


def first_batch(
    E: nn.Module,
    G: nn.Module,
    latent: Callable[..., Tensor] | None = None,
    D: nn.Module | None = None,
    judged: Callable[..., tuple[Tensor, ...]] = lambda x, z, *y: (x, z),
    labels: bool = False,
) -> Inspection:
    """Return what a game with an encoder asks of its first batch.

    Args:
        E: maps `x [N, ...]` to codes `[N, d]`.
        G: maps codes to samples shaped like x.
        latent: where z comes from; without one codes may have any shape that G takes.
        D: whose logits are looked at, too.
        judged: what D takes, of x, z and the labels.
        labels: whether batches may be (x, y).
    """

    def trial(x: Tensor, *y: Tensor) -> None:
        if y and not labels:
            raise ValueError(
                "this game learns without labels: let the loader return x alone (batches(n))."
            )
        networks = [net for net in (E, G, D) if net is not None]
        if any(is_compiled(net) for net in networks):
            return  # a trial in eval mode would be compiled too, for half a minute
        with torch.no_grad(), mode(networks, training=False), kept_random_state(x.device):
            check_dtype(E, x)
            code = _shown("E", E, x.clone())
            if latent is not None and not hands_out(latent):
                check_codes(code, _drawn(latent, x, *y))
            check_samples(x, try_generator(G, code, x))
            if D is not None:
                seen = [_shown("D", D, *judged(f * x, f * code, *y)) for f in (1, 1e3, -1e3)]
                check_logits(x, seen[0], seen[0])
                warn_of_sigmoid(D, seen)

    return Inspection(trial)


def _drawn(latent: Callable[..., Tensor], x: Tensor, *y: Tensor) -> Tensor:
    try:
        inspect.signature(latent).bind(len(x), x.device, *y)
    except TypeError as error:
        raise ValueError(
            "the loader returns labels, which the prior does not take: let it return x alone, as "
            "batches(n) does, or give a prior that is called with (n, device, y), as Petals(10) is."
        ) from error
    return latent(len(x), x.device, *y)


def _shown(name: str, network: nn.Module, *inputs: Tensor) -> Tensor:
    try:
        return network(*inputs)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        if out_of_memory(error):
            raise
        shapes = " and ".join(f"{list(t.shape)} of {t.dtype}" for t in inputs)
        raise ValueError(
            f"{name} does not take {shapes}, which it is given in this game: build it for them "
            f"({error})."
        ) from error
