"""StyleGAN's networks: statistics that styles fix, forms that are equal, what mixing may change."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from gan_course.networks import (
    AdaIN,
    AdaINLayer,
    Modulated,
    PlainLayer,
    mapping_network,
    mix,
    style_discriminator,
    style_generator,
    truncate,
)

KINDS = {
    "StyleGAN2": {},
    "StyleGAN": {"layer": AdaINLayer},
    "before": {"layer": PlainLayer, "depth": 0, "constant": False, "noise": False, "mixing": 0},
}


def small(shape=(3, 16, 16), **options):
    torch.manual_seed(0)
    return style_generator(
        8, shape, (12, 8, 6, 4, 4)[: shape[1].bit_length() - 2], dim=8, **options
    )


def loud(G):
    """G with noise that is heard: its strengths begin at zero."""
    with torch.no_grad():
        for layer in G.synthesis.layers:
            layer.strength.fill_(1.0)
    return G


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 16), (3, 64, 64)])
def test_images_have_the_shape_asked_for_and_every_weight_a_gradient(kind, shape):
    G = small(shape, **KINDS[kind])
    D = style_discriminator(shape, (4, 6, 8, 8, 8)[: shape[1].bit_length() - 2])
    images = G(torch.randn(8, 8))
    assert images.shape == (8, *shape) and D(images).shape == (8, 1)
    D(images).square().sum().backward()
    for net in (G, D):
        unheard = [name for name, p in net.named_parameters() if not p.grad.abs().sum() > 0]
        assert not unheard


def test_equalised_layers_begin_with_outputs_of_the_size_of_their_inputs():
    torch.manual_seed(0)
    G, D = style_generator(), style_discriminator()
    images = G(torch.randn(64, 64))
    assert 0.3 < images.std() < 3
    w = G.mapping(torch.randn(256, 64))
    assert 0.3 < w.std() < 3
    plain = torch.randn(64, 3, 1, 1).expand(-1, -1, 32, 32)  # of noise, means would leave little
    assert 0.1 < D(plain).std() < 3


@pytest.mark.parametrize("channels, size", [(1, 4), (5, 9)])
def test_adain_gives_each_channel_the_mean_and_deviation_of_the_style(channels, size):
    torch.manual_seed(0)
    layer = AdaIN(channels, 6).double()
    w, h = torch.randn(3, 6).double(), 50 * torch.randn(3, channels, size, size).double() - 7
    out, (scale, shift) = layer(h, w), layer.style(w).chunk(2, 1)
    torch.testing.assert_close(out.mean((2, 3)), shift)
    torch.testing.assert_close(out.std((2, 3), correction=0), (1 + scale).abs())


def test_adain_is_blind_to_what_scales_and_shifts_a_channel():
    layer, w = AdaIN(4, 6).double(), torch.randn(3, 6).double()
    h = torch.randn(3, 4, 8, 8).double()
    a, b = torch.rand(3, 4, 1, 1).double() + 0.5, torch.randn(3, 4, 1, 1).double()
    torch.testing.assert_close(layer(a * h + b, w), layer(h, w))


def test_adain_of_a_flat_channel_is_its_shift():
    layer, w = AdaIN(2, 6), torch.randn(3, 6)
    shift = layer.style(w)[:, 2:, None, None].expand(-1, -1, 5, 5)
    torch.testing.assert_close(layer(torch.full((3, 2, 5, 5), 4.0), w), shift)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
def test_scaling_features_equals_scaling_the_weights_of_each_image(kernel, demodulate):
    torch.manual_seed(0)
    layer = Modulated(5, 7, 6, kernel, demodulate).double()
    h, w = torch.randn(4, 5, 6, 6).double(), torch.randn(4, 6).double()
    for i, one in enumerate(layer(h, w)):
        weight = layer.conv.weight * (1 + layer.style(w[i]))[None, :, None, None]
        if demodulate:
            weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        torch.testing.assert_close(one, conv2d(h[i], weight, padding=kernel // 2))


def test_demodulated_output_has_unit_variance_whatever_the_style():
    torch.manual_seed(0)
    layer = Modulated(16, 8, 6).double()
    h = torch.randn(2000, 16, 5, 5).double()
    for size in (0.1, 1.0, 30.0):
        w = (size * torch.randn(1, 6).double()).expand(2000, -1)
        inside = layer(h, w)[:, :, 1:-1, 1:-1]  # the edge sees zeros
        torch.testing.assert_close(inside.std((0, 2, 3)), torch.ones(8).double(), atol=0.02, rtol=0)


def heard(G, ws):
    """What each layer of G returns for these styles."""
    returned = []
    keep = lambda layer, inputs, out: returned.append(out)  # noqa: E731
    hooks = [layer.register_forward_hook(keep) for layer in G.synthesis.layers]
    G.synthesis(ws)
    for hook in hooks:
        hook.remove()
    return returned


@pytest.mark.parametrize("kind", ["StyleGAN2", "StyleGAN"])
def test_mixing_at_a_layer_changes_nothing_before_it(kind):
    G = small(**KINDS[kind]).eval()
    a, b = (G.styles(torch.randn(3, 8)) for _ in range(2))
    for k in range(G.layers + 1):
        here, there, mixed = (heard(G, ws) for ws in (a, b, mix(a, b, k)))
        same = [torch.equal(x, y) for x, y in zip(here, mixed, strict=True)]
        assert same == [i < k for i in range(G.layers)]
        assert k > 0 or all(map(torch.equal, there, mixed))


def test_mix_refuses_styles_that_do_not_fit():
    ws = torch.zeros(2, 5, 8)
    for other, layer in [(ws[:1], 2), (ws, 6), (ws, -1), (ws[:, 0], 0)]:
        with pytest.raises(ValueError, match="mix takes"):
            mix(ws if other.dim() == 3 else other, other, layer)


@pytest.mark.parametrize("mixing", [0.0, 0.5, 1.0])
def test_in_training_a_share_of_the_images_has_two_styles(mixing):
    G = small(mixing=mixing)
    ws = G.mixed_styles(torch.randn(4000, 8))
    jumps = (ws[:, 1:] != ws[:, :-1]).any(2)  # [N, layers - 1]
    assert jumps.sum(1).max() <= 1
    assert jumps.any(1).float().mean().item() == pytest.approx(mixing, abs=0.03)
    shares = jumps.float().mean(0)  # every layer is as likely
    torch.testing.assert_close(shares, torch.full((4,), mixing / 4), atol=0.03, rtol=0)


def test_in_eval_mode_nothing_is_drawn_and_one_w_serves_all_layers():
    G = loud(small()).eval()
    z = torch.randn(3, 8)
    state = torch.get_rng_state()
    images = G(z)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(images, G(z))
    torch.testing.assert_close(images, G.synthesis(G.mapping(z)))
    torch.testing.assert_close(images[1:2], G(z[1:2]))  # no image minds its neighbours


def test_noise_can_be_given_and_moves_images_only_as_loudly_as_it_has_learned():
    G, z = small().eval(), torch.randn(3, 8)
    noise = G.synthesis.draw_noise(3)
    assert [n.shape for n in noise] == [(3, 1, s, s) for s in (4, 8, 8, 16, 16)]
    ws = G.styles(z)
    assert torch.equal(G.synthesis(ws, noise), G(z))  # at the start it is silent
    assert not torch.equal(loud(G).synthesis(ws, noise), G(z))
    fixed = [layer.noise for layer in G.synthesis.layers]
    assert torch.equal(G.synthesis(ws, fixed), G(z))
    G.train()
    assert not torch.equal(G.synthesis(ws), G.synthesis(ws))


def test_the_centre_of_w_follows_the_batches_in_training_alone():
    G = small(mixing=0)
    z = torch.randn(64, 8)
    for _ in range(1500):
        G.styles(z)
    torch.testing.assert_close(G.mean_w, G.mapping(z).mean(0), atol=1e-3, rtol=1e-3)
    before = G.eval().mean_w.clone()
    G.styles(torch.randn(64, 8))
    assert torch.equal(before, G.mean_w)


def test_truncation_pulls_towards_the_centre():
    w, mean = torch.randn(5, 8), torch.randn(8)
    assert torch.equal(truncate(w, mean, 0.0), mean.expand(5, -1))
    torch.testing.assert_close(truncate(w, mean, 1.0), w)
    torch.testing.assert_close(truncate(w, mean, -0.5) - mean, -0.5 * (w - mean))
    ws, psi = torch.randn(5, 3, 8), torch.tensor([[0.0], [0.5], [1.0]])
    torch.testing.assert_close(truncate(ws, mean, psi)[:, 2], ws[:, 2])
    assert torch.equal(truncate(ws, mean, psi)[:, 0], mean.expand(5, -1))


def test_the_mapping_learns_at_a_hundredth_of_the_rate():
    torch.manual_seed(0)
    f, g = mapping_network(8, 8, 1), nn.Linear(8, 8)
    z = torch.randn(32, 8)
    moved = []
    for net, layer in ((f, f[1]), (g, g)):
        before = layer.weight.detach().clone()
        optimizer = torch.optim.Adam(net.parameters(), 1e-3)
        net(z).square().sum().backward()
        optimizer.step()
        moved.append((layer.weight - before).abs().mean().item())
    # Adam moves the stored weight by its rate; c = .01 sqrt(2 / 8) is what that is worth
    assert moved[0] == pytest.approx(1e-3 * 0.01 * 0.5, rel=0.02)
    assert moved[1] == pytest.approx(1e-3, rel=0.02)


def test_without_layers_the_mapping_only_brings_z_to_the_sphere():
    z = torch.randn(5, 8)
    w = mapping_network(8, 8, 0)(z)
    torch.testing.assert_close(w, z / z.square().mean(1, keepdim=True).sqrt())


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match="takes styles"):
        small().synthesis(torch.randn(2, 4, 8))
    with pytest.raises(ValueError, match="widths"):
        style_generator(8, (3, 16, 16), (8, 8))
    with pytest.raises(ValueError, match="widths"):
        style_discriminator((3, 16, 16), (8, 8))
    with pytest.raises(ValueError, match="square images"):
        style_generator(8, (3, 12, 12), (8, 8))
