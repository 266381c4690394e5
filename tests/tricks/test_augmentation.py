"""DiffAugment: ranges of its changes, gradients to G, and one layer for all that D sees."""

import pytest
import torch
from games_for_tests import same, weights
from torch import nn

from gan_course import Normal, gan, play, r1
from gan_course.data import digits
from gan_course.networks import mlp_discriminator, mlp_generator
from gan_course.tricks import DiffAugment

ALL = ("color", "translation", "cutout")


def images(n=500, channels=3, side=16):
    torch.manual_seed(0)
    return torch.rand(n, channels, side, side) * 2 - 1


@pytest.mark.parametrize("kinds", [*[(kind,) for kind in ALL], ALL])
@pytest.mark.parametrize("shape", [(5, 1, 16, 16), (3, 3, 17, 9)])
def test_shapes_and_dtypes_stay_and_eval_mode_changes_nothing(kinds, shape):
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        x = torch.randn(shape, dtype=dtype)
        T = DiffAugment(*kinds)
        assert T(x).shape == x.shape and T(x).dtype == dtype
        assert not torch.equal(T(x), x) and T.eval()(x) is x


@pytest.mark.parametrize("kinds", [*[(kind,) for kind in ALL], ALL])
def test_the_gradient_that_arrives_is_that_of_finite_differences(kinds):
    x, w = torch.randn(2, 4, 2, 8, 8, dtype=torch.float64)
    x.requires_grad_()

    def seen(x):
        torch.manual_seed(5)
        return (DiffAugment(*kinds)(x) * w).sum()

    (slope,) = torch.autograd.grad(seen(x), x)
    direction = torch.randn_like(x)
    with torch.no_grad():
        rise = (seen(x + 1e-6 * direction) - seen(x - 1e-6 * direction)) / 2e-6
    assert (slope * direction).sum().item() == pytest.approx(rise.item(), rel=1e-6)
    assert slope.abs().sum() > 0


def test_the_same_draw_is_the_same_change_of_real_and_fake():
    """T acts on what it sees, not on where that comes from: linear but for brightness."""
    real, fake, T = images(4), -images(4).flip(0), DiffAugment("translation", "cutout")

    def at(x):
        torch.manual_seed(3)
        return T(x)

    assert torch.allclose(at(real) + at(fake), at(real + fake), atol=1e-6)


def test_translation_moves_by_up_to_an_eighth_and_fills_with_zeros():
    x = torch.zeros(4000, 1, 16, 16)
    x[:, 0, 8, 8] = 1
    out = DiffAugment("translation")(x)[:, 0]
    assert torch.equal(out.sum((1, 2)), torch.ones(4000))
    rows, columns = out.amax(2).argmax(1) - 8, out.amax(1).argmax(1) - 8
    for moved in (rows, columns):
        counts = torch.bincount(moved + 2, minlength=5)
        assert moved.min() == -2 and moved.max() == 2 and counts.min() > 650  # 800 expected
    assert torch.corrcoef(torch.stack([rows, columns]).float())[0, 1].abs() < 0.06
    edge = DiffAugment("translation")(torch.ones(500, 1, 16, 16))
    kept = edge.sum((1, 2, 3))
    assert kept.max() == 256 and kept.min() == 14 * 14


def test_cutout_zeroes_a_window_of_half_the_side():
    out = DiffAugment("cutout")(torch.ones(2000, 2, 16, 16))
    holes = (out == 0).sum((2, 3))
    assert torch.equal(holes[:, 0], holes[:, 1])
    assert holes.max() == 64 and holes.min() == 16  # whole windows, and quarters in the corners
    assert ((out == 0) | (out == 1)).all()


def test_color_keeps_to_its_ranges():
    flat = torch.full((3000, 1, 4, 4), 0.25)
    brighter = DiffAugment("color")(flat)[:, 0, 0, 0] - 0.25  # contrast and saturation do nothing
    assert -0.5 <= brighter.min() < -0.48 and 0.48 < brighter.max() <= 0.5
    x = images(3000, channels=1)
    contrast = DiffAugment("color")(x).std((1, 2, 3)) / x.std((1, 2, 3))
    assert 0.5 <= contrast.min() < 0.52 and 1.48 < contrast.max() <= 1.5001
    coloured = torch.zeros(3000, 3, 4, 4)
    coloured[:, 0] = 0.5
    out = DiffAugment("color")(coloured)
    spread = (out[:, 0] - out[:, 1]).flatten(1).amax(1)  # saturation times contrast, of 0.5
    assert spread.min() < 0.02 and 1.2 < spread.max() <= 1.5


def game(*kinds, penalties=()):
    torch.manual_seed(0)
    G, D = mlp_generator(8, (1, 16, 16), (16,)), mlp_discriminator((1, 16, 16), (16,))
    D = nn.Sequential(DiffAugment(*kinds), *D) if kinds else D
    return gan(G, D, latent=Normal(8), penalties=penalties, device="cpu")


class Watcher(nn.Module):
    """Counts the passes that see augmented images, and keeps what came in."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append((len(x), x.requires_grad))
        return x


def test_data_and_samples_pass_it_in_ds_move_and_samples_in_gs_with_their_gradient():
    g = game(*ALL)
    watcher = Watcher()
    torch.manual_seed(0)
    D = nn.Sequential(g.networks["D"][0], watcher, *g.networks["D"][1:])
    g = gan(g.networks["G"], D, latent=Normal(8), ema=None, device="cpu")
    batch = next(digits(16).batches(32, device="cpu"))
    D.train()
    g.players[0].gradients(*batch)
    assert watcher.seen == [(32, False), (32, False)]
    watcher.seen.clear()
    g.players[1].gradients(*batch)
    assert watcher.seen == [(32, True)]
    assert all(p.grad.abs().sum() > 0 for p in g.networks["G"].parameters())


def test_a_game_plays_with_it_twice_alike_and_with_r1():
    games = [game(*ALL, penalties=[(1, r1)]) for _ in range(2)]
    for g in games:
        play(g, digits(16).batches(32, device="cpu"), 4)
    assert same(*map(weights, games))


def test_mistakes_get_one_clear_sentence():
    with pytest.raises(ValueError, match="got \\['colour'\\]"):
        DiffAugment("colour")
    with pytest.raises(ValueError, match="got nothing"):
        DiffAugment()
    with pytest.raises(ValueError, match="takes images"):
        DiffAugment("color")(torch.zeros(4, 2))
