"""Labels: each way changes the output, reaches its parameters, and refuses wrong labels."""

from functools import partial

import pytest
import torch
from torch import nn

from gan_course import Normal, acgan, gan, generate, hinge, non_saturating, play, sample
from gan_course.data import Dataset
from gan_course.networks import (
    Chain,
    ConcatEmbedding,
    ConcatOneHot,
    ConditionalBatchNorm2d,
    Projection,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    mlp_generator,
    spectral,
)

SHAPE = (1, 16, 16)
generator = partial(dcgan_generator, 8, SHAPE, 4)
critic_of = partial(dcgan_discriminator, SHAPE, 4)
GENERATORS = {
    "one-hot": lambda: generator(condition=ConcatOneHot(3)),
    "embedding": lambda: generator(condition=ConcatEmbedding(3, (5,))),
    "batch norm": lambda: generator(norm=partial(ConditionalBatchNorm2d, classes=3)),
    "mlp": lambda: Chain(ConcatOneHot(3), *mlp_generator(8 + 3, SHAPE, (16,))),
}
CRITICS = {
    "one-hot": lambda: critic_of(condition=ConcatOneHot(3)),
    "embedding": lambda: critic_of(condition=ConcatEmbedding(3, SHAPE)),
    "projection": lambda: critic_of(head=partial(Projection, classes=3)),
    "spectral": lambda: spectral(critic_of(norm=nn.Identity, head=partial(Projection, classes=3))),
    "mlp": lambda: Chain(nn.Flatten(), Projection(256, classes=3)),
}
ALL = [(build, (8,)) for build in GENERATORS.values()] + [
    (build, SHAPE) for build in CRITICS.values()
]
each_network = pytest.mark.parametrize(
    ("build", "shape"), ALL, ids=[f"G {n}" for n in GENERATORS] + [f"D {n}" for n in CRITICS]
)
y = torch.tensor([0, 1, 2, 0, 1, 2])
CORNERS = torch.tensor([[1.0, 0.0], [-0.5, 0.866], [-0.5, -0.866]])


@each_network
def test_the_label_changes_the_output(build, shape):
    network, h = build().eval(), torch.randn(6, *shape)
    assert not torch.allclose(network(h, y), network(h, (y + 1) % 3), atol=1e-7)
    assert torch.equal(network(h, y), network(h, y))


@each_network
def test_only_the_own_label_matters_in_eval_mode(build, shape):
    network, h = build().eval(), torch.randn(6, *shape)
    other = y.clone()
    other[0] = 2
    assert torch.allclose(network(h, y)[1:], network(h, other)[1:], atol=1e-6)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("critic", CRITICS)
def test_every_parameter_receives_a_gradient(name, critic):
    G, D = GENERATORS[name](), CRITICS[critic]()
    D(G(torch.randn(6, 8), y), y).square().sum().backward()
    for net in (G, D):
        assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_without_conditional_layers_there_is_no_label():
    G = generator()
    assert G(torch.randn(6, 8)).shape == (6, *SHAPE)
    with pytest.raises(ValueError, match="no conditional layer, so call it without labels"):
        G(torch.randn(6, 8), y)


@each_network
def test_a_missing_label_is_named(build, shape):
    with pytest.raises(ValueError, match=r"conditional: call it with labels .* labels=True"):
        build()(torch.randn(6, *shape))


@each_network
def test_wrong_labels_are_refused(build, shape):
    network, h = build(), torch.randn(6, *shape)
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.2, .* gave 0 to 3"):
        generate(network, lambda n, device: h, 6, torch.tensor([0, 1, 2, 3, 0, 0]))
    with pytest.raises(ValueError, match=r"gave -1 to 2"):
        generate(network, lambda n, device: h, 6, y - (y == 0).long())
    with pytest.raises(ValueError, match=r"shape \[6\], one per sample; got \[4\]"):
        network(h, y[:4])
    with pytest.raises(TypeError, match=r"int64, got torch.float32: use y.long\(\)"):
        network(h, y.float())


def test_one_hot_maps_fill_the_image():
    maps = ConcatOneHot(3)(torch.zeros(6, 1, 2, 2), y)[:, 1:]
    assert torch.equal(maps.mean((2, 3)), torch.eye(3)[y]) and maps.std((2, 3)).eq(0).all()


def test_an_embedding_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"must be \(e, 16, 16\)"):
        critic_of(condition=ConcatEmbedding(3, (1, 8, 8)))(torch.zeros(6, *SHAPE), y)


def test_conditional_batch_norm_is_batch_norm_with_a_scale_and_shift_for_each_class():
    torch.manual_seed(0)
    layer, h = ConditionalBatchNorm2d(5, classes=3), torch.randn(6, 5, 4, 4) * 3 + 1
    assert abs(layer.scale.weight.mean() - 1) < 0.03 and 0.01 < layer.scale.weight.std() < 0.03
    nn.init.normal_(layer.shift.weight)
    plain = nn.functional.batch_norm(h, None, None, training=True)
    for i, label in enumerate(y):
        scale, shift = layer.scale.weight[label], layer.shift.weight[label]
        wanted = plain[i] * scale[:, None, None] + shift[:, None, None]
        assert torch.allclose(layer(h, y)[i], wanted, atol=1e-5)


def test_the_projection_adds_the_classes_product_to_the_plain_logit():
    layer, h = Projection(5, classes=3), torch.randn(6, 5)
    wanted = layer.real(h).squeeze(1) + (h * layer.match.weight[y]).sum(1)
    assert torch.allclose(layer(h, y).squeeze(1), wanted, atol=1e-6)


def test_at_least_two_classes():
    with pytest.raises(ValueError, match="at least 2 classes, got 1"):
        ConcatOneHot(1)


def corners(n: int = 300) -> Dataset:
    """Points near three corners of a triangle, one class each."""
    labels = torch.arange(n) % 3
    return Dataset("corners", CORNERS[labels] + 0.05 * torch.randn(n, 2), labels, ("a", "b", "c"))


def right(points: torch.Tensor, labels: torch.Tensor) -> float:
    """Share of points that lie nearest to the corner of their label."""
    return (torch.cdist(points, CORNERS).argmin(1) == labels).float().mean().item()


def test_a_conditional_game_learns_its_labels():
    torch.manual_seed(0)
    G = Chain(ConcatOneHot(3), *mlp(2 + 3, 2, (32,)))
    D = Chain(*mlp(2, 32, (32,)), nn.ReLU(), Projection(32, classes=3))
    game = gan(G, D, hinge, latent=Normal(2), lr=5e-3, ema=None, device="cpu")
    play(game, corners().batches(64, labels=True, device="cpu"), 150)
    labels = torch.arange(60) % 3
    assert right(sample(game, 60, labels), labels) > 0.95


def test_an_auxiliary_classifier_teaches_both_players_the_labels():
    torch.manual_seed(0)
    G, D = Chain(ConcatOneHot(3), *mlp(2 + 3, 2, (32,))), mlp(2, 1 + 3, (32,))
    game = acgan(G, D, latent=Normal(2), lr=5e-3, ema=None, device="cpu")
    record = play(game, corners().batches(64, labels=True, device="cpu"), 150)
    labels = torch.arange(60) % 3
    assert record["D_class_accuracy_real"] > 0.9 and record["G_class_accuracy_fake"] > 0.7
    assert right(sample(game, 60, labels), labels) > 0.95


def test_the_losses_of_acgan_are_the_papers():
    torch.manual_seed(0)
    G, D = Chain(ConcatOneHot(3), *mlp(2 + 3, 2)), mlp(2, 1 + 3)
    game = acgan(G, D, latent=Normal(2), weight=0.5, device="cpu")
    x, labels = corners(6).x, torch.arange(6) % 3

    def cross_entropy(logits: torch.Tensor) -> torch.Tensor:
        return -logits[:, 1:].log_softmax(1)[torch.arange(6), labels].mean()

    torch.manual_seed(1)
    d_loss, _ = game.players[0].loss(x, labels)
    torch.manual_seed(1)
    g_loss, _ = game.players[1].loss(x, labels)
    torch.manual_seed(1)
    real, fake = D(x), D(G(torch.randn(6, 2), labels))
    plain = non_saturating.d(real[:, 0], fake[:, 0])
    assert d_loss.item() == pytest.approx(
        (plain + 0.5 * (cross_entropy(real) + cross_entropy(fake))).item(), rel=1e-5
    )
    plain = non_saturating.g(fake[:, 0], None)
    assert g_loss.item() == pytest.approx((plain + 0.5 * cross_entropy(fake)).item(), rel=1e-5)


def test_acgan_refuses_a_d_that_names_no_classes():
    G = Chain(ConcatOneHot(3), *mlp(2 + 3, 2))
    game = acgan(G, mlp(2, 1), latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match=r"\[N, 1 \+ K\].* got \[32, 1\]"):
        play(game, corners().batches(32, labels=True, device="cpu"), 1)


@pytest.mark.parametrize("assemble", [gan, acgan])
def test_a_game_without_labels_says_that_they_are_missing(assemble):
    G = Chain(ConcatOneHot(3), *mlp(2 + 3, 2))
    game = assemble(G, mlp(2, 4), latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match="labels=True"):
        play(game, corners().batches(32, device="cpu"), 1)
