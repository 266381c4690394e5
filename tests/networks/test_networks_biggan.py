"""BigGAN: shapes, where the class and z enter, spectral norm in both, projection."""

import itertools

import pytest
import torch
from torch import nn

from gan_course import Normal, gan, generate, hinge, play
from gan_course.networks import (
    CodedBatchNorm2d,
    ConditionalBatchNorm2d,
    Projection,
    SelfAttention,
    biggan_discriminator,
    biggan_generator,
    spectra,
)

PLAIN = {"embedding": None, "skip": False, "attention": None}


def small(**options):
    torch.manual_seed(0)
    return biggan_generator(12, (1, 16, 16), 8, **{"attention": 8, "embedding": 4, **options})


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 16), (1, 32, 32)])
@pytest.mark.parametrize("options", [{}, {"skip": False}, {"embedding": None, "skip": False}])
def test_they_make_and_judge_images_of_these_shapes(shape, options):
    G = biggan_generator(15, shape, 8, 3, attention=8, **options)
    D = biggan_discriminator(shape, 8, 3, attention=4)
    x = G(torch.randn(4, 15), torch.tensor([0, 1, 2, 0]))
    assert x.shape == (4, *shape) and x.abs().max() <= 1
    assert D(x, torch.tensor([0, 1, 2, 0])).shape == (4, 1)


def test_coded_batch_norm_is_its_formula():
    torch.manual_seed(0)
    layer, h, c = CodedBatchNorm2d(5, 3), torch.randn(7, 5, 4, 4) * 3 + 1, torch.randn(7, 3)
    mean, var = h.mean((0, 2, 3), keepdim=True), h.var((0, 2, 3), correction=0, keepdim=True)
    scale = 1 + c @ layer.scale.weight.T
    wanted = scale[:, :, None, None] * (h - mean) / (var + 1e-5).sqrt()
    wanted = wanted + (c @ layer.shift.weight.T)[:, :, None, None]
    assert torch.allclose(layer(h, c), wanted, atol=1e-5)


def test_a_code_of_zero_is_plain_batch_norm():
    h = torch.randn(6, 4, 3, 3)
    assert torch.allclose(
        CodedBatchNorm2d(4, 2)(h, torch.zeros(6, 2)), nn.BatchNorm2d(4)(h), atol=1e-6
    )


def test_one_embedding_serves_all_norms():
    G = small(skip=False)
    tables = [m for m in G.modules() if isinstance(m, nn.Embedding)]
    assert tables == [G.embedding] and G.embedding.weight.shape == (10, 4)
    own = small(**PLAIN)
    norms = [m for m in own.modules() if isinstance(m, ConditionalBatchNorm2d)]
    assert len(norms) == 4 and own.embedding is None


def test_z_is_cut_into_nearly_equal_pieces_that_reach_their_own_block():
    G = biggan_generator(14, (1, 16, 16), 8, embedding=4, attention=None)
    assert G.pieces == [4, 5, 5]
    z, y = torch.randn(8, 14, requires_grad=True), torch.zeros(8, dtype=torch.int64)
    start = G.start(z[:, :4]).unflatten(1, (-1, 4, 4))
    first = G.blocks[0](start, G.code(y, z[:, 4:9]))
    (slope,) = torch.autograd.grad(first.square().sum(), z)
    assert (slope[:, :9] != 0).all() and (slope[:, 9:] == 0).all()
    assert torch.allclose(
        G.end(G.blocks[1](first, G.code(y, z[:, 9:]))), G(z, y), rtol=1e-3, atol=1e-3
    )  # each pass in train mode takes another step of power iteration
    assert small(skip=False).pieces == [12]


def test_all_weights_are_divided_by_their_norm_but_those_of_the_embedding():
    G, D = small().eval(), biggan_discriminator((1, 16, 16), 8, attention=8).eval()
    for network in (G, D):
        layers = [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
        assert len(layers) == len(spectra(network)) > 5
        for layer in layers:
            top = torch.linalg.svdvals(layer.weight.detach().flatten(1))[0]
            assert 0.9 < top < 1.1
    assert not nn.utils.parametrize.is_parametrized(G.embedding)


def test_the_same_class_and_z_make_the_same_image_and_another_class_another():
    G, z = small().eval(), torch.randn(1, 12).expand(2, -1)
    same = G(z, torch.tensor([3, 3]))
    other = G(z, torch.tensor([3, 4]))
    assert torch.allclose(same[0], same[1], atol=1e-6)
    assert not torch.allclose(other[0], other[1], atol=1e-3)


def test_d_is_a_chain_whose_end_is_the_projection():
    D = biggan_discriminator((1, 16, 16), 8, 5, attention=4).eval()
    x, y = torch.randn(3, 1, 16, 16), torch.tensor([0, 4, 2])
    features, head = D[:-1](x), D[-1]
    assert isinstance(head, Projection) and features.shape == (3, 8)
    wanted = head.real(features) + (features * head.match.weight[y]).sum(1, keepdim=True)
    assert torch.allclose(D(x, y), wanted, atol=1e-6)


def test_attention_stands_where_it_was_asked_for_and_starts_as_nothing():
    G, without = small().eval(), small(attention=None).eval()
    assert [isinstance(block.attend, SelfAttention) for block in G.blocks] == [True, False]
    without.load_state_dict({k: v for k, v in G.state_dict().items() if ".attend." not in k})
    z, y = torch.randn(2, 12), torch.tensor([1, 2])
    assert torch.equal(G(z, y), without(z, y))


def test_a_game_of_both_plays_with_hinge_and_samples():
    G, D = small(), biggan_discriminator((1, 16, 16), 8, attention=8)
    game = gan(G, D, hinge, latent=Normal(12), n_critic=2, betas=(0.0, 0.999), device="cpu")
    batch = (torch.rand(6, 1, 16, 16) * 2 - 1, torch.tensor([0, 1, 2, 3, 4, 5]))
    play(game, itertools.repeat(batch), 1)
    y = torch.arange(10)
    assert generate(game.networks["G"], Normal(12), 10, y).shape == (10, 1, 16, 16)


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match="skip=False"):
        small(embedding=None)
    with pytest.raises(ValueError, match="maps of 8, 16 pixels"):
        small(attention=32)
    with pytest.raises(ValueError, match="maps of 8, 4 pixels"):
        biggan_discriminator((1, 16, 16), 8, attention=16)
    with pytest.raises(ValueError, match="too short"):
        biggan_generator(2, (1, 16, 16), 8, attention=None)
    with pytest.raises(ValueError, match="8, 16, 32, 64"):
        biggan_generator(shape=(1, 12, 12))
    with pytest.raises(ValueError, match=r"z \[N, 12\]"):
        small()(torch.randn(2, 5), torch.tensor([0, 1]))
    with pytest.raises(TypeError, match="int64"):
        small()(torch.randn(2, 12), torch.tensor([0.0, 1.0]))
