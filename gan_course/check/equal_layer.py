"""The bug clinic of chapter 11: a layer whose rate is equalised at the start only."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .core import exercise
from .expect import close, expect, expect_close, gradients, number

SIZES = ((64, 48, math.sqrt(2)), (400, 30, 1.0), (9, 200, math.sqrt(2)))


@exercise(stars=2)
def equal_layer(EqualLinear):
    """Repair a linear layer with an equalised learning rate."""
    for inputs, outputs, gain in SIZES:
        _check_start(EqualLinear(inputs, outputs, gain), inputs, outputs, gain)
    for inputs, outputs, gain in SIZES:
        c = gain / math.sqrt(inputs)
        _check_step(EqualLinear(inputs, outputs, gain), inputs, c, "Adam", c)
        _check_step(EqualLinear(inputs, outputs, gain), inputs, c, "SGD", c**2)
    _check_slopes(EqualLinear(6, 4, 1.5))
    return "It starts at He's size, and a step of Adam moves every weight by c h, a bias by h."


def _read(layer: nn.Module, inputs: int) -> tuple[Tensor, Tensor]:
    """Return the weight [outputs, inputs] that the layer really applies, and its bias."""
    with torch.no_grad():
        bias = number(layer(torch.zeros(1, inputs)))[0]
        return (number(layer(torch.eye(inputs))) - bias).T, bias


def _check_start(layer: nn.Module, inputs: int, outputs: int, gain: float) -> None:
    expect(
        isinstance(layer, nn.Module),
        "A layer is expected here, a torch.nn.Module.",
        "Keep the class of the stub, and fill its two methods.",
    )
    count = sum(p.numel() for p in layer.parameters() if p.requires_grad)
    got = number(layer(torch.zeros(3, inputs)))
    expect(
        list(got.shape) == [3, outputs],
        f"From {[3, inputs]} {[3, outputs]} should come, and yours is {list(got.shape)}.",
        "x @ weight.T + bias, with the weight [outputs, inputs].",
    )
    expect(
        count == (inputs + 1) * outputs,
        f"A layer from {inputs} to {outputs} has {(inputs + 1) * outputs} numbers to learn, and yours has {count}.",
        "One nn.Parameter for v, [outputs, inputs], and one for the bias, [outputs]. c is a number.",
    )
    weight, bias = _read(layer, inputs)
    expect(
        not close(bias, torch.ones(outputs)),
        "The bias starts at 1.",
        "It should start at 0: as it is, each output of the first layer is near 1 whatever comes in.",
    )
    expect_close(bias, torch.zeros(outputs), "The bias should start at 0.", "torch.zeros(outputs)")
    c, spread = gain / math.sqrt(inputs), weight.std().item()
    near = 5 / math.sqrt(2 * weight.numel())  # five standard errors of a standard deviation
    expect(
        abs(spread / c - 1) < near,
        *(
            (
                f"With {inputs} inputs the weights start with the deviation {spread:.4f}, and that is c twice.",
                "c is applied at each use: then v itself starts from N(0, 1).",
            )
            if abs(spread / c**2 - 1) < near and abs(c - 1) > 2 * near
            else (
                f"With {inputs} inputs and the gain {gain:.3g} the weights in use start with the deviation "
                f"{spread:.4f}, and it should be {c:.4f}.",
                "v from N(0, 1), and w = c v with c = gain / sqrt(inputs).",
            )
        ),
    )


def _moved(
    layer: nn.Module, x: Tensor, factors: Tensor, kind: str, h: float
) -> tuple[Tensor, Tensor]:
    """Return what one step on sum of layer(x) * factors does to the weight and bias in use."""
    inputs = x.shape[1]
    before, bias = _read(layer, inputs)
    made = {
        "Adam": lambda p: torch.optim.Adam(p, lr=h, eps=1e-30),
        "SGD": lambda p: torch.optim.SGD(p, lr=h),
    }
    optimizer = made[kind](layer.parameters())
    optimizer.zero_grad()
    (layer(x) * factors).sum().backward()
    optimizer.step()
    after, bias_after = _read(layer, inputs)
    return after - before, bias_after - bias


def _check_step(layer: nn.Module, inputs: int, c: float, kind: str, factor: float) -> None:
    h, x = 0.01, torch.randn(5, inputs) + 0.5
    factors = torch.arange(len(_read(layer, inputs)[1])) - 1.5
    slope = torch.outer(factors, x.sum(0)).double()
    step, bias_step = _moved(layer, x, factors, kind, h)
    unit = -slope.sign() if kind == "Adam" else -slope
    expect(
        step.abs().max() > 1e-6,
        f"A step of {kind} does not move the weights.",
        "v must be an nn.Parameter, and w = c v computed anew in forward.",
    )
    expect(
        not close(step / h, unit, 1e-2) or abs(factor - 1) < 0.02,
        f"A step of {kind} moves the weights as in a plain layer: c counts at the start only.",
        "Keep v, drawn from N(0, 1), as the parameter, and multiply by c in forward, at each use.",
    )
    expect(
        close(step / (h * factor), unit, 1e-2),
        f"A step of {kind} with h = {h} should move each weight by {'c h' if kind == 'Adam' else 'c^2 h times its slope'}, "
        f"here with c = {c:.4f}: it does not.",
        "The parameter is v, and forward uses w = c v; nothing else may scale it.",
    )
    bias_unit = -factors.sign() if kind == "Adam" else -len(x) * factors
    expect(
        close(bias_step / h, bias_unit, 1e-2),
        f"A step of {kind} should move the bias as in a plain layer.",
        "The bias is added as it is: c belongs to the weight.",
    )


def _check_slopes(layer: nn.Module) -> None:
    weight, _ = _read(layer, 6)
    (slope,) = gradients(lambda x: layer(x).sum(1), torch.randn(3, 6))
    expect_close(
        slope,
        weight.sum(0).expand(3, -1),
        "The slope in the input is not that of the weights in use.",
        "Nothing in forward may cut the graph: no detach, no data, no no_grad.",
    )
