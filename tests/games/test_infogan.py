"""InfoGAN: its losses are the paper's, its bound a bound, its code is learned and read back."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from gan_course import Normal, infogan, non_saturating, play, r1, relativistic, sample
from gan_course.data import Dataset
from gan_course.networks import Chain, ConcatOneHot, mlp


def corners(n=90):
    """Three tight clouds, without a word on which is which."""
    generator = torch.Generator().manual_seed(0)
    places = torch.tensor([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]).repeat(n // 3, 1)
    return Dataset("corners", places + 0.05 * torch.randn(n, 2, generator=generator))


def game_of(codes=3, **options):
    torch.manual_seed(0)
    G, D = Chain(ConcatOneHot(codes), *mlp(2 + codes, 2, (32,))), mlp(2, 1 + codes, (32,))
    return infogan(G, D, codes=codes, latent=Normal(2), device="cpu", **options)


@pytest.mark.parametrize("objective", [non_saturating, relativistic])
@pytest.mark.parametrize("codes", [2, 5])
def test_both_losses_are_the_papers_and_the_record_holds_the_bound(objective, codes):
    game = game_of(codes, weight=0.5, objective=objective)
    G, D = game.networks["G"], game.networks["D"]
    x = corners(30).x
    for player, mine in zip(game.players, (objective.d, objective.g), strict=True):
        torch.manual_seed(1)
        loss, notes = player.loss(x)
        torch.manual_seed(1)
        c = torch.randint(codes, (30,))
        fake, real = D(G(torch.randn(30, 2), c)), D(x)
        H = -fake[:, 1:].log_softmax(1)[torch.arange(30), c].mean()
        sides = (real, fake) if player.name == "D" else (fake, real)
        plain = mine(*(side[:, 0] for side in sides))
        assert loss.item() == pytest.approx((plain + 0.5 * H).item(), rel=1e-5)
        assert notes["information"].item() == pytest.approx(math.log(codes) - H.item(), abs=1e-5)


def test_a_penalty_is_of_the_logit_for_real_alone():
    x = corners(30).x
    losses = []
    for penalties in ([], [(2.0, r1)]):
        game = game_of(penalties=penalties)
        torch.manual_seed(1)
        losses.append(game.players[0].loss(x)[0])
    D = game.networks["D"]
    expected = 2 * r1(lambda x: D(x)[:, :1], x)
    assert (losses[1] - losses[0]).item() == pytest.approx(expected.item(), rel=1e-4)


def test_a_code_that_g_ignores_carries_no_information():
    class Deaf(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = mlp(2, 2, (32,))

        def forward(self, z, c):
            return self.body(z)

    torch.manual_seed(0)
    game = infogan(Deaf(), mlp(2, 4, (32,)), codes=3, latent=Normal(2), lr=3e-3, device="cpu")
    record = play(game, corners().batches(64, device="cpu"), 200)
    assert -0.1 < record["G_information"] < 0.02  # it is a bound: below zero while Q is bad


def test_three_clouds_get_a_code_each_and_the_bound_rises():
    game = game_of(lr=3e-3, ema=None)
    data = corners()
    record = play(game, data.batches(64, device="cpu"), 500)
    assert 0.8 * math.log(3) < record["G_information"] <= math.log(3)
    with torch.no_grad():
        read = game.networks["D"](data.x)[:, 1:].argmax(1)
    assert all(len(read[cloud::3].unique()) == 1 for cloud in range(3))
    assert len(read.unique()) == 3  # whichever cloud has which code
    c = torch.arange(60) % 3
    points = sample(game, 60, c)
    assert all(points[c == k].std(0).max() < 0.5 for k in range(3))


def test_what_does_not_suit_it_is_one_sentence():
    data = corners()
    G = Chain(ConcatOneHot(3), *mlp(2 + 3, 2))
    make = partial(infogan, G, codes=3, latent=Normal(2), device="cpu")
    with pytest.raises(ValueError, match=r"each code, \[N, 4\].* got \[32, 1\]"):
        play(make(mlp(2, 1)), data.batches(32, device="cpu"), 1)
    labelled = Dataset("corners", data.x, torch.arange(90) % 3, ("a", "b", "c"))
    with pytest.raises(ValueError, match="without labels"):
        play(make(mlp(2, 4)), labelled.batches(32, labels=True, device="cpu"), 1)
    with pytest.raises(ValueError, match="at least two codes"):
        infogan(G, mlp(2, 2), codes=1, device="cpu")
    with pytest.raises(ValueError, match="shaped like the data"):
        wrong = infogan(Chain(ConcatOneHot(3), *mlp(5, 7)), mlp(2, 4), codes=3, latent=Normal(2), device="cpu")  # fmt: skip
        play(wrong, data.batches(32, device="cpu"), 1)


def test_bf16_networks_keep_losses_in_float32():
    game = game_of(bf16=True)
    loss, notes = game.players[0].loss(corners(30).x)
    assert loss.dtype == torch.float32 and notes["information"].dtype == torch.float32
