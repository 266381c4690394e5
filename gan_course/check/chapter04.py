"""Checks of the exercises of chapter 4, on transposed convolutions, batch norm and latents."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, interpolate

from .core import exercise
from .expect import close, expect, expect_close, number
from .first_weights import (
    WEIGHTED,
    check_shift,
    check_touched,
    check_weights,
    nested_network,
    small_generator,
)
from .wandering import wander as wander

# n, wanted size, kernel, stride: too long by an even or odd number, just right, or too short
ASKED = (
    *((8, 16, 4, 2), (8, 16, 3, 2), (8, 16, 5, 2), (7, 20, 5, 3), (7, 21, 5, 3), (10, 10, 3, 1)),
    *((6, 18, 3, 3), (5, 24, 6, 4), (4, 9, 2, 2), (9, 30, 8, 4)),
)


@exercise(stars=1)
def padding_for(padding_for):
    """Find the padding with which a transposed convolution has the size that is asked for."""
    answers = [number(padding_for(*case)) for case in ASKED]
    expect(
        all(answer.numel() == 2 for answer in answers),
        "Return two numbers: padding, output_padding.",
        "Such as `return 1, 0`.",
    )
    found = torch.stack([answer.flatten() for answer in answers])
    for wrong, *hints in _wrong_paddings(
        *torch.tensor(ASKED).double().T
    ):  # one alone may be chance
        expect(not close(found, torch.stack(wrong, 1)), *hints)
    for case, answer in zip(ASKED, found.tolist(), strict=True):
        _check_padding(*case, *answer)
    return f"In all {len(ASKED)} cases torch's layer makes the size that was asked for."


def _wrong_paddings(n: Tensor, wanted: Tensor, k: Tensor, s: Tensor) -> list[tuple]:
    """Return (padding, output padding) of all cases that a mistake gives, with its hints."""
    surplus = (n - 1) * s + k - wanted
    longer = surplus + s  # as if n stamps had n gaps
    cut, none = (surplus / 2).ceil().clamp(min=0), torch.zeros_like(n)
    cut_longer = (longer / 2).ceil().clamp(min=0)
    return [
        (
            (2 * cut - surplus, cut),
            "The two numbers are swapped.",
            "Return padding first, then output_padding.",
        ),
        (
            (cut, none),
            "The output padding is always 0, but some sizes need it.",
            "If an odd number of pixels must go, cut one too many and give it back.",
        ),
        (
            ((surplus / 2).floor().clamp(min=0), none),
            "The output padding is always 0, but some sizes need it.",
            "If an odd number of pixels must go, cut one too many and give it back.",
        ),
        (
            (surplus.clamp(min=0), (-surplus).clamp(min=0)),
            "Padding is cut from both ends, and yours cuts all at one.",
            "With padding P the output loses 2 P pixels.",
        ),
        *(
            (
                given,
                "Output padding makes the output longer, and you add it where there is too much.",
                "Cut one pixel too many, rounding up, and then give it back.",
            )
            for given in (
                ((surplus / 2).floor(), surplus % 2),
                (
                    (surplus / 2).floor().clamp(min=0),
                    torch.where(surplus < 0, -surplus, surplus % 2),
                ),
            )
        ),
        (
            (cut_longer, 2 * cut_longer - longer),
            "One stride too many.",
            "n stamps have n - 1 gaps.",
        ),
    ]


def _check_padding(n: int, wanted: int, k: int, s: int, cut: float, back: float) -> None:
    case = f"For n={n}, wanted={wanted}, kernel={k}, stride={s}"
    yours = f"yours are padding {cut:g} and output_padding {back:g}"
    expect(
        cut == round(cut) and back == round(back),
        f"{case} {yours}: there are no halves of pixels.",
        "If an odd number of pixels must go, cut one too many and give it back.",
    )
    expect(
        cut >= 0 and back >= 0,
        f"{case} {yours}: torch refuses negative ones.",
        "Too long: cut, and round up what is cut at each end. Too short: only output_padding helps.",
    )
    expect(
        back < s,
        f"{case} {yours}: torch wants an output_padding smaller than the stride.",
        "Cut no more than is needed: then 0 or 1 is enough wherever the output is not too short.",
    )
    layer = nn.ConvTranspose1d(1, 1, k, s, int(cut), output_padding=int(back))
    size = layer(torch.zeros(1, 1, n)).shape[-1] if (n - 1) * s - 2 * cut + k + back > 0 else 0
    expect(
        size == wanted,
        f"{case} {yours}: that makes {size} pixels.",
        "Without both the output has (n - 1) stride + kernel pixels. How many are too many?",
    )


@exercise(stars=1)
def one_image(one_image):
    """Draw the image of one z without neighbours and without changing G."""
    for training in (True, False):
        G, z = small_generator(), torch.randn(6)
        with torch.no_grad():
            want = copy.deepcopy(G).eval()(z[None])[0]
            alone = copy.deepcopy(G).train()(z[None])[0]
        patient = copy.deepcopy(G).train(training)
        before = copy.deepcopy(patient.state_dict())
        got = one_image(patient, z)
        _check_image(got, want, alone)
        expect(
            all(torch.equal(before[name], value) for name, value in patient.state_dict().items()),
            "Looking has changed G.",
            "A forward pass in train mode moves running_mean and running_var: use eval mode.",
        )
        expect(
            all(layer.training == training for layer in patient.modules()),
            f"G came in {'train' if training else 'eval'} mode and left in the other.",
            "Remember G.training before you change it, and call G.train(that) at the end.",
        )
    return "It is the eval-mode image, and G is as it was."


def _check_image(got: Tensor, want: Tensor, alone: Tensor) -> None:
    expect_close(
        got,
        want,
        "This is not G's image of z in eval mode.",
        "Switch to eval mode, call G with a batch of one, take its only image.",
        mistakes=[
            (
                alone,
                "This is the image in train mode.",
                "There batch norm uses the batch, here of one: call G.eval() first.",
            ),
            (want[None], "This is a batch of one image.", "Take the first entry: [0]."),
        ],
    )


@exercise(stars=2, in_place=True)
def first_weights(first_weights):
    """Apply DCGAN's first weights to a live network."""
    network = nested_network()
    first_weights(network)
    check_touched(network)
    weighted = [m for m in network.modules() if isinstance(m, WEIGHTED)]
    for layer in weighted:
        check_weights(type(layer).__name__, layer.weight, 0.0)
        check_shift(type(layer).__name__, layer.bias)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d) and layer.affine:
            check_weights("BatchNorm2d", layer.weight, 1.0)
            check_shift("BatchNorm2d", layer.bias)
    first, second = (layer.weight.detach().clone() for layer in weighted[-2:])
    expect(
        not torch.equal(first, second),
        "Two layers have the same random numbers.",
        "Do not set a seed inside: draw afresh for each layer.",
    )
    expect(
        all(p.requires_grad and p.is_leaf for p in network.parameters()),
        "The parameters can no longer be trained.",
        "Change values in place, under torch.no_grad() or with nn.init.normal_.",
    )
    return "Every layer of this nested network has these first weights."


@exercise(stars=2, in_place=True)
def update(update):
    """Average the weights and copy the buffers."""
    for decay in (0.9, 0.6):
        _check_update(update, decay)
    return "Weights are averaged, buffers are copied, and the network stays as it was."


def _check_update(update, decay: float) -> None:
    average, network = small_generator(), small_generator()
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn_like(p))
    old, new = copy.deepcopy(average), copy.deepcopy(network)
    update(average, network, decay)
    for a, w, before in zip(average.parameters(), new.parameters(), old.parameters(), strict=True):
        _check_average(a, before, w, decay)
    for (name, a), b in zip(average.named_buffers(), new.buffers(), strict=True):
        expect_close(
            a,
            b,
            f"The buffer {name.split('.')[-1]} is not the network's.",
            "Go through .buffers() of both and copy: a.copy_(b).",
        )
    expect(
        all(torch.equal(v, new.state_dict()[name]) for name, v in network.state_dict().items()),
        "The network itself has changed.",
        "Only the average moves: call in-place methods on its tensors only.",
    )
    theirs = {value.data_ptr() for value in network.state_dict().values()}
    expect(
        theirs.isdisjoint(value.data_ptr() for value in average.state_dict().values()),
        "The average now shares memory with the network, and will move whenever that does.",
        "Copy the values: a.copy_(b), not a.data = b.data.",
    )


def _check_average(got: Tensor, before: Tensor, w: Tensor, decay: float) -> None:
    expect_close(
        got,
        decay * before + (1 - decay) * w,
        "A weight is not decay * average + (1 - decay) * network.",
        "Under torch.no_grad(), a.lerp_(w, 1 - decay) for each pair of parameters.",
        mistakes=[
            (before, "The average has not moved.", "Change its tensors in place, as a.lerp_ does."),
            (
                (1 - decay) * before + decay * w,
                "Decay and 1 - decay are swapped.",
                f"{decay} is what is kept.",
            ),
            (w, "The weights are copied, not averaged.", "Only buffers are copied."),
        ],
    )


ONE_DIMENSION = "It is (w2, w1 + w2, w0 + w1, w0) there. Do so for rows and for columns."


@exercise(stars=3)
def one_kernel(one_kernel):
    """Turn upsampling and a 3x3 convolution into one transposed convolution."""
    for sizes in ((3, 2), (2, 4)):
        _check_kernel(one_kernel, torch.randn(*sizes, 3, 3))
    return "One transposed convolution does the work of both layers, borders included."


def _check_kernel(one_kernel, w: Tensor) -> None:
    """Compare the two ways for a kernel w [out, in, 3, 3]."""
    out, into = w.shape[:2]
    x = torch.randn(1, into, 5, 6)
    want = conv2d(interpolate(x, scale_factor=2), w, padding=1)
    kernel = one_kernel(w)
    shape = list(kernel.shape)
    expect(
        shape == [into, out, 4, 4],
        f"For w [{out}, {into}, 3, 3] the kernel should be [{into}, {out}, 4, 4], not {shape}.",
        "conv_transpose2d wants [in, out, 4, 4]: swap the first two dimensions of w.",
    )
    got = conv_transpose2d(x, kernel, stride=2, padding=1)
    swapped = conv_transpose2d(x, kernel.flip(2, 3), stride=2, padding=1)
    expect(
        close(got, want) or not close(swapped, want),
        "Your kernel is the right one turned upside down.",
        "A convolution reads with w, a transposed one stamps with it: what reads on the left stamps "
        "on the right.",
        ONE_DIMENSION,
    )
    expect_close(
        kernel.sum(),
        4 * w.sum(),
        "The kernel has the wrong sum.",
        "Each weight of w meets four pixels of the output for one of the input.",
    )
    expect_close(
        got,
        want,
        "The two layers differ.",
        "In one dimension, send a single 1 through the two layers: what comes out is the kernel.",
        ONE_DIMENSION,
        tolerance=1e-4,
    )
