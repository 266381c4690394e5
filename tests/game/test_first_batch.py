"""What enters a game is looked at once, before the first move."""

import copy
import math
import warnings
from functools import partial

import pytest
import torch
from games_for_tests import plain, points, same, weights, with_state
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from gan_course import NonFiniteLoss, Normal, acgan, gan, play, train
from gan_course.data import digits
from gan_course.networks import (
    Chain,
    ConcatOneHot,
    ConditionalBatchNorm2d,
    Projection,
    dcgan_discriminator,
    dcgan_generator,
    mlp,
    mlp_discriminator,
    mlp_generator,
    residual_critic,
    residual_generator,
    spectral,
)

SHAPE = (1, 16, 16)
X, Y = torch.rand(36, *SHAPE) * 2 - 1, torch.arange(36) % 10


def on_images(**options):
    return gan(
        mlp_generator(64, SHAPE, (8,)), mlp_discriminator(SHAPE, (8,)), device="cpu", **options
    )


def conditional(classes=10):
    G = Chain(ConcatOneHot(classes), *mlp_generator(64 + classes, SHAPE, (8,)))
    D = dcgan_discriminator(SHAPE, 4, condition=ConcatOneHot(classes))
    return gan(G, D, device="cpu")


def nan_at(x, index):
    x = x.clone()
    x[index] = math.nan
    return x


REFUSED = {
    "bytes": (on_images, (X * 127).byte(), TypeError, r"torch.uint8 .* x.float\(\) / 127.5 - 1"),
    "doubles": (on_images, X.double(), TypeError, "torch.float64 .* x.float()"),
    "whole numbers": (on_images, (X * 9).long(), TypeError, "torch.int64 .* torch.float32"),
    "NaN": (on_images, nan_at(X, 3), ValueError, "NaN or infinite values, in 1 of the 36"),
    "bytes as floats": (on_images, (X + 1) * 127.5, ValueError, "G ends in Tanh, .* rescale"),
    "labels too many": (on_images, (X, Y), ValueError, "x and 1 more, .* D does not take"),
    "labels missing": (conditional, X, ValueError, "x alone, which D does not take.*labels=True"),
    "labels from 1": (conditional, (X, Y + 1), ValueError, r"0\.\.9.* the loader gave 1 to 10"),
    "labels as floats": (conditional, (X, Y.float()), TypeError, "must be int64"),
    "one-hot labels": (conditional, (X, torch.eye(10).long()[Y]), ValueError, "one per sample"),
    "z of another size": (
        partial(on_images, latent=Normal(10)),
        X,
        ValueError,
        r"G does not take z from the latent, \[36, 10\].*of the size that G's first layer takes",
    ),
    "images of another size": (on_images, X[..., :8], ValueError, r"shaped like|takes inputs"),
    "no samples": (on_images, X[:0], ValueError, "without samples"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_first_batch_that_does_not_suit_is_one_sentence_before_the_first_move(case):
    build, batch, kind, sentence = REFUSED[case]
    game = build()
    before = weights(game)
    with pytest.raises(kind, match=sentence) as caught:
        play(game, [batch], 1)
    assert "learning rate" not in str(caught.value) and "\n" not in str(caught.value)
    assert game.step == 0 and same(before, weights(game))


class Looks(nn.Module):
    """A network of the reader's own that looks its labels up."""

    def __init__(self, inputs, shape, classes):
        super().__init__()
        self.table, self.shape = nn.Embedding(classes, 3), shape
        self.net = nn.Linear(inputs + 3, math.prod(shape))

    def forward(self, h, y):
        h = self.net(torch.cat([h.flatten(1), self.table(y)], 1))
        return h.view(-1, *self.shape)


@pytest.mark.parametrize(
    ("classes", "y", "sentence"),
    [
        ((5, 10), Y, r"G does not take.* labels from the loader.*number the classes from 0"),
        ((10, 5), Y, r"D does not take.* labels from the loader.*number the classes from 0"),
        ((10, 10), Y.float(), r"or mend the labels, as int64 \[N\]"),
        ((10, 10), Y[:8], r"\[8\] of torch.int64.*or mend the labels, as int64 \[N\]"),
    ],
)
def test_labels_that_networks_of_the_readers_own_do_not_take_are_blamed(classes, y, sentence):
    G, D = Looks(64, SHAPE, classes[0]), Looks(256, (1,), classes[1])
    assert play(gan(*map(copy.deepcopy, (G, D)), device="cpu"), [(X, Y % 5)], 1)["step"] == 1
    with pytest.raises(ValueError, match=sentence):
        play(gan(G, D, device="cpu"), [(X, y)], 1)


def test_the_size_of_z_is_named_where_the_courses_own_networks_refuse_it():
    G, D = dcgan_generator(64, SHAPE, 4), dcgan_discriminator(SHAPE, 4)
    with pytest.raises(ValueError, match=r"G does not take z from the latent.*give the game a lat"):
        play(gan(G, D, latent=Normal(32), device="cpu"), [X], 1)


def test_after_the_remedy_the_same_game_plays():
    game = on_images()
    with pytest.raises(TypeError):
        play(game, [X.double()], 1)
    assert play(game, [X], 2)["step"] == 2


def test_every_batch_has_its_labels_looked_at():
    game = conditional()
    late = [(X, Y), (X, Y), (X, Y + 5)]
    with pytest.raises(ValueError, match="gave 5 to 14"):
        play(game, late, 3)
    assert game.step == 2


def test_the_look_leaves_no_trace():
    """Batch norm, spectral norm and the random state are what they are without it."""
    there, game = with_state(), with_state()
    there.inspection.passed = True
    for each in (there, game):
        play(each, points(), 5)
    assert same(weights(there), weights(game))


def test_nan_that_comes_later_is_blamed_on_the_data_and_not_on_the_learning_rate():
    game = plain()
    with pytest.raises(NonFiniteLoss, match="data are to blame.*NaN") as caught:
        list(train(game, [torch.zeros(4, 2), nan_at(torch.zeros(4, 2), 0)], 5))
    assert caught.value.data and "try a lower learning rate" not in str(caught.value)
    game = plain(lr=1e30)
    with pytest.raises(NonFiniteLoss, match="lower learning rate") as caught:
        list(train(game, points(), 50))
    assert not caught.value.data


class Ends(nn.Module):
    """A G of layers that are named in another order than they are used, and of functions."""

    def __init__(self, end):
        super().__init__()
        self.first, self.last, self.act, self.end = nn.Linear(2, 8), nn.Linear(8, 2), nn.Tanh(), end

    def forward(self, z):
        return self.end(self.last(self.act(self.first(z))))


@pytest.mark.parametrize("end", [torch.tanh, lambda h: h.clamp(-1, 1), nn.Tanh()])
def test_a_bounded_end_of_g_is_known_also_where_it_is_no_layer(end):
    torch.manual_seed(0)
    G = Ends(end)
    nn.init.normal_(G.last.weight, std=20.0)  # the end is reached in spite of the tanh before
    game = gan(G, mlp(2, 1), latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match="G ends in Tanh, which reaches -1 to 1 only"):
        play(game, [torch.rand(9, 2) * 255], 1)


@pytest.mark.parametrize("end", [lambda h: h, lambda h: 300 * h.tanh(), nn.Softplus()])
def test_a_tanh_inside_of_g_does_not_bound_what_it_returns(end):
    game = gan(Ends(end), mlp(2, 1), latent=Normal(2), device="cpu")
    assert play(game, [torch.rand(9, 2) * 255], 1)["step"] == 1


def warned(game, batches):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        play(game, batches, 1)
        play(game, batches, 1)
    return [str(each.message) for each in said if "sigmoid" in str(each.message)]


class Squashed(nn.Module):
    """A D whose sigmoid is no layer."""

    def __init__(self):
        super().__init__()
        self.net = mlp(2, 1)

    def forward(self, x):
        return self.net(x).sigmoid()


@pytest.mark.parametrize("build", [lambda: nn.Sequential(mlp(2, 1), nn.Sigmoid()), Squashed])
@pytest.mark.parametrize("seed", range(5))
def test_a_d_that_ends_in_a_sigmoid_is_named_once(build, seed):
    torch.manual_seed(seed)
    game = gan(mlp(2, 2), build(), latent=Normal(2), device="cpu")
    (said,) = warned(game, points())
    assert "D must return logits" in said


@pytest.mark.parametrize(
    "build",
    [
        lambda: mlp_discriminator(SHAPE),
        lambda: dcgan_discriminator(SHAPE, 4),
        lambda: residual_critic(SHAPE, 4),
        lambda: spectral(residual_critic(SHAPE, 4)),
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.LayerNorm(8), nn.Linear(8, 1)),
    ],
)
def test_a_d_of_logits_is_not_accused(build):
    for seed in range(10):
        torch.manual_seed(seed)
        D = build()
        for bias in (0.0, 0.5):  # all logits of a young D may well lie in [0, 1]
            last = [m for m in D.modules() if isinstance(m, nn.Linear | nn.Conv2d)][-1]
            nn.init.constant_(last.bias, bias) if last.bias is not None else None
            game = gan(mlp_generator(8, SHAPE, (8,)), D, latent=Normal(8), device="cpu")
            assert not warned(game, [X])


def test_a_d_that_begins_flat_is_not_accused():
    D = mlp(2, 1)
    nn.init.zeros_(D[-1].weight), nn.init.zeros_(D[-1].bias)
    assert not warned(gan(mlp(2, 2), D, latent=Normal(2), device="cpu"), points())


def test_tokens_are_looked_up_and_not_scaled():
    class Tokens(nn.Module):
        """A G whose samples are drawn, as those of sequences are: no gradient comes back."""

        def __init__(self):
            super().__init__()
            self.net = nn.Linear(8, 6 * 5)

        def forward(self, z):
            return self.net(z).view(-1, 6, 5).argmax(-1)

    D = nn.Sequential(nn.Embedding(5, 4), nn.Flatten(), nn.Linear(24, 1))
    trial = gan(Tokens(), D, latent=Normal(8), device="cpu").inspection
    trial((torch.randint(5, (9, 6)),), torch.device("cpu"))
    assert trial.passed


def test_acgan_names_missing_labels_and_classes_that_d_does_not_know():
    def game(logits):
        D = nn.Sequential(nn.Flatten(), nn.Linear(256, logits))
        return acgan(dcgan_generator(64, SHAPE, 4, condition=ConcatOneHot(27)), D, device="cpu")

    y = torch.arange(36) % 26 + 1  # letters numbered 1..26
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.25.*gave 1 to 26"):
        play(game(27), [(X, y)], 1)
    with pytest.raises(ValueError, match="acgan needs batches .x, y. with labels.*labels=True"):
        play(game(27), [X], 1)
    with pytest.raises(ValueError, match="acgan needs batches"):
        game(27).players[0].gradients(X)
    assert play(game(27), [(X, y - 1)], 2)["step"] == 2
    with pytest.raises(ValueError, match=r"\[N, 1 \+ K\]"):
        play(game(2), [(X, y)], 1)


def test_batch_norm_that_meets_one_sample_is_one_sentence():
    D = nn.Sequential(nn.Flatten(), nn.Linear(256, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
    game = gan(mlp_generator(64, SHAPE, (8,)), D, device="cpu")
    loader = DataLoader(TensorDataset(torch.cat([X, X[:1]])), 9)  # 37 samples
    with pytest.raises(ValueError, match="batch norm met a batch of one sample.*drop_last=True"):
        play(game, loader, 9)
    assert game.step == 4


def test_the_remedies_named_for_conditional_batch_norm_and_projection_work():
    G = residual_generator(16, SHAPE, 4, norm=partial(ConditionalBatchNorm2d, classes=10))
    D = residual_critic(SHAPE, 4, head=partial(Projection, classes=10))
    game = gan(G, D, latent=Normal(16), device="cpu")
    with pytest.raises(ValueError, match="labels=True"):
        play(game, digits().batches(8, device="cpu"), 1)
    play(game, digits().batches(8, labels=True, device="cpu"), 1)


def test_a_latent_that_hands_out_what_it_holds_is_asked_by_the_moves_alone():
    for take in (lambda held: next(held), lambda held: held.pop(0)):
        noise = [torch.randn(36, 64) for _ in range(4)]
        held = iter(noise) if take.__code__.co_names == ("next",) else noise
        play(on_images(latent=lambda n, device: take(held), ema=None), [X], 2)  # noqa: B023
        with pytest.raises((RuntimeError, IndexError, StopIteration)):
            take(held)
