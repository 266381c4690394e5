"""CycleGAN: its losses by hand, its history as the authors keep it, resumes and sentences."""

from functools import partial

import pytest
import torch
from games_for_tests import same, weights
from recorders import Frozen
from torch import nn

from gan_course import History, cyclegan, least_squares, play, relativistic, translate
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import edges, from_images, glyphs, paired, ring, twins, two_moons
from gan_course.networks import mlp, patch_discriminator, torch_init, unet

SHAPE = (1, 16, 16)


def domains(n=60):
    a, b = twins(n)
    return paired(a.take(torch.arange(n // 2)), b.take(torch.arange(n // 2, n)))


def batches(n=4):
    return domains().batches(n, device="cpu")


def game_of(seed=0, norm=nn.BatchNorm2d, **options):
    torch.manual_seed(seed)
    torch_made = {"norm": norm, "init": torch_init}
    translators = [unet((1, 1), (4, 8), dropout=0, **torch_made) for _ in range(2)]
    judges = [patch_discriminator(1, 4, 1, **torch_made) for _ in range(2)]
    return cyclegan(*translators, *judges, **{"shape": SHAPE, "device": "cpu", **options})


@pytest.mark.parametrize("objective", [least_squares, relativistic])
@pytest.mark.parametrize(("cycle", "identity"), [(10.0, 0.0), (0.0, 5.0), (3.0, 2.0)])
def test_all_losses_by_hand(objective, cycle, identity):
    game = game_of(norm=nn.Identity, cycle=cycle, identity=identity, objective=objective)
    G, F, D_X, D_Y = (game.networks[name] for name in ("G", "F", "D_X", "D_Y"))
    torch.manual_seed(1)
    x, y = next(batches())

    def apart(a, b):
        return (a - b).abs().mean()

    expected = objective.g(D_Y(G(x)), D_Y(y)) + objective.g(D_X(F(y)), D_X(x))
    expected = expected + cycle * (apart(F(G(x)), x) + apart(G(F(y)), y))
    expected = expected + identity * (apart(G(y), y) + apart(F(x), x))
    loss, notes = game.players[0].loss(x, y)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert notes["cycle_X"].item() == pytest.approx(apart(F(G(x)), x).item(), rel=1e-5)
    assert ("identity" in notes) is (identity > 0)
    d_X = objective.d(D_X(x), D_X(F(y)))  # a young history returns what it is shown
    d_Y = objective.d(D_Y(y), D_Y(G(x)))
    assert game.players[1].loss(x, y)[0].item() == pytest.approx(d_X.item(), rel=1e-5)
    assert game.players[2].loss(x, y)[0].item() == pytest.approx(d_Y.item(), rel=1e-5)


def test_both_translators_move_together_and_then_each_d_alone():
    game = game_of()
    assert [player.name for player in game.players] == ["G", "D_X", "D_Y"]
    movers = [{"G", "F"}, {"D_X"}, {"D_Y"}]
    for player, moved in zip(game.players, movers, strict=True):
        before = {k: [p.clone() for p in net.parameters()] for k, net in game.networks.items()}
        player.move(*next(batches()))
        for name, net in game.networks.items():
            unchanged = all(map(torch.equal, before[name], net.parameters()))
            assert unchanged is (name not in moved)


def test_d_is_shown_its_history_and_each_d_its_own():
    game = game_of(history=4, norm=nn.Identity)
    x, y = next(batches(4))
    for player in game.players[1:]:
        player.loss(x, y)
    G, F = game.networks["G"], game.networks["F"]
    assert torch.allclose(game.networks["history_X"].images, F(y))
    assert torch.allclose(game.networks["history_Y"].images, G(x))
    torch.manual_seed(3)
    later = [game.players[2].loss(-x, y)[0].item() for _ in range(8)]
    assert len(set(later)) > 1  # old and new images in other mixtures
    without = game_of(history=0, norm=nn.Identity)
    assert len({without.players[2].loss(x, y)[0].item() for _ in range(4)}) == 1


def numbered(*values):
    return torch.tensor(values, dtype=torch.float32)[:, None, None, None].expand(-1, 1, 2, 2)


def test_a_history_first_fills_and_returns_what_it_is_shown():
    past = History((1, 2, 2), 5)
    for new in (numbered(1, 2), numbered(3, 4)):
        assert torch.equal(past(new), new)
    assert past.images[:, 0, 0, 0].tolist() == [1, 2, 3, 4, 0] and past.seen == 4
    crossing = numbered(5, 6, 7)  # one place is left: all three come back
    assert torch.equal(past(crossing), crossing)
    assert sorted(past.images[:, 0, 0, 0].tolist()) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("batch", [1, 4, 5])
def test_a_full_history_exchanges_every_other_image_and_loses_none(batch):
    torch.manual_seed(0)
    past, given, returned = History((1, 2, 2), 5), [], []
    for step in range(200):
        new = numbered(*range(step * batch, (step + 1) * batch))
        given += new[:, 0, 0, 0].tolist()
        returned += past(new)[:, 0, 0, 0].tolist()
    kept = past.images[:, 0, 0, 0].tolist()
    # what came in is stored or has been returned: once, except the first five, returned at once
    assert sorted(set(returned + kept)) == given
    twice = [value for value in set(returned) if returned.count(value) + kept.count(value) > 1]
    assert set(twice) <= set(range(5))
    late = [(g, r) for g, r in zip(given, returned, strict=True) if g >= 20]
    changed = [r for g, r in late if r != g]
    assert len(changed) / len(late) == pytest.approx(0.5, abs=0.12)
    ages = [(g - r) / batch for g, r in late if r != g]
    assert max(ages) > 5 / batch  # some are older than the history is long


def test_every_place_of_a_history_is_drawn_alike():
    torch.manual_seed(0)
    past = History((1, 2, 2), 4)
    past(numbered(0, 1, 2, 3))
    hits = torch.zeros(4)
    for _ in range(1000):
        before = past.images.clone()
        past(numbered(9))
        hits += (before != past.images).flatten(1).any(1)
        past.images.copy_(numbered(0, 1, 2, 3))
    assert (hits / 1000 - 1 / 8).abs().max() < 0.04


def test_a_batch_larger_than_the_history_is_exchanged_in_parts_and_0_lets_pass():
    torch.manual_seed(0)
    past = History((1, 2, 2), 3)
    new = numbered(*range(10))
    out = past(new)
    assert out.shape == new.shape and torch.equal(out[:3], new[:3]) and past.seen == 10
    assert torch.equal(History((1, 2, 2), 0)(new), new)
    points = torch.randn(64, 2)
    assert torch.equal(History((2,), 50)(points)[:50], points[:50])
    x = numbered(1, 2).clone().requires_grad_()
    assert not History((1, 2, 2), 4)(x).requires_grad  # D's loss reaches no G through it


def test_resumes_bit_for_bit_history_included(tmp_path):
    source = batches()
    game = game_of(history=6, identity=1.0)
    record = play(game, source, 4)
    assert {"G_cycle_X", "G_identity", "D_X_accuracy_real", "D_Y_gradient"} <= record.keys()
    assert game.networks["history_X"].seen == 16
    save(game, tmp_path / "game.pt")
    play(game, source, 3)
    again = game_of(seed=5, history=6, identity=1.0)
    load(again, tmp_path / "game.pt")
    play(again, source, 3)
    assert same(weights(game), weights(again))
    for other in ({"history": 7}, {"cycle": 1.0}, {"identity": 2.0}):
        with pytest.raises(ValueError, match="its .* and here it is"):
            load(game_of(**{"history": 6, "identity": 1.0, **other}), tmp_path / "game.pt")


def of_points(**options):
    torch.manual_seed(0)
    G, F, D_X, D_Y = (mlp(2, out, (4,)) for out in (2, 2, 1, 1))
    return cyclegan(G, F, D_X, D_Y, shape=(2,), device="cpu", **options)


def test_points_are_translated_too_and_a_recorded_game_equals_the_plain_one():
    """On a stand-in for CUDA graphs that is blind to Python, as they are."""
    there, game = (of_points(history=6, identity=1.0) for _ in range(2))
    game = recorded(game, recorder := Frozen(game))
    for one in (there, game):
        play(one, paired(ring(), two_moons()).batches(4, device="cpu"), 5)
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-4) for name in a)
    assert recorder.recorded and game.networks["history_X"].seen == 20


def test_translates_both_ways_by_name():
    game = game_of()
    play(game, batches(), 2)
    x, y = next(batches())
    assert translate(game, x).shape == x.shape
    assert torch.equal(translate(game, y, "F"), game.averages["F"].network(y))


def test_kinds_of_other_shapes_and_bf16():
    torch.manual_seed(0)
    G, F = unet((1, 3), (4, 8), dropout=0), unet((3, 1), (4, 8), dropout=0)
    D_X, D_Y = patch_discriminator(1, 4, 1), patch_discriminator(3, 4, 1)
    make = partial(cyclegan, G, F, D_X, D_Y, shape=SHAPE, shape_Y=(3, 16, 16), device="cpu")
    game = make(bf16=True)
    lines = from_images(edges(glyphs(20, 16).x))
    data = paired(lines, from_images(torch.zeros(20, 3, 16, 16)))
    for player in game.players:
        loss, notes = player.loss(*next(data.batches(4, device="cpu")))
        assert loss.dtype == torch.float32
        assert all(note.dtype == torch.float32 for note in notes.values())
    play(game, data.batches(4, device="cpu"), 2)
    with pytest.raises(ValueError, match="cannot be left alone"):
        make(identity=1.0)


def test_what_does_not_suit_it_is_one_sentence():
    data = glyphs(20, 16)
    with pytest.raises(ValueError, match=r"cyclegan needs batches \(x, y\).* returns x alone"):
        play(game_of(), data.batches(4, device="cpu"), 1)
    three = from_images(torch.zeros(20, 3, 16, 16))
    with pytest.raises(ValueError, match="G must return samples shaped like those"):
        play(game_of(), paired(data, three).batches(4, device="cpu"), 1)
    with pytest.raises(
        ValueError, match=r"this history is for images \[N, 1, 8, 8\], got \[4, 1, 16"
    ):
        play(game_of(shape=(1, 8, 8)), batches(), 1)
    with pytest.raises(ValueError, match="a history stores 0 images or more"):
        game_of(history=-1)
