"""DCGAN: shapes, ranges, gradients, the paper's first weights, and its rules as arguments."""

from functools import partial

import pytest
import torch
from torch import nn

from gan_course.networks import (
    Chain,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    pooled,
    spectral,
    strided,
    torch_init,
    transposed,
    upsampled,
    xavier_init,
)

SHAPES = [(channels, size, size) for size in (8, 16, 32, 64) for channels in (1, 3)]


@pytest.mark.parametrize("shape", SHAPES)
def test_images_have_the_shape_and_range_asked_for_and_d_gives_one_logit(shape):
    G, D = dcgan_generator(10, shape, width=4), dcgan_discriminator(shape, width=4)
    images = G(torch.randn(5, 10))
    assert images.shape == (5, *shape) and images.abs().max() <= 1
    assert D(images).shape == (5, 1)


@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 32, 32), (1, 64, 64)])
@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.Identity, nn.InstanceNorm2d])
def test_every_parameter_receives_a_gradient(shape, norm):
    G = dcgan_generator(10, shape, width=4, norm=norm)
    D = dcgan_discriminator(shape, width=4, norm=norm)
    D(G(torch.randn(8, 10))).square().sum().backward()
    for net in (G, D):
        assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_the_live_networks_start_from_the_papers_weights():
    for net in (dcgan_generator(100, (3, 64, 64)), dcgan_discriminator((3, 64, 64))):
        for layer in net:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                size = layer.weight.numel()
                assert abs(layer.weight.std() - 0.02) < 0.02 * 4 / (2 * size) ** 0.5
                assert abs(layer.weight.mean()) < 0.02 * 4 / size**0.5
                assert layer.bias is None or not layer.bias.any()
            elif isinstance(layer, nn.BatchNorm2d):
                assert abs(layer.weight.mean() - 1) < 0.02 * 4 / layer.weight.numel() ** 0.5
                assert 0.005 < layer.weight.std() < 0.04 and not layer.bias.any()


def test_another_start_can_be_asked_for():
    torchs = dcgan_generator(shape=(1, 16, 16), init=torch_init)[-2]  # 32 to 1 channels
    assert torchs.weight.std() > 0.1 and torchs.bias.any()
    xavier = dcgan_discriminator((1, 16, 16), init=xavier_init)[3]  # 32 to 64 channels
    bound = (6 / (32 * 16 + 64 * 16)) ** 0.5
    assert 0.9 * bound < xavier.weight.abs().max() <= bound


def kinds(net: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in net]


def test_batch_norm_stands_everywhere_but_on_gs_output_and_ds_input():
    G, D = dcgan_generator(shape=(1, 16, 16)), dcgan_discriminator((1, 16, 16))
    up, down = ["ConvTranspose2d"], ["Conv2d"]
    inside = ["BatchNorm2d", "ReLU"]
    assert kinds(G) == ["Takes", "Linear", "Unflatten", *inside, *up, *inside, *up, "Tanh"]
    hidden = [*down, "LeakyReLU", *down, "BatchNorm2d", "LeakyReLU"]
    assert kinds(D) == ["Takes", *hidden, "Flatten", "Linear"]


@pytest.mark.parametrize("up", [transposed, upsampled])
@pytest.mark.parametrize("down", [strided, pooled])
@pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.Identity])
def test_each_rule_can_be_exchanged(up, down, norm):
    G = dcgan_generator(8, (1, 16, 16), 4, norm=norm, activation=nn.Tanh, up=up)
    D = dcgan_discriminator((1, 16, 16), 4, norm=norm, activation=nn.ReLU, down=down)
    assert D(G(torch.randn(3, 8))).shape == (3, 1)
    assert ("BatchNorm2d" in kinds(G)) == (norm is nn.BatchNorm2d)


def test_layers_can_be_cut_off_and_added():
    D = dcgan_discriminator((1, 16, 16), 4)
    x = torch.randn(6, 1, 16, 16)
    assert D[:-1](x).shape == (6, 8 * 4 * 4)
    assert Chain(nn.BatchNorm2d(1), *D)(x).shape == (6, 1)


def test_a_head_of_ones_own():
    D = dcgan_discriminator((1, 16, 16), 4, head=partial(nn.Linear, out_features=11))
    assert D(torch.randn(2, 1, 16, 16)).shape == (2, 11)


def test_spectral_bounds_every_matrix_of_the_network():
    torch.manual_seed(0)
    D = spectral(dcgan_discriminator((1, 16, 16), 4, norm=nn.Identity))
    for _ in range(30):  # one step of power iteration each
        D(torch.randn(2, 1, 16, 16))
    D.eval()
    weights = [layer.weight for layer in D if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert len(weights) == 3
    for weight in weights:
        assert torch.linalg.matrix_norm(weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


def test_a_spectral_critic_is_almost_one_lipschitz():
    torch.manual_seed(0)
    critic = spectral(mlp(3, 1, (16, 16)))
    for _ in range(50):
        critic(torch.randn(4, 3))
    a, b = torch.randn(200, 3), torch.randn(200, 3)
    slopes = (critic(a) - critic(b)).abs().squeeze(1) / (a - b).norm(dim=1)
    assert slopes.max() < 1.01


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 16, 32), (1, 4, 4), (16, 16), (0, 16, 16)])
@pytest.mark.parametrize(
    "build", [lambda s: dcgan_generator(8, s), dcgan_discriminator], ids=["G", "D"]
)
def test_a_size_that_cannot_be_halved_is_refused(build, shape):
    with pytest.raises(ValueError, match=r"square images .* 8, 16, 32, 64"):
        build(shape)


def test_inputs_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"takes inputs \[N, 1, 32, 32\], got \[2, 1, 28, 28\]"):
        dcgan_discriminator()(torch.randn(2, 1, 28, 28))
    with pytest.raises(ValueError, match=r"takes inputs \[N, 64\], got \[2, 100\]"):
        dcgan_generator(64)(torch.randn(2, 100))


def test_a_width_or_latent_below_one_is_refused():
    with pytest.raises(ValueError, match="latent=0"):
        dcgan_generator(0)
    with pytest.raises(ValueError, match="width=0"):
        dcgan_discriminator(width=0)
