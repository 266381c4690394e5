"""CoGAN: losses by hand, what is shared moves once, pairs of one z, resumes and sentences."""

import pytest
import torch
from games_for_tests import same, weights
from torch import nn

from gan_course import Normal, cogan, non_saturating, play, relativistic, sample
from gan_course.checkpoint import load, save
from gan_course.data import Dataset, glyphs, paired, ring, twins
from gan_course.networks import dcgan_discriminator, dcgan_generator, mlp, tie


def points():
    """Two clouds in each kind; nothing says which belongs to which."""
    generator = torch.Generator().manual_seed(0)
    side = torch.tensor([-1.0, 1.0]).repeat(100)
    x = torch.stack([side, torch.zeros(200)], 1) + 0.1 * torch.randn(200, 2, generator=generator)
    return paired(Dataset("x", x), Dataset("y", x.flip(1))).batches(32, device="cpu")


def game_of(seed=0, shared=True, objective=non_saturating, **options):
    torch.manual_seed(seed)
    G_X, G_Y = mlp(3, 2, (16, 16)), mlp(3, 2, (16, 16))
    D_X, D_Y = mlp(2, 1, (16, 16)), mlp(2, 1, (16, 16))
    if shared:
        tie(G_X, G_Y, slice(0, -1))
        tie(D_X, D_Y, slice(-1, None))
    return cogan(G_X, G_Y, D_X, D_Y, objective, **{"latent": Normal(3), "device": "cpu", **options})


@pytest.mark.parametrize("objective", [non_saturating, relativistic])
def test_both_losses_are_sums_over_the_kinds_at_one_z(objective):
    game = game_of(objective=objective)
    G_X, G_Y, D_X, D_Y = (game.networks[k] for k in ("G_X", "G_Y", "D_X", "D_Y"))
    x, y = next(points())
    for player, mine in zip(game.players, (objective.d, objective.g), strict=True):
        torch.manual_seed(1)
        loss, _ = player.loss(x, y)
        torch.manual_seed(1)
        z = torch.randn(32, 3)
        kinds = [(D_X(x), D_X(G_X(z))), (D_Y(y), D_Y(G_Y(z)))]
        expected = sum(mine(*(k if player.name == "D" else k[::-1])) for k in kinds)
        assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert {"fake_X", "accuracy_real_Y"} <= game.players[0].loss(x, y)[1].keys()


def test_what_is_shared_stands_once_with_its_player_and_stays_shared():
    apart, together = game_of(shared=False), game_of()
    sizes = [[sum(p.numel() for p in q.parameters) for q in g.players] for g in (apart, together)]
    inner = 16 * 3 + 16 + 16 * 16 + 16  # two hidden layers of a G
    assert sizes[0][1] - sizes[1][1] == inner and sizes[0][0] - sizes[1][0] == 17
    play(together, points(), 3)
    G_X, G_Y, D_X, D_Y = (together.networks[k] for k in ("G_X", "G_Y", "D_X", "D_Y"))
    assert G_X[0] is G_Y[0] and D_X[-1] is D_Y[-1]
    assert not torch.equal(G_X[-1].weight, G_Y[-1].weight)
    assert not torch.equal(D_X[0].weight, D_Y[0].weight)
    averaged = [together.averages[k].network for k in ("G_X", "G_Y")]
    assert torch.equal(averaged[0][0].weight, averaged[1][0].weight)  # as they should be


def test_d_moves_first_and_each_team_moves_itself_alone():
    game = game_of()
    assert [player.name for player in game.players] == ["D", "G"]
    for player, resting in zip(game.players, "GD", strict=True):
        names = [name for name in game.networks if name.startswith(resting)]
        before = [p.clone() for name in names for p in game.networks[name].parameters()]
        player.move(*next(points()))
        after = [p for name in names for p in game.networks[name].parameters()]
        assert all(map(torch.equal, before, after))


def test_it_resumes_bit_for_bit_and_shows_pairs_of_one_z(tmp_path):
    source, game = points(), game_of(lr=1e-3)
    play(game, source, 3)
    save(game, tmp_path / "game.pt")
    play(game, source, 3)
    again = game_of(seed=5, lr=1e-3)
    load(again, tmp_path / "game.pt")
    play(again, source, 3)
    assert same(weights(game), weights(again))
    with pytest.raises(ValueError, match="objective"):
        load(game_of(lr=1e-3, objective=relativistic), tmp_path / "game.pt")
    torch.manual_seed(0)
    z = Normal(3)(5, torch.device("cpu"))
    for name in ("G_X", "G_Y"):
        assert torch.allclose(sample(game, 5, network=name), game.averages[name].network(z))


def test_swapping_a_pairing_of_unshared_teams_changes_no_loss():
    """Marginals alone say nothing of pairs: G_Y(z) and G_Y(-z) have one distribution."""
    torch.manual_seed(0)
    game = game_of(shared=False)
    G_Y, D_Y = game.networks["G_Y"], game.networks["D_Y"]
    z = torch.randn(20000, 3)
    straight, turned = D_Y(G_Y(z)).mean(), D_Y(G_Y(-z)).mean()
    spread = D_Y(G_Y(z)).std() / 20000**0.5
    assert abs(straight - turned) < 5 * spread


def test_it_plays_on_images_in_bf16_too():
    torch.manual_seed(0)
    a, b = twins(40, size=8)
    G_X, G_Y = (dcgan_generator(4, (1, 8, 8), 4) for _ in range(2))
    D_X, D_Y = (dcgan_discriminator((1, 8, 8), 4, norm=nn.Identity) for _ in range(2))
    tie(G_X, G_Y, slice(0, 5)), tie(D_X, D_Y, slice(-2, None))
    game = cogan(G_X, G_Y, D_X, D_Y, latent=Normal(4), bf16=True, device="cpu")
    record = play(game, paired(a, b).batches(8, device="cpu"), 3)
    assert record["D_accuracy_real_X"] >= 0
    assert sample(game, 3, network="G_Y").shape == (3, 1, 8, 8)
    loss, notes = game.players[0].loss(a.x[:8], b.x[:8])
    assert loss.dtype == torch.float32
    assert all(note.dtype == torch.float32 for note in notes.values())


def test_tie_shares_the_layers_themselves_and_says_what_it_needs():
    first, second = mlp(2, 1, (8, 8)), mlp(2, 1, (8, 8))
    own = second[-1]
    assert tie(first, second, slice(0, 2)) is second
    assert second[0] is first[0] and second[-1] is own
    with pytest.raises(ValueError, match="two chains of as many layers"):
        tie(first, mlp(2, 1, (8,)), slice(0, 2))
    with pytest.raises(ValueError, match="places that exist"):
        tie(first, second, slice(9, None))


def test_what_does_not_suit_it_is_one_sentence():
    with pytest.raises(ValueError, match=r"cogan needs batches \(x, y\)"):
        play(game_of(), ring().batches(8, device="cpu"), 1)
    with pytest.raises(ValueError, match="G must return samples shaped like the data"):
        play(game_of(), paired(ring(), glyphs(8, 8)).batches(8, device="cpu"), 1)
