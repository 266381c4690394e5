"""The first batch tried on G and D, which are left as they were: what does not suit is one sentence."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Iterator
from types import FunctionType

import torch
from torch import Tensor, nn

from ..networks.layers import Chain, Conditional
from .plainly import out_of_memory
from .reach import RANGES, TO_IMAGES, bounded_layers, check_range, end_of, warn_of_sigmoid
from .states import kept_random_state, mode


def try_players(
    G: nn.Module,
    D: nn.Module,
    latent: Callable[..., Tensor],
    real: Tensor,
    *y: Tensor,
    D_sees_labels: bool = True,
) -> Tensor | None:
    """Let G and D see a first batch, in eval mode, and raise a sentence if it does not suit them.

    Networks, random state and batch stay as they were. A D whose outputs all lie in [0, 1],
    whatever it is shown, is warned about: it ends in a sigmoid, and would train at a loss that
    looks like equilibrium.

    Args:
        G: maps `(z, *y)` to samples.
        D: maps `(x, *y)` to logits.
        latent: where z comes from; one that hands out what an iterator or a list holds is not
            asked, and G not tried.
        real: samples `[N, ...]`.
        *y: what else the loader returned, such as labels `[N]`.
        D_sees_labels: whether D is called with y too.

    Returns:
        What D makes of the data, `[N, ...]`; None if D was not tried, as compiled networks are not.

    Raises:
        TypeError: the batch has another dtype than the networks.
        ValueError: labels too many or missing, z of the wrong size, or data out of G's reach.
    """
    if any(is_compiled(net) for net in (G, D)):
        return None  # a trial in eval mode would be compiled too, for half a minute
    seen = y if D_sees_labels else ()
    with torch.no_grad(), mode([G, D], training=False), kept_random_state(real.device):
        for name, network, labels in (("D", D, seen), ("G", G, y)):
            _check_arity(name, network, len(labels))
        check_dtype(D, real)
        if hands_out(latent):
            return _shown("D", D, real.clone(), *seen)
        fake = try_generator(G, latent(len(real), real.device), real, *y)
        if fake.shape != real.shape:
            return None  # the first move says so
        judged = _shown("D", D, real.clone(), *seen)
        scaled = [factor * x for x in (real, fake) for factor in (1e3, -1e3)]
        others = [fake, *(scaled if real.is_floating_point() else ())]
        warn_of_sigmoid(D, [judged, *(_shown("D", D, x.clone(), *seen) for x in others)])
    return judged


def try_translation(name: str, G: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Let a network translate a first batch, in eval mode; raise a sentence if it does not suit it.

    Args:
        name: what the network is called.
        G: maps x to images shaped like y.
        x: `[N, ...]`.
        y: answers, `[N, ...]`: they belong to x, or are of the same kind as what does.

    Returns:
        What it made of x, shaped like y; y itself if it was not tried, as compiled networks are not.

    Raises:
        TypeError: the batch has another dtype than the network.
        ValueError: it does not take x, returns another shape, or y lies out of its reach.
    """
    for tensor in (x, y):
        check_dtype(G, tensor)
    if is_compiled(G):
        return y
    with bounded_layers(G) as returned:
        made = _tried(name, G, x)
    if made.shape[1:] != y.shape[1:]:
        raise ValueError(
            f"{name} must return samples shaped like those it translates to, "
            f"{list(y.shape[1:])} each, and it made {list(made.shape[1:])} of "
            f"{list(x.shape[1:])}: build it for these channels and sides."
        )
    check_range(end_of(made, returned), y)
    return made


def try_judge(name: str, D: nn.Module, x: Tensor) -> None:
    """Let a D judge a first batch, in eval mode; raise a sentence if it does not suit it.

    Args:
        name: what the network is called.
        D: maps x to logits.
        x: `[N, ...]`.

    Raises:
        TypeError: the batch has another dtype than the network.
        ValueError: it does not take x.
    """
    check_dtype(D, x)
    if not is_compiled(D):
        warn_of_sigmoid(D, [_tried(name, D, factor * x) for factor in (1, 1e3, -1e3)])


def _tried(name: str, network: nn.Module, x: Tensor) -> Tensor:
    """Call a network as it is on a batch; what it raises becomes a sentence."""
    with torch.no_grad(), mode([network], training=False), kept_random_state(x.device):
        try:
            return network(x.clone())
        except (RuntimeError, TypeError, ValueError) as error:
            if out_of_memory(error):
                raise
            raise ValueError(
                f"{name} does not take inputs {list(x.shape)} of {x.dtype}: build it for data of "
                f"this shape, or reshape them in the loader ({error})."
            ) from error


def try_generator(G: nn.Module, z: Tensor, real: Tensor, *y: Tensor) -> Tensor:
    """Return G(z `[N, ...]`, *y); raise a sentence if it does not suit G, or G cannot reach data."""
    with bounded_layers(G) as returned:
        fake = _shown("G", G, z, *y)
    check_range(end_of(fake, returned) or _pressed(G, z, *y), real)
    return fake


def hands_out(latent: Callable[..., Tensor]) -> bool:
    """Return whether a latent may take its z `[N, ...]` from what it holds: kept for the moves."""
    held = [*getattr(latent, "__dict__", {}).values()]
    if isinstance(latent, FunctionType):
        held += inspect.getclosurevars(latent).nonlocals.values()
        held += inspect.getclosurevars(latent).globals.values()
    return any(isinstance(value, Iterator | list | dict | deque) for value in held)


def is_compiled(network: nn.Module) -> bool:
    """Return whether torch compiles a network, or a part of it, when it is called."""
    return hasattr(network, "_orig_mod") or any(
        getattr(module, "_compiled_call_impl", None) is not None for module in network.modules()
    )


def _check_arity(name: str, network: nn.Module, labels: int) -> None:
    if isinstance(network, Chain):
        takes = any(isinstance(part, Conditional) for part in network.modules())
        fits = takes == bool(labels)
    else:
        try:
            inspect.signature(network.forward).bind(*[None] * (1 + labels))
            fits = True
        except TypeError:
            fits = False
    if not fits:
        comes = f"x and {labels} more, such as labels" if labels else "x alone"
        raise ValueError(
            f"the loader returns {comes}, which {name} does not take: "
            + (
                "let the loader return x alone (batches(n) without labels), or build "
                "conditional networks."
                if labels
                else "ask the loader for labels too, as batches(n, labels=True) does, or "
                "build networks without labels."
            )
        )


def check_dtype(D: nn.Module, real: Tensor) -> None:
    """Raise TypeError unless data `[N, ...]` have the dtype in which the network computes."""
    first = next((p for p in D.parameters() if p.is_floating_point()), None)
    reads_numbers = isinstance(_first_layer(D), nn.Embedding)
    if first is None or real.dtype == first.dtype or (reads_numbers and not real.dtype.is_complex):
        return
    remedy = {
        torch.uint8: TO_IMAGES,
        torch.float64: "let the loader return x.float()",
    }.get(real.dtype, f"let the loader return x.to({first.dtype})")
    raise TypeError(
        f"the loader returns {real.dtype} and the networks compute in {first.dtype}: {remedy}."
    )


def _first_layer(network: nn.Module) -> nn.Module | None:
    return next(
        (m for m in network.modules() if any(True for _ in m.parameters(recurse=False))), None
    )


def _pressed(G: nn.Module, z: Tensor, *y: Tensor) -> type[nn.Module] | None:
    """Return the kind of `RANGES` between whose ends G stays and against which it presses.

    So a tanh that G applies without a layer is known too, where a large z reaches it.
    """
    if not z.is_floating_point():
        return None
    out = torch.cat([_shown("G", G, factor * z, *y).flatten() for factor in (1e3, -1e3)])
    for kind, (low, high) in RANGES.items():
        if max(abs(out.min() - low), abs(out.max() - high)) < 1e-6:
            return kind
    return None


def _shown(name: str, network: nn.Module, x: Tensor, *y: Tensor) -> Tensor:
    """Call a network; what it raises becomes a sentence about what it was shown."""
    try:
        return network(x, *y)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        if out_of_memory(error):
            raise
        what = ("z from the latent" if name == "G" else "x from the loader") + (
            ", with labels from the loader" if y else ""
        )
        shapes = " and ".join(f"{list(t.shape)} of {t.dtype}" for t in (x, *y))
        remedy = _remedy(name, bool(y), isinstance(error, IndexError))
        raise ValueError(f"{name} does not take {what}, {shapes}: {remedy} ({error}).") from error


def _remedy(name: str, labels: bool, out_of_range: bool) -> str:
    numbered = "number the classes from 0, and build the networks for as many as there are"
    if labels and out_of_range:  # a table of classes was looked up beyond its end
        return numbered
    shape = (
        "give the game a latent of the size that G's first layer takes"
        if name == "G"
        else "build D for data of this shape, or reshape them in the loader"
    )
    return f"{shape}; or mend the labels, as int64 [N]: {numbered}" if labels else shape
