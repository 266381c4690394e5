"""Style transfer: the paper's two terms, an encoder that rests, exact resume."""

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again
from torch.nn.functional import mse_loss

from gan_course import play, style_transfer
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import from_images, paired
from gan_course.networks import borrow_style, style_transfer_network


def pictures(n=12, side=16, seed=5):
    draw = torch.Generator().manual_seed(seed)
    return from_images(torch.rand(n, 3, side, side, generator=draw) * 2 - 1)


def pairs(n=4, side=16):
    return paired(pictures(side=side), pictures(seed=6)).batches(n, device="cpu")


def small(**options):
    torch.manual_seed(0)
    return style_transfer(style_transfer_network(4, 2), device="cpu", **options)


@pytest.mark.parametrize("weight", [0.0, 10.0])
@pytest.mark.parametrize("side", [8, 16])
def test_the_loss_is_the_papers(weight, side):
    game = small(weight=weight)
    G = game.networks["G"]
    x, s = pictures(3, side).x, pictures(3, 16, seed=6).x
    loss, notes = game.players[0].loss(x, s)
    with torch.no_grad():
        t = borrow_style(G.levels(x)[-1], G.levels(s)[-1])
        mine, its = G.levels(G.decoder(t)), G.levels(s)
        content, style = mse_loss(mine[-1], t), 0.0
        for a, b in zip(mine, its, strict=True):
            style += mse_loss(a.mean((2, 3)), b.mean((2, 3)))
            deviations = [(h.var((2, 3), correction=0) + 1e-5).sqrt() for h in (a, b)]
            style += mse_loss(*deviations)
    torch.testing.assert_close(loss.detach(), content + weight * style)
    torch.testing.assert_close(notes["content"], content)
    torch.testing.assert_close(notes["style"], style)


def test_only_the_decoder_moves():
    game = small()
    before = weights(game)
    play(game, pairs(), 3)
    after = weights(game)
    moved = {name for name in after if not torch.equal(before[name], after[name])}
    assert moved == {name for name in after if name.startswith("G.decoder.")}


def test_play_lowers_the_loss_and_reports_both_terms():
    game = small(lr=3e-3)
    first = play(game, pairs(), 1)
    last = play(game, pairs(), 60)
    assert last["G_loss"] < first["G_loss"] and {"G_content", "G_style"} < last.keys()


def test_it_resumes_bit_for_bit(tmp_path):
    straight, first = small(), small()
    play(straight, pairs(), 5)
    batches = pairs()
    play(first, batches, 3)
    save(first, tmp_path / "game.pt")
    second = load(small(), tmp_path / "game.pt")
    play(second, batches, 2)
    assert same(weights(straight), weights(second))
    with pytest.raises(ValueError, match="style transfer"):
        load(small(weight=3.0), tmp_path / "game.pt")


def test_batches_that_are_no_pairs_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="content, style"):
        play(small(), pictures().batches(4, device="cpu"), 1)
    with pytest.raises(ValueError, match="shaped like the data"):
        play(small(), pairs(side=18), 1)  # no multiple of 4


def test_a_recorded_game_equals_the_plain_one():
    """On a stand-in for CUDA graphs."""
    plain, fast = small(), recorded(small(), recorder := Again())
    for game in (plain, fast):
        play(game, pairs(), 4)
    a, b = weights(plain), weights(fast)
    assert recorder.recorded and all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)
