"""First weights, and the small networks on which the checks of chapter 4 try an answer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .expect import close, expect

WEIGHTED = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def small_generator() -> nn.Module:
    """Return a small G whose running statistics are those of its training."""
    G = nn.Sequential(
        *(nn.Linear(6, 32), nn.Unflatten(1, (2, 4, 4)), nn.BatchNorm2d(2), nn.ReLU()),
        *(nn.ConvTranspose2d(2, 1, 4, 2, 1), nn.Tanh()),
    )
    with torch.no_grad():
        for _ in range(30):
            G(torch.randn(64, 6))
    return G


def nested_network() -> nn.Module:
    """Nested, with and without biases and scales, every value far from the wanted one."""
    inner = nn.Sequential(nn.Conv2d(32, 32, 4, bias=False), nn.BatchNorm2d(512, affine=False))
    network = nn.Sequential(
        *(nn.Linear(40, 60), nn.ConvTranspose2d(32, 32, 4), nn.BatchNorm2d(600)),
        nn.Conv2d(32, 32, 4),
        nn.Sequential(inner, nn.Linear(50, 50), nn.Linear(50, 50)),
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(3.0)
    return network


def check_touched(network: nn.Module) -> None:
    """Expect every kind of layer of a nested network to be changed, and at every depth."""
    kinds = (*WEIGHTED, nn.BatchNorm2d)
    for kind in kinds:
        expect(
            any(_touched(layer) for layer in network if isinstance(layer, kind)),
            f"The weights of a {kind.__name__} have not been touched.",
            "Four kinds of layers have weights here: "
            + ", ".join(f"nn.{kind.__name__}" for kind in kinds)
            + ".",
        )
    for layer in network.modules():
        expect(
            not isinstance(layer, kinds) or _touched(layer),
            f"The weights of a {type(layer).__name__} inside another module have not been touched.",
            "Layers may be nested: use network.apply(...) or network.modules(), not children().",
        )


def _touched(layer: nn.Module) -> bool:
    """Whether the weights are not those of `nested_network` any more, or there are none."""
    return layer.weight is None or not close(layer.weight, torch.full_like(layer.weight, 3.0))


def check_weights(name: str, weight: Tensor, mean: float) -> None:
    """Expect the weights `[...]` of a layer to look drawn from N(mean, 0.02), with hints."""
    mu, sigma = weight.mean().item(), weight.std().item()
    expect(
        not (name == "BatchNorm2d" and abs(mu) < 0.5),
        "The scales of batch norm are around 0, which silences every channel.",
        "They come from N(1, 0.02^2).",
    )
    expect(
        not math.isclose(sigma, math.sqrt(0.02), rel_tol=0.2),
        f"The weights of a {name} spread by {sigma:.3f}, the root of 0.02.",
        "0.02 is the standard deviation, not the variance.",
    )
    expect(
        not math.isclose(sigma, 0.02**2, rel_tol=0.2),
        f"The weights of a {name} spread by {sigma:.4f}, the square of 0.02.",
        "0.02^2 is the variance; nn.init.normal_ and .normal_ take the standard deviation.",
    )
    expect(
        abs(mu - mean) < 0.005 and math.isclose(sigma, 0.02, rel_tol=0.2),
        f"A {name} has weights {mu:.3g} ± {sigma:.3g}, not {mean:g} ± 0.02.",
        "weight.normal_(mean, std) under torch.no_grad() draws them in place.",
    )
    expect(
        (weight - mean).abs().max() > 0.04,
        f"The weights of a {name} are not Gaussian: none is beyond two standard deviations.",
        "Draw from a normal distribution, not from a uniform one.",
    )


def check_shift(name: str, bias: Tensor | None) -> None:
    """Expect the bias `[...]` of a layer, where it has one, to be zero."""
    expect(
        bias is None or not bias.detach().any(),
        f"The bias of a {name} is not zero.",
        "Call bias.zero_() where a bias is there; test `layer.bias is not None` first.",
    )
