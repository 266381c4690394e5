"""Equalised learning rate and pixel norm: what they compute, and how a step of theirs moves w."""

import copy
import math

import pytest
import torch
from torch import nn

from gan_course.networks import PixelNorm, equalized, he_init, mlp, transposed
from gan_course.networks.equalized import fan_in

LAYERS = {
    "linear": (lambda: nn.Linear(24, 5), 24),
    "convolution": (lambda: nn.Conv2d(6, 5, 3, padding=1), 54),
    "in groups": (lambda: nn.Conv2d(6, 4, 3, padding=1, groups=2), 27),
    "transposed": (lambda: transposed(6, 5), 24),
    "transposed in groups": (lambda: nn.ConvTranspose2d(6, 4, 4, 2, 1, groups=2), 12),
}


@pytest.mark.parametrize("name", LAYERS)
def test_weights_start_at_he_and_v_at_one(name):
    make, inputs = LAYERS[name]
    torch.manual_seed(0)
    layer = make()
    assert fan_in(layer) == inputs
    ones = copy.deepcopy(layer)
    with torch.no_grad():  # counted: an output inside the image of a layer of ones
        ones.weight.fill_(1.0), ones.bias.zero_()
        x = torch.ones(1, 24) if name == "linear" else torch.ones(1, 6, 9, 9)
        inside = ones(x) if name == "linear" else ones(x)[:, :, 4:-4, 4:-4]
    assert inside.mean() == inputs
    assert equalized(layer) is layer
    v = layer.parametrizations.weight.original
    torch.testing.assert_close(layer.weight, math.sqrt(2 / inputs) * v)
    assert abs(v.std() - 1) < 4 / math.sqrt(v.numel())
    assert not layer.bias.any()


@pytest.mark.parametrize("rate", [1.0, 0.01])
@pytest.mark.parametrize("gain", [1.0, math.sqrt(2)])
def test_he_init_is_the_same_function_from_the_same_seed(gain, rate):
    networks = []
    for start in (lambda n: equalized(n, gain, rate), lambda n: he_init(n, gain)):
        network = nn.Sequential(mlp(4, 9), nn.Unflatten(1, (1, 3, 3)), transposed(1, 2))
        torch.manual_seed(1)
        networks.append(start(network))
    x = torch.randn(7, 4)
    torch.testing.assert_close(networks[0](x), networks[1](x))


def steps(network, optimizer, x, target, n):
    for _ in range(n):
        optimizer.zero_grad()
        (network(x) - target).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("rate", [1.0, 0.1])
@pytest.mark.parametrize("name", LAYERS)
def test_a_step_on_v_is_a_rescaled_step_on_w(name, rate):
    """SGD: h on v is c^2 h on w. Adam without eps: c h. Of biases: rate^2 h and rate h."""
    make, inputs = LAYERS[name]
    c = rate * math.sqrt(2 / inputs)
    for n, kind, scale in (
        (1, lambda p, h: torch.optim.SGD(p, h), lambda factor, h: factor**2 * h),
        (4, lambda p, h: torch.optim.Adam(p, h, (0.3, 0.9), eps=0.0), lambda f, h: f * h),
        (4, lambda p, h: torch.optim.SGD(p, h, momentum=0.7), lambda f, h: f**2 * h),
    ):
        torch.manual_seed(2)
        plain = he_init(make().double())
        equal = make().double()
        equalized(equal, rate=rate)
        with torch.no_grad():
            equal.weight = plain.weight.data  # by way of `right_inverse`
        torch.testing.assert_close(equal.weight, plain.weight)
        x = torch.randn(8, 24 if name == "linear" else 6, *([] if name == "linear" else [4, 4]))
        x = x.double()
        target = torch.randn_like(plain(x))
        steps(equal, kind(equal.parameters(), 0.05), x, target, n)
        groups = [
            {"params": [plain.weight], "lr": scale(c, 0.05)},
            {"params": [plain.bias], "lr": scale(rate, 0.05)},
        ]
        steps(plain, kind(groups, 0.05), x, target, n)
        torch.testing.assert_close(equal.weight, plain.weight, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(equal.bias, plain.bias, rtol=1e-9, atol=1e-12)


def test_the_rate_scales_steps_and_not_the_start():
    torch.manual_seed(0)
    slow, fast = nn.Linear(16, 16), nn.Linear(16, 16)
    for layer, rate in ((slow, 0.01), (fast, 1.0)):
        torch.manual_seed(3)
        equalized(layer, rate=rate)
    torch.testing.assert_close(slow.weight, fast.weight)
    torch.testing.assert_close(
        slow.parametrizations.weight.original.std(),
        100 * fast.parametrizations.weight.original.std(),
    )


def test_a_layer_equalised_first_keeps_its_gain():
    network = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), equalized(nn.Linear(4, 1), gain=1.0))
    before = network[2].weight.clone()
    equalized(network)
    equalized(network)
    torch.testing.assert_close(network[2].weight, before)
    gains = [network[k].parametrizations.weight[0].c * math.sqrt(4) for k in (0, 2)]
    assert gains == pytest.approx([math.sqrt(2), 1.0])
    assert len(network[0].parametrizations.weight) == 1


def test_copies_and_state_dicts_hold_v():
    network = equalized(mlp(3, 2), rate=0.5)
    twin = copy.deepcopy(network)
    other = equalized(mlp(3, 2), rate=0.5)
    other.load_state_dict(network.state_dict())
    x = torch.randn(5, 3)
    for same in (twin, other):
        assert torch.equal(same(x), network(x))


@pytest.mark.parametrize("numbers", [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (math.nan, 1.0)])
def test_gain_and_rate_must_be_above_zero(numbers):
    with pytest.raises(ValueError, match="above 0"):
        equalized(nn.Linear(2, 2), *numbers)


@pytest.mark.parametrize("shape", [(5, 8), (3, 8, 4, 4), (2, 8, 3, 5)])
@pytest.mark.parametrize("scale", [1e-2, 1.0, 1e6])
def test_pixel_norm_has_mean_square_one_and_forgets_the_scale(shape, scale):
    torch.manual_seed(0)
    h = torch.randn(shape, dtype=torch.float64)
    out = PixelNorm()(scale * h)
    expected = h / h.square().mean(1, keepdim=True).sqrt()
    torch.testing.assert_close(out, expected, rtol=1e-3, atol=1e-3)
    assert (out.square().mean(1) <= 1 + 1e-12).all()


def test_pixel_norm_of_zero_is_zero_with_a_finite_slope():
    h = torch.zeros(2, 4, 1, 1, requires_grad=True)
    out = PixelNorm()(h)
    assert not out.any()
    out.sum().backward()
    assert h.grad.isfinite().all()


def test_the_jacobian_of_pixel_norm_is_a_projection():
    """J = (I - n n^T / C) / r, n the output, r the root mean square: blind to the length."""
    torch.manual_seed(0)
    h = torch.randn(1, 6, dtype=torch.float64)
    J = torch.autograd.functional.jacobian(lambda v: PixelNorm()(v), h)[0, :, 0]
    r = h.square().mean().sqrt()
    n = (h / r)[0]
    torch.testing.assert_close(J, (torch.eye(6) - torch.outer(n, n) / 6) / r, rtol=1e-6, atol=1e-7)
    assert (J @ h[0]).abs().max() < 1e-6


def test_pixel_norm_keeps_dtype_and_layout():
    h = torch.randn(2, 4, 3, 3).to(torch.bfloat16, memory_format=torch.channels_last)
    out = PixelNorm()(h)
    assert out.dtype is torch.bfloat16 and out.is_contiguous(memory_format=torch.channels_last)
