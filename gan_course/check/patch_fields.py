"""How much of an image one logit of a patch discriminator sees: an exercise of chapter 14."""

from __future__ import annotations

from .core import exercise
from .expect import expect, expect_close, number

Layers = list[tuple[int, int]]
KNOWN: list[Layers] = [
    [(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)],  # 70
    [(4, 2), (4, 1), (4, 1)],  # 16
    [(4, 2), (4, 2), (4, 1), (4, 1)],  # 34
    [(4, 2)] * 4 + [(4, 1)],  # 94, of two implementations
    [(4, 2)] * 5 + [(4, 1)] * 2,  # 286
    [(1, 1), (1, 1)],
    [(3, 1)] * 4,
    [(7, 1), (3, 2), (5, 3), (3, 1)],
    [(3, 3), (2, 2), (5, 1)],
    [(2, 1), (9, 4)],
]


@exercise(stars=1)
def sees(sees):
    """Find how wide the square is that one logit depends on, and how far the next one lies."""
    for layers in ([(5, 1)], [(5, 3)], *KNOWN):
        answer = sees(list(layers))
        got = number(answer)
        expect(
            got.shape == (2,),
            f"Two numbers are asked for, the width and the step, and yours is {answer!r:.60}.",
            "return width, step",
        )
        expect(
            tuple(got.tolist()) != _walk(layers)[::-1] or got[0] == got[1],
            "These are the right numbers in the other order.",
            "return width, step",
        )
        _check_width(got[0], layers)
        _check_step(got[1], layers)
    expect(
        tuple(number(sees([])).tolist()) == (1, 1),
        "Without any layer a logit would be a pixel: it sees a width of 1, in steps of 1.",
        "Start from width = step = 1, then go through the layers.",
    )
    return "70, 16, 34 and 286 pixels for 3, 1, 2 and 5 strides of 2; with a layer less at the end, 94."


def _walk(layers: Layers) -> tuple[int, int]:
    width, step = 1, 1
    for kernel, stride in layers:
        width += (kernel - 1) * step
        step *= stride
    return width, step


def _step_first(layers: Layers) -> int:
    """Return the width of somebody who counts a layer's own stride before its kernel."""
    width, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        width += (kernel - 1) * step
    return width


def _check_width(got, layers: Layers) -> None:
    width, step = _walk(layers)
    product, unstrided, plain = 1, 1, 0
    for kernel, _ in layers:
        product *= kernel
        unstrided += kernel - 1
        plain += kernel
    mistakes = [
        (
            _step_first(layers),
            "You let a layer's own stride spread its own kernel.",
            "A kernel reads neighbours of the map *below*: use the strides of the layers before.",
        ),
        (
            _walk(layers[::-1])[0],
            "You went through the layers from the last one to the first with the rule for the "
            "other direction.",
            "Forward: width += (k - 1) * step, step *= s. Backward: width = (width - 1) * s + k.",
        ),
        (
            unstrided,
            "This would be the width if all strides were 1.",
            "Behind a stride of s neighbours lie s apart.",
        ),
        (
            plain,
            "This is the sum of the kernels.",
            "A kernel of k adds k - 1 of the current steps.",
        ),
        (
            product,
            "This is the product of the kernels.",
            "A kernel of k adds k - 1 of the current steps.",
        ),
        (width - 1, "Your width is short by one.", "Start from 1: a pixel sees itself."),
        (
            width + step - 1,
            "Your width is too large by the last step less 1.",
            "A pixel of the input has the width 1, and only kernels add to it.",
        ),
        (width**2, "This is the area.", "The width of the square is asked for."),
    ]
    expect_close(
        got,
        width,
        f"For the layers {layers} this is not the width.",
        "Go through the layers with two numbers: the width so far, and how many pixels neighbours "
        "of the current map lie apart. A kernel of k adds k - 1 of those.",
        mistakes=mistakes,
    )


def _check_step(got, layers: Layers) -> None:
    step = _walk(layers)[1]
    strides = [stride for _, stride in layers]
    expect_close(
        got,
        step,
        f"For the layers {layers} this is not the step from one logit to the next.",
        "Behind a layer of stride s neighbours lie s times as far apart as before.",
        mistakes=[
            (sum(strides), "You added up the strides.", "They multiply."),
            (strides[-1], "This is the stride of the last layer alone.", "All strides multiply."),
            (
                step / strides[-1],
                "The stride of the last layer is missing.",
                "The logits are what comes out of it.",
            ),
        ],
    )
