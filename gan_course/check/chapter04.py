"""Checks of the exercises of chapter 4, on transposed convolutions, batch norm and latents."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, interpolate

from .arcs import walk as walk
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

CASES = ((4, 4, 2, 1, 0), (8, 3, 2, 1, 1), (7, 5, 3, 2, 1), (10, 3, 1, 0, 0), (5, 6, 4, 0, 2))


@exercise(stars=1)
def transposed_size(transposed_size):
    """Compute the size behind a transposed convolution."""
    got = [number(transposed_size(*case)) for case in CASES]
    expect(all(size.numel() == 1 for size in got), "Return one number.", "It is a size.")
    sizes = torch.stack([size.reshape(()) for size in got])
    for wrong, *hints in _wrong_sizes(*torch.tensor(CASES).T):  # one case alone could be chance
        expect(not close(sizes, wrong), *hints)
    for (n, k, s, p, extra), size in zip(CASES, sizes, strict=True):
        layer = nn.ConvTranspose1d(1, 1, k, s, p, output_padding=extra)
        expect_close(
            size,
            layer(torch.zeros(1, 1, n)).shape[-1],
            f"It is wrong for n={n}, kernel={k}, stride={s}, padding={p}, output_padding={extra}.",
            "The last stamp begins at (n - 1) stride and is one kernel long; padding cuts both ends.",
        )
    return "It agrees with torch in every case."


def _wrong_sizes(n: Tensor, k: Tensor, s: Tensor, p: Tensor, extra: Tensor) -> list[tuple]:
    """Return the sizes of all cases that a mistake gives, with its hints."""
    forward, plain = (n + 2 * p - k) // s + 1, (n - 1) * s - 2 * p + k
    return [
        (forward, "This is the size behind an ordinary convolution.", "Look at (4.4), not (4.3)."),
        (plain, "The output padding is missing.", "It is added once."),
        (plain + 2 * extra, "The output padding is counted twice.", "It is on one side only."),
        (plain + p + extra, "Padding is cut on one side only.", "It is cut on both."),
        (plain + 4 * p + extra, "Padding has the wrong sign.", "Here it takes away."),
        (plain + s + extra, "One stride too many.", "n stamps have n - 1 gaps."),
        (n * s, "This is n strides: kernel and padding are not used.", "Where does a stamp end?"),
    ]


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
    return "Every layer of the live network has the paper's first weights."


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
        "In one dimension it is (w2, w1 + w2, w0 + w1, w0).",
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
        "In one dimension each output is w0, w1, w2 on pixels two of which are the same: "
        "(w2, w1 + w2, w0 + w1, w0). Do so for rows and columns.",
        tolerance=1e-4,
    )
