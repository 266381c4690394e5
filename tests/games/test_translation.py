"""pix2pix: losses by hand, who moves, what is open in the answer, and its sentences."""

from functools import partial

import pytest
import torch
from games_for_tests import same, weights
from torch import nn
from torch.nn.functional import mse_loss, softplus

from gan_course import pix2pix, play, regression, relativistic, translate
from gan_course.checkpoint import load, save
from gan_course.data import edges, from_images, glyphs, matched, paired
from gan_course.networks import patch_discriminator, torch_init, unet


def pairs(n=40):
    y = glyphs(n, 16)
    return matched(from_images(edges(y.x)), y)


def game_of(dropout=0.5, norm=nn.BatchNorm2d, seed=0, **options):
    torch.manual_seed(seed)
    G = unet((1, 1), (4, 8), dropout=dropout, norm=norm)
    D = patch_discriminator(2, 4, 1, norm=norm)
    return pix2pix(G, D, device="cpu", **options)


def batches(n=8):
    return pairs().batches(n, device="cpu")


@pytest.mark.parametrize("weight", [0.0, 10.0])
def test_both_losses_by_hand(weight):
    game = game_of(norm=nn.Identity, dropout=0, weight=weight)
    G, D = game.networks["G"], game.networks["D"]
    torch.manual_seed(1)
    x, y = next(batches())
    real, fake = D(torch.cat([x, y], 1)), D(torch.cat([x, G(x)], 1))
    d, _ = game.players[0].loss(x, y)
    g, notes = game.players[1].loss(x, y)
    assert d.item() == pytest.approx((softplus(-real).mean() + softplus(fake).mean()).item())
    distance = (y - G(x)).abs().mean()
    expected = softplus(-fake).mean() + weight * distance
    assert g.item() == pytest.approx(expected.item(), rel=1e-6)
    assert notes["distance"].item() == pytest.approx(distance.item(), rel=1e-6)


def test_a_paired_objective_shows_d_the_real_pair_in_gs_move_too():
    game = game_of(norm=nn.Identity, dropout=0, weight=0.0, objective=relativistic)
    G, D = game.networks["G"], game.networks["D"]
    x, y = next(batches())
    real, fake = D(torch.cat([x, y], 1)), D(torch.cat([x, G(x)], 1))
    expected = relativistic.g(fake, real)
    assert game.players[1].loss(x, y)[0].item() == pytest.approx(expected.item(), rel=1e-6)


def test_each_player_moves_its_own_network_and_d_comes_first():
    game = game_of()
    assert [player.name for player in game.players] == ["D", "G"]
    for player, other in zip(game.players, "GD", strict=True):
        before = [p.clone() for p in game.networks[other].parameters()]
        player.move(*next(batches()))
        assert all(map(torch.equal, before, game.networks[other].parameters()))
        assert all(p.grad is None for p in game.networks[other].parameters()) or other == "D"


def test_records_and_a_resume_bit_for_bit(tmp_path):
    source = batches()
    game = game_of()
    record = play(game, source, 3)
    assert {"D_accuracy_real", "G_distance", "G_gradient"} <= record.keys()
    save(game, tmp_path / "game.pt")
    play(game, source, 3)
    again = game_of(seed=5)
    load(again, tmp_path / "game.pt")
    play(again, source, 3)
    assert same(weights(game), weights(again))
    with pytest.raises(ValueError, match="objective"):
        load(game_of(weight=1.0), tmp_path / "game.pt")


def test_translate_follows_the_seed_and_leaves_the_callers_state_alone():
    game = game_of()
    play(game, batches(), 2)
    x = pairs().a.x[:5]
    before = torch.get_rng_state()
    first = translate(game, x)
    assert torch.equal(before, torch.get_rng_state()) and first.shape == (5, 1, 16, 16)
    assert torch.equal(first, translate(game, x)) and not first.requires_grad
    assert not torch.equal(first, translate(game, x, seed=1))
    raw = game_of(ema=None)
    assert translate(raw, x).shape == (5, 1, 16, 16)
    with pytest.raises(ValueError, match="no network called 'F'"):
        translate(game, x, network="F")
    with pytest.raises(ValueError, match="translate needs samples"):
        translate(game, x[:0])


def coin(n=1000):
    """Black squares that belong to answers of -1, 0.2 and 0.8, with chances .4, .2 and .4."""
    answers = torch.tensor([-1.0, -1.0, 0.2, 0.8, 0.8]).repeat(n // 5)
    y = answers[:, None, None, None].expand(-1, 1, 8, 8).contiguous()
    return matched(from_images(torch.zeros(n, 1, 8, 8)), from_images(y))


@pytest.mark.parametrize(("distance", "middle"), [(None, 0.2), (mse_loss, -0.04)])
def test_regression_answers_with_the_median_or_the_mean(distance, middle):
    torch.manual_seed(0)
    G = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Tanh())
    options = {} if distance is None else {"distance": distance}
    game = regression(G, lr=5e-3, device="cpu", ema=0.9, **options)
    record = play(game, coin().batches(256, device="cpu"), 800)
    assert record["G_loss"] == record["G_distance"]
    made = translate(game, torch.zeros(1, 1, 8, 8))
    assert made.mean().item() == pytest.approx(middle, abs=0.08)


def test_bf16_networks_keep_losses_in_float32():
    game = game_of(bf16=True)
    for player in game.players:
        loss, notes = player.loss(*next(batches()))
        assert loss.dtype == torch.float32
        assert all(note.dtype == torch.float32 for note in notes.values())
        player.move(*next(batches()))


def test_what_does_not_suit_it_is_one_sentence():
    data = glyphs(20, 16)
    lines = from_images(edges(data.x))
    with pytest.raises(ValueError, match=r"pix2pix needs batches \(x, y\).* returns x alone"):
        play(game_of(), data.batches(8, device="cpu"), 1)
    with pytest.raises(ValueError, match=r"two kinds of samples.* x and \[\[8\]\]"):
        play(game_of(), data.batches(8, labels=True, device="cpu"), 1)
    three = from_images(torch.zeros(20, 3, 16, 16))
    with pytest.raises(ValueError, match=r"G must return samples shaped like those"):
        play(game_of(), matched(lines, three).batches(8, device="cpu"), 1)
    with pytest.raises(ValueError, match=r"G does not take inputs \[8, 3, 16, 16\]"):
        play(game_of(), matched(three, data).batches(8, device="cpu"), 1)
    make = partial(pix2pix, unet((1, 1), (4, 8)), device="cpu")
    with pytest.raises(ValueError, match=r"D does not take inputs \[8, 2, 16, 16\]"):
        play(make(patch_discriminator(1, 4, 1)), matched(lines, data).batches(8, device="cpu"), 1)
    raw = [(lines.x, 127.5 * (data.x + 1))]
    with pytest.raises(ValueError, match="G ends in Tanh"):
        play(game_of(), raw, 1)
    with pytest.raises(ValueError, match="regression needs batches"):
        play(regression(unet((1, 1), (4, 8)), device="cpu"), data.batches(8, device="cpu"), 1)
    assert torch_init and paired  # both kinds of pairs suit its shape
    play(game_of(), paired(lines, data).batches(8, device="cpu"), 1)
