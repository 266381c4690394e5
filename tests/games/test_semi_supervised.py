"""Few labels: D's losses are those of K + 1 classes, its gradient is the formula's, and it helps."""

from functools import partial

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again
from torch import nn
from torch.nn.functional import cross_entropy, softplus

from gan_course import Normal, play, semi_supervised, supervised
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import Dataset, FewLabels, few_labels, ring
from gan_course.metrics import error_rate
from gan_course.networks import mlp
from gan_course.tricks import feature_gap


def clouds(n=300):
    """Three clouds in the plane, with labels."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(n) % 3
    places = torch.tensor([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])[y]
    return Dataset("clouds", places + 0.2 * torch.randn(n, 2, generator=generator), y, tuple("abc"))


def game_of(classes=3, matched=False, **options):
    torch.manual_seed(0)
    G, D = mlp(2, 2, (16,)), mlp(2, classes, (16,))
    g = feature_gap(D[:-1]) if matched else None
    return semi_supervised(G, D, latent=Normal(2), g=g, device="cpu", **options)


def batch(n=12, classes=3):
    torch.manual_seed(3)
    return torch.randn(n, 2), torch.arange(n) % classes, 3 * torch.randn(n, 2)


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_d_minimises_the_cross_entropy_of_k_plus_one_classes(classes, scale):
    """A (K + 1)st logit of 0 beside the others, and the paper's formula as it is printed."""
    game = game_of(classes, weight=1.0)
    G, D = game.networks["G"], game.networks["D"]
    D[-1].weight.data *= scale
    x, y, u = batch(classes=classes)
    torch.manual_seed(5)
    loss, notes = game.players[0].loss(x, y, u)
    torch.manual_seed(5)
    fake = G(torch.randn(len(u), 2))

    def log_p(samples):  # [N, K + 1], in double precision
        logits = D(samples).double()
        return torch.cat([logits, torch.zeros(len(samples), 1)], 1).log_softmax(1)

    known = log_p(x)[:, :-1].log_softmax(1)  # given that it is one of the K
    labelled = -known[torch.arange(len(x)), y].mean()
    is_real = torch.log1p(-log_p(u)[:, -1].exp().clamp(max=1 - 1e-15))
    printed = labelled - is_real.mean() - log_p(fake)[:, -1].mean()
    assert loss.item() == pytest.approx(printed.item(), rel=1e-4)
    Z = D(u).double().exp().sum(1)
    right = ((Z / (Z + 1)) > 0.5).double().mean()
    assert notes["accuracy_real"].item() == pytest.approx(right.item())
    assert notes["class_accuracy"].item() == (D(x).argmax(1) == y).float().mean().item()


def test_the_unlabelled_term_teaches_d_its_own_opinion():
    """d softplus(-log Z) / d l = -(1 - Z / (Z + 1)) softmax(l)."""
    logits = (3 * torch.randn(9, 5, generator=torch.Generator().manual_seed(0))).requires_grad_()
    softplus(-logits.logsumexp(1)).sum().backward()
    Z = logits.exp().sum(1, keepdim=True)
    torch.testing.assert_close(logits.grad, -(1 - Z / (Z + 1)) * logits.softmax(1))


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_weights_and_gs_loss(weight):
    game = game_of(weight=weight)
    G, D = game.networks["G"], game.networks["D"]
    x, y, u = batch()
    torch.manual_seed(5)
    loss, _ = game.players[0].loss(x, y, u)
    torch.manual_seed(5)
    fake_z = D(G(torch.randn(12, 2))).logsumexp(1)
    unlabelled = softplus(-D(u).logsumexp(1)).mean() + softplus(fake_z).mean()
    torch.testing.assert_close(loss, cross_entropy(D(x), y) + weight * unlabelled)
    torch.manual_seed(5)
    torch.testing.assert_close(game.players[1].loss(x, y, u)[0], softplus(-fake_z).mean())


def test_g_may_match_features_instead():
    game = game_of(matched=True)
    G, f = game.networks["G"], game.networks["D"][:-1]
    x, y, u = batch()
    torch.manual_seed(5)
    loss, _ = game.players[1].loss(x, y, u)
    torch.manual_seed(5)
    gap = f(G(torch.randn(12, 2))).mean(0) - f(u).mean(0)  # of u, not of x
    torch.testing.assert_close(loss, gap.square().sum())
    assert game.settings["g"] == "feature_gap"


@pytest.mark.parametrize("matched", [False, True])
def test_only_the_mover_moves(matched):
    game = game_of(matched=matched)
    for player in game.players:
        before = weights(game)
        player.move(*batch())
        after = weights(game)
        moved = {
            name.split(".")[0] for name in before if not torch.equal(before[name], after[name])
        }
        assert moved == {player.name}


def test_a_g_without_parameters_is_given():
    class Given(nn.Module):
        def forward(self, z):
            return 3 + z

    torch.manual_seed(0)
    game = semi_supervised(Given(), mlp(2, 3, (16,)), latent=Normal(2), lr=1e-2, device="cpu")
    record = play(game, few_labels(clouds(), 5).batches(32, device="cpu"), 150)
    assert "G_loss" not in record and [*game.averages] == ["D"]
    record = play(game, few_labels(clouds(), 5).batches(32, device="cpu"), 50)
    assert record["D_accuracy_real"] > 0.95 < record["D_class_accuracy"]


def test_it_learns_classes_from_three_labels():
    data = clouds()
    few = few_labels(data, 1)
    game = game_of(lr=3e-3, ema=0.98)
    play(game, few.batches(64, device="cpu"), 300)
    assert error_rate(game.averages["D"], data) < 0.1


def test_it_resumes_bit_for_bit(tmp_path):
    few = few_labels(clouds(), 2)
    straight, first = game_of(matched=True), game_of(matched=True)
    play(straight, few.batches(16, device="cpu"), 5)
    batches = few.batches(16, device="cpu")
    play(first, batches, 3)
    save(first, tmp_path / "game.pt")
    second = load(game_of(matched=True), tmp_path / "game.pt")
    play(second, batches, 2)
    assert same(weights(straight), weights(second))
    with pytest.raises(ValueError, match="feature_gap"):
        load(game_of(), tmp_path / "game.pt")


def test_a_recorded_game_equals_the_plain_one():
    few = few_labels(clouds(), 2)
    there, game = game_of(), game_of()
    game = recorded(game, recorder := Again())
    for one in (there, game):
        play(one, few.batches(16, device="cpu"), 6)
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    assert recorder.recorded


@pytest.mark.parametrize("matched", [False, True])
def test_bf16_networks_keep_losses_in_float32(matched):
    game = game_of(matched=matched, bf16=True)
    for player in game.players:
        assert player.loss(*batch())[0].dtype == torch.float32
    D = supervised(mlp(2, 3), bf16=True, device="cpu")
    assert D.players[0].loss(*batch()[:2])[0].dtype == torch.float32


def test_what_does_not_suit_it_is_one_sentence():
    data = clouds()
    few = few_labels(data, 2)
    with pytest.raises(ValueError, match=r"\(x, y, u\).*few_labels"):
        play(game_of(), data.batches(8, labels=True, device="cpu"), 1)
    with pytest.raises(ValueError, match=r"\[N, K\] with K of at least 2: .* got \[8, 1\]"):
        play(game_of(classes=1), few.batches(8, device="cpu"), 1)
    with pytest.raises(ValueError, match=r"0..1, as the networks know 2 classes"):
        play(game_of(classes=2), few.batches(64, device="cpu"), 1)
    other = FewLabels(data, Dataset("line", torch.zeros(5, 3)))
    with pytest.raises(ValueError, match=r"\(x, y, u\)"):
        play(game_of(), other.batches(8, device="cpu"), 1)
    make = partial(semi_supervised, latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match="shaped like the data"):
        play(make(mlp(2, 5), mlp(2, 3)), few.batches(8, device="cpu"), 1)


def test_unlabelled_samples_may_come_from_a_mixture():
    points = ring(8).draw(16, labels=True)
    few = FewLabels(Dataset("ring", *points, tuple("abcdefgh")), ring(8))
    record = play(game_of(8), few.batches(16, device="cpu"), 2)
    assert record["D_loss"] > 0


def test_the_classifier_alone_minimises_the_cross_entropy():
    data = clouds()
    torch.manual_seed(0)
    D = mlp(2, 3, (16,))
    game = supervised(D, lr=1e-2, ema=0.98, device="cpu")
    x, y, _ = batch()
    loss, notes = game.players[0].loss(x, y)
    torch.testing.assert_close(loss, cross_entropy(D(x), y))
    play(game, data.batches(64, labels=True, device="cpu"), 100)
    assert error_rate(game.averages["D"], data) < 0.02
    assert error_rate(D, data) < 0.02 and notes["class_accuracy"] <= 1


def test_it_begins_and_averages_as_the_game_does():
    """Without the unlabelled term the two are one: the same weights, bit for bit."""
    few = FewLabels(clouds(), clouds())
    torch.manual_seed(0)
    G, D = mlp(2, 2, (16,)), mlp(2, 3, (16,))
    alone = mlp(2, 3, (16,))
    alone.load_state_dict(D.state_dict())
    torch.manual_seed(1)
    whole = semi_supervised(G, D, latent=Normal(2), weight=0.0, device="cpu")
    torch.manual_seed(1)
    part = supervised(alone, device="cpu")
    draws = [next(few.batches(16, device="cpu")) for _ in range(5)]
    play(whole, iter(draws), 5)
    play(part, iter([(x, y) for x, y, _ in draws]), 5)
    for a, b in zip(
        whole.averages["D"].network.parameters(),
        part.averages["D"].network.parameters(),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_what_does_not_suit_it_alone_is_one_sentence():
    data, make = clouds(), partial(supervised, device="cpu")
    with pytest.raises(ValueError, match="supervised needs batches .x, y. with labels"):
        play(make(mlp(2, 3)), data.batches(8, device="cpu"), 1)
    with pytest.raises(ValueError, match=r"got \[8, 1\]"):
        play(make(mlp(2, 1)), data.batches(8, labels=True, device="cpu"), 1)
    with pytest.raises(ValueError, match="know 2 classes"):
        play(make(mlp(2, 2)), data.batches(64, labels=True, device="cpu"), 1)
