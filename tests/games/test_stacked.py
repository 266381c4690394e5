"""StackedGAN: losses of each level, who moves what, and a stack that learns three clouds."""

import math

import pytest
import torch
from games_for_tests import same, weights
from recorders import Again
from torch import nn
from torch.nn.functional import cross_entropy

from gan_course import non_saturating, play, relativistic, sample, stacked
from gan_course.accelerate import recorded
from gan_course.checkpoint import load, save
from gan_course.data import Dataset
from gan_course.networks import Chain, ConcatOneHot, Joined, Stack, mlp

DIMS = (2, 3)  # of z_0, z_1
WIDE = 4  # features h_1


def corners(n=96):
    """Three clouds around corners, with their names."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(n) % 3
    places = torch.tensor([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])[y]
    x = places + 0.1 * torch.randn(n, 2, generator=generator)
    return Dataset("corners", x, y, ("a", "b", "c"))


def networks(hidden=(16,)):
    torch.manual_seed(0)
    bottom = Joined(mlp(DIMS[0] + WIDE, 2, hidden))
    top = Chain(ConcatOneHot(3), *mlp(DIMS[1] + 3, WIDE, hidden))
    D = [mlp(2, 1 + DIMS[0], hidden), mlp(WIDE, 1 + DIMS[1], hidden)]
    E = [nn.Sequential(nn.Linear(2, WIDE), nn.Tanh()), nn.Linear(WIDE, 3)]
    return Stack([bottom, top], DIMS), D, E


def game_of(**options):
    return stacked(*networks(), device="cpu", **options)


def features(E, x, y):
    return [x, E[0](x), y]


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("objective", [non_saturating, relativistic])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (0.5, 3.0)])
def test_losses_are_the_papers(weights, objective, joint):
    condition, entropy = weights
    G, D, E = networks()
    game = stacked(
        G, D, E, objective, joint=joint, condition=condition, entropy=entropy, device="cpu"
    )
    x, y = corners(24).x, corners(24).y
    names = [player.name for player in game.players]
    assert names == ["D_0", "D_1", "G_0", "G_1"]
    for player in game.players:
        i = int(player.name[-1])
        torch.manual_seed(1)
        loss, notes = player.loss(x, y)
        torch.manual_seed(1)
        z = torch.randn(24, sum(DIMS))
        z0, z1 = z[:, :2], z[:, 2:]
        h = features(E, x, y)
        above = [G.generators[1](z1, y) if joint else h[1], y][i]
        fake = G.generators[i]([z0, z1][i], above)
        real, made = D[i](h[i]), D[i](fake)
        missed = (made[:, 1:] - [z0, z1][i]).square().mean()
        if player.name[0] == "D":
            expected = objective.d(real[:, 0], made[:, 0]) + entropy * missed
        else:
            read = E[i](fake)
            unread = cross_entropy(read, y) if i else (read - above).square().mean()
            adversarial = objective.g(made[:, 0], real[:, 0])
            expected = adversarial + entropy * missed + condition * unread
            torch.testing.assert_close(notes["condition"], unread)
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(notes["z"], missed)


@pytest.mark.parametrize("joint", [False, True])
def test_each_player_moves_its_own_level_and_nobody_the_classifier(joint):
    game = game_of(joint=joint)
    batch = (corners(24).x, corners(24).y)
    owned = {"D_0": "D.0.", "D_1": "D.1.", "G_0": "G.generators.0.", "G_1": "G.generators.1."}
    for player in game.players:
        before = weights(game)
        player.move(*batch)
        moved = {k for k, w in weights(game).items() if not torch.equal(w, before[k])}
        assert moved and all(name.startswith(owned[player.name]) for name in moved)
    assert not any(p.requires_grad for p in game.networks["E"].parameters())


def test_the_stack_goes_from_the_top_to_the_bottom():
    G, _, _ = networks()
    z, y = torch.randn(5, 5), torch.tensor([0, 1, 2, 0, 1])
    h1 = G.generators[1](z[:, 2:], y)
    assert torch.equal(G(z, y, down_to=1), h1)
    assert torch.equal(G(z, y), G.generators[0](z[:, :2], h1))
    assert G(z, y, down_to=2) is y
    with pytest.raises(ValueError, match=r"takes z \[N, 5\]"):
        G(z[:, :4], y)
    with pytest.raises(ValueError, match="size of z for each"):
        Stack([mlp(2, 2)], (2, 2))


def test_a_batch_norm_in_the_classifier_stays_as_it_is():
    G, D, E = networks()
    E[0].append(nn.BatchNorm1d(WIDE))
    game = stacked(G, D, E, device="cpu")
    before = {k: v.clone() for k, v in E[0].state_dict().items()}
    play(game, corners().batches(32, labels=True, device="cpu"), 2)
    assert all(torch.equal(before[k], v) for k, v in E[0].state_dict().items())


def test_it_resumes_bit_for_bit(tmp_path):
    data = corners()
    straight, first = game_of(), game_of()
    play(straight, data.batches(32, labels=True, device="cpu"), 6)
    batches = data.batches(32, labels=True, device="cpu")
    play(first, batches, 4)
    save(first, tmp_path / "game.pt")
    second = load(game_of(), tmp_path / "game.pt")
    play(second, batches, 2)
    assert same(weights(straight), weights(second))
    with pytest.raises(ValueError):
        load(game_of(joint=True), tmp_path / "game.pt")


def test_a_stack_learns_three_clouds():
    """Level by level, then jointly, on a classifier that was trained before."""
    data = corners(300)
    torch.manual_seed(0)
    G, D, E = networks((32,))
    reader = nn.Sequential(*E)
    optimizer = torch.optim.Adam(reader.parameters(), 0.02)
    for _ in range(150):
        optimizer.zero_grad()
        cross_entropy(reader(data.x), data.y).backward()
        optimizer.step()
    batches = data.batches(64, labels=True, device="cpu")
    for joint in (False, True):
        game = stacked(G, D, E, joint=joint, lr=2e-3, ema=0.99, device="cpu")
        record = play(game, batches, 300)
    y = torch.arange(300) % 3
    points = sample(game, 300, y)
    right = (reader(points).argmax(1) == y).float().mean()
    centres = torch.stack([points[y == k].mean(0) for k in range(3)])
    wanted = torch.tensor([[0.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    assert right > 0.95 and (centres - wanted).norm(dim=1).max() < 0.35
    assert record["G_1_condition"] < 0.3 and math.isfinite(record["G_0_z"])
    assert record["G_0_z"] < 0.9  # z can be read back in part: without that it is 1 at best


def test_what_does_not_suit_it_is_one_sentence():
    G, D, E = networks()
    with pytest.raises(ValueError, match="2 generators needs as many"):
        stacked(G, D[:1], E, device="cpu")
    labelled = corners().batches(32, labels=True, device="cpu")
    with pytest.raises(ValueError, match="batches"):
        play(game_of(), corners().batches(32, device="cpu"), 1)
    with pytest.raises(ValueError, match=r"guess of z, here \[N, 3\]: .* got \[32, 1\]"):
        play(stacked(G, [mlp(2, 1), D[1]], E, device="cpu"), labelled, 1)
    wrong = Stack([Joined(mlp(DIMS[0] + WIDE, 5)), G.generators[1]], DIMS)
    with pytest.raises(ValueError, match="shaped like the data"):
        play(stacked(wrong, D, E, device="cpu"), labelled, 1)


@pytest.mark.parametrize("joint", [False, True])
def test_a_recorded_stack_equals_the_plain_one(joint):
    """On a stand-in for CUDA graphs."""
    there, game = game_of(joint=joint), game_of(joint=joint)
    game = recorded(game, recorder := Again())
    for one in (there, game):
        play(one, corners().batches(32, labels=True, device="cpu"), 7)
    a, b = weights(there), weights(game)
    assert all(torch.allclose(a[name], b[name], atol=1e-5) for name in a)
    assert recorder.recorded
