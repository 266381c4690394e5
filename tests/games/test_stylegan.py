"""StyleGAN's game: path lengths by their formula, even paths, what a checkpoint brings back."""

import pytest
import torch

from gan_course import Normal, play
from gan_course.checkpoint import load, save
from gan_course.data import Dataset
from gan_course.games import EvenPaths, path_lengths, stylegan
from gan_course.networks import style_discriminator, style_generator


def pictures():
    generator = torch.Generator().manual_seed(0)
    stored = torch.randint(256, (64, 3, 8, 8), dtype=torch.uint8, generator=generator)
    return Dataset("pictures", stored)


def game_of(seed=0, **options):
    torch.manual_seed(seed)
    G, D = style_generator(6, (3, 8, 8), (6, 4), dim=6), style_discriminator((3, 8, 8), (4, 6))
    return stylegan(G, D, latent=Normal(6), device="cpu", **options)


def state_of(game):
    networks = {**game.networks, **{f"average {n}": a.network for n, a in game.averages.items()}}
    return {
        f"{n}.{k}": v.clone() for n, net in networks.items() for k, v in net.state_dict().items()
    }


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 2, 8)])
def test_path_lengths_of_a_linear_g_are_its_jacobians(layers, shape):
    torch.manual_seed(0)
    n, dim, size = 5, 4, torch.Size(shape).numel()
    A = torch.randn(layers, dim, size).double()
    ws = torch.randn(n, layers, dim).double().requires_grad_()
    y = torch.randn(n, *shape).double()
    images = torch.einsum("nld,lds->ns", ws, A).view(n, *shape)
    along = torch.einsum("lds,ns->nld", A, y.flatten(1)) / (shape[1] * shape[2]) ** 0.5
    expected = along.square().sum(2).mean(1).sqrt()  # [N]: J^T y of each image, by hand
    torch.testing.assert_close(path_lengths(images, ws, y), expected)


def test_each_image_has_a_path_length_of_its_own():
    ws = torch.randn(2, 3, 4).double().requires_grad_()
    gain = torch.tensor([1.0, 10.0]).double()  # the second image moves ten times as far
    images = (ws.sum(1) * gain[:, None]).view(2, 1, 2, 2)
    lengths = path_lengths(images, ws, torch.ones(2, 1, 2, 2).double())
    assert (lengths[1] / lengths[0]).item() == pytest.approx(10)


def test_even_paths_are_compared_with_the_mean_so_far():
    penalty = EvenPaths()
    lengths = torch.tensor([1.0, 3.0])
    mean = 0.01 * 2
    value = penalty(lengths)
    assert penalty.mean.item() == pytest.approx(mean)
    assert value.item() == pytest.approx(((1 - mean) ** 2 + (3 - mean) ** 2) / 2)
    for _ in range(2000):
        value = penalty(lengths)
    assert value.item() == pytest.approx(1.0, abs=1e-3)  # their variance is left


def test_the_lazy_players_move_when_it_is_their_turn_and_g_alone_pays_for_paths():
    game = game_of()
    assert [p.name for p in game.players] == ["D", "D_r1", "G", "G_paths"]
    assert [p.every for p in game.players] == [1, 16, 1, 8]
    paths = game.players[-1]
    paths.gradients(pictures().x[:8])
    assert all(p.grad is None for p in game.networks["D"].parameters())
    heard = sum(
        p.grad is not None and p.grad.abs().sum() > 0 for p in game.networks["G"].parameters()
    )
    assert heard > 20
    assert "G_paths_length" in play(game, pictures().batches(8, device="cpu"), 1)
    assert "paths" not in game_of(path_weight=0).networks


def test_the_weight_of_the_path_lengths_counts_every_step():
    once, often = (game_of(path_weight=weight).players[-1] for weight in (1.0, 3.0))
    losses = []
    for player in (once, often):
        torch.manual_seed(1)
        losses.append(player.loss(pictures().x[:8])[0])
    assert (losses[1] / losses[0]).item() == pytest.approx(3)


@pytest.mark.parametrize("bf16", [False, True])
def test_it_resumes_bit_for_bit(tmp_path, bf16):
    straight, batches = game_of(bf16=bf16), pictures().batches(8, device="cpu")
    play(straight, batches, 5)
    save(straight, tmp_path / "game.pt")
    play(straight, batches, 13)  # past lazy moves of both kinds
    resumed = load(game_of(seed=7, bf16=bf16), tmp_path / "game.pt")
    play(resumed, pictures().batches(8, device="cpu"), 13)
    ours, theirs = state_of(straight), state_of(resumed)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[k], theirs[k]) for k in ours)
    assert straight.networks["paths"].mean > 0


def test_two_averages_one_of_gs_weights_and_one_of_w():
    game = game_of(ema=0.9)
    play(game, pictures().batches(8, device="cpu"), 40)
    G, average = game.networks["G"], game.averages["G"].network
    assert torch.equal(average.mean_w, G.mean_w) and G.mean_w.abs().sum() > 0
    pairs = zip(G.parameters(), average.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)
    before = average.mean_w.clone()
    average(torch.randn(50, 6))  # sampling moves neither
    assert torch.equal(before, average.mean_w)
