"""Growing networks: exact at both ends of a fade, blind to what is not in use yet."""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate

from gan_course.networks import (
    GrowingDiscriminator,
    GrowingGenerator,
    PixelNorm,
    at_stage,
    equalized,
    fade,
    he_init,
    set_stage,
)
from gan_course.penalties import gradient_norm
from gan_course.tricks import MinibatchDeviation

SHAPES = [(1, 8, 8), (3, 16, 16), (1, 32, 32)]


def pair(shape=(3, 16, 16), width=4, **options):
    torch.manual_seed(0)
    G = GrowingGenerator(6, shape, width).double()
    return G, GrowingDiscriminator(shape, width, **options).double()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_new_network_stands_at_its_full_size(shape):
    G, D = pair(shape)
    z = torch.randn(4, 6).double()
    assert G.now() == D.now() == (G.last, 1.0) and 4 << G.last == shape[-1]
    assert G(z).shape == (4, *shape) and D(G(z)).shape == (4, 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_fade_at_0_is_the_old_network_and_at_1_the_new(shape):
    G, D = pair(shape)
    z = torch.randn(4, 6).double()
    x = torch.randn(4, *shape).double()
    for stage in range(1, G.last + 1):
        old, judged = set_stage(G, stage - 1)(z), set_stage(D, stage - 1)(x)
        assert torch.equal(set_stage(G, stage, 0.0)(z), old)
        torch.testing.assert_close(set_stage(D, stage, 0.0)(x), judged, rtol=1e-12, atol=1e-12)
        new, verdict = set_stage(G, stage)(z), set_stage(D, stage)(x)
        with torch.no_grad():  # at 1 nothing is left of the old ends
            G.to_rgb[stage - 1].bias.add_(9.0), D.from_rgb[stage - 1][0].bias.add_(9.0)
        assert torch.equal(G(z), new) and torch.equal(D(x), verdict)
        assert not torch.equal(new, old)
        for alpha in (0.0, 0.25, 0.5):  # and between, the images lie on a line
            end = set_stage(G, stage, 0.0)(z)
            torch.testing.assert_close(
                set_stage(G, stage, alpha)(z), end + float(torch.tensor(alpha)) * (new - end)
            )


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_at_a_stage_images_are_repeated_and_judged_by_their_means(stage):
    G, D = pair()
    set_stage(G, stage), set_stage(D, stage)
    images = G(torch.randn(4, 6).double())
    size = 4 << stage
    small = images[:, :, :: 16 // size, :: 16 // size]
    assert torch.equal(images, interpolate(small, size=16))
    x = torch.randn(4, 3, 16, 16).double()
    torch.testing.assert_close(D(x), D(at_stage(x, stage)))
    torch.testing.assert_close(D(x), D(interpolate(avg_pool2d(x, 16 // size), size=16)))


def test_what_lies_above_the_stage_has_no_gradient():
    G, D = pair()
    set_stage(G, 1), set_stage(D, 1)
    D(G(torch.randn(4, 6).double())).sum().backward()
    for part, used in (
        (G.blocks, [True, False]),
        (D.blocks, [True, False]),
        (G.to_rgb, [False, True, False]),
        (D.from_rgb, [False, True, False]),
    ):
        assert [all(p.grad is not None for p in block.parameters()) for block in part] == used
        assert [any(p.grad is not None for p in block.parameters()) for block in part] == used


@pytest.mark.parametrize("stage", [1, 2])
def test_at_alpha_0_the_new_block_has_gradient_zero_and_at_a_half_some(stage):
    for alpha in (0.0, 0.5):
        G, D = pair()
        set_stage(G, stage, alpha), set_stage(D, stage, alpha)
        D(G(torch.randn(4, 6).double())).sum().backward()
        new = [*G.blocks[stage - 1].parameters(), *D.blocks[stage - 1].parameters()]
        assert all(bool(p.grad.any()) == (alpha > 0) for p in new)


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_the_slope_on_the_full_image_is_that_on_the_small_one_divided(stage):
    """Each of k x k pixels carries 1 / k^2 of the small image's slope: |grad| is 1 / k of it."""
    _, D = pair()
    k = 4 >> stage
    x = torch.randn(3, 3, 16, 16).double()
    full = gradient_norm(set_stage(D, stage), x)

    def on_small(small):
        return D(interpolate(small, scale_factor=k))

    small = gradient_norm(on_small, avg_pool2d(x, k))
    torch.testing.assert_close(full, small / k)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_fade_follows_its_formula(alpha):
    old, new = torch.randn(2, 3, 4, 4), torch.randn(2, 3, 8, 8)
    up = old.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(fade(old, new, alpha), (1 - alpha) * up + alpha * new)
    if alpha in (0, 1):
        assert torch.equal(fade(old, new, alpha), new if alpha else up)


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_real_images_fade_too(stage):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 32, 32).double()
    now = at_stage(x, stage)
    torch.testing.assert_close(at_stage(now, stage), now)
    if stage:
        before = at_stage(x, stage - 1)
        torch.testing.assert_close(at_stage(x, stage, 0.0), before)
        torch.testing.assert_close(at_stage(x, stage, 0.3), 0.7 * before + 0.3 * now)
        torch.testing.assert_close(at_stage(x, stage, 0.3).mean((2, 3)), x.mean((2, 3)))
    if stage == 3:
        torch.testing.assert_close(now, x)


def test_gains_are_the_papers():
    G, D = pair()
    parts = {"first": G.first[2], "rgb": G.to_rgb[1], "conv": G.blocks[0][1], "last": D.end[-1]}
    gains = {
        name: layer.parametrizations.weight[0].c * layer.weight[0].numel() ** 0.5
        for name, layer in parts.items()
    }
    root = 2**0.5
    assert gains == pytest.approx({"first": root / 4, "rgb": 1.0, "conv": root, "last": 1.0})


def test_each_invention_can_be_left_out():
    options = {"norm": nn.Identity, "weights": he_init}
    torch.manual_seed(3)
    bare = GrowingGenerator(6, (1, 8, 8), 4, **options)
    judge = GrowingDiscriminator((1, 8, 8), 4, compare=nn.Identity, weights=he_init)
    kinds = {type(m) for network in (bare, judge) for m in network.modules()}
    assert not kinds & {PixelNorm, MinibatchDeviation}
    assert not any(nn.utils.parametrize.is_parametrized(m) for m in judge.modules())
    torch.manual_seed(3)
    equal = GrowingGenerator(6, (1, 8, 8), 4, norm=nn.Identity, weights=equalized)
    z = torch.randn(4, 6)
    torch.testing.assert_close(bare(z), equal(z))  # one function at the start


@pytest.mark.parametrize("compare", [MinibatchDeviation, partial(MinibatchDeviation, 4)])
def test_the_deviation_gives_equal_samples_away(compare):
    _, D = pair(compare=compare)
    layer = next(m for m in D.modules() if isinstance(m, MinibatchDeviation))
    seen = []
    layer.register_forward_hook(lambda _, __, out: seen.append(out[:, -1]))
    x = torch.randn(8, 3, 16, 16).double()
    D(x), D(x[:1].expand(8, -1, -1, -1))
    assert (seen[0] > 1e-2).all() and (seen[1] < 2e-4).all()


def test_copies_and_checkpoints_hold_the_stage():
    G, _ = pair()
    set_stage(G, 1, 0.25)
    twin, other = copy.deepcopy(G), pair()[0]
    other.load_state_dict(G.state_dict())
    assert twin.now() == other.now() == (1, 0.25)
    assert "stage=1 of 2, alpha=0.25, 8 pixels" in repr(G)


def test_set_stage_reaches_inside_and_refuses_what_is_not_there():
    G, D = pair()
    wrapped = nn.Sequential(nn.Identity(), D)
    assert set_stage(wrapped, 1, 0.5) is wrapped and D.now() == (1, 0.5)
    for stage, alpha in ((3, 1.0), (-1, 1.0), (1.5, 1.0), (1, 1.1), (1, -0.1), (1, float("nan"))):
        with pytest.raises(ValueError, match=r"stages 0 to 2 and alpha lies in \[0, 1\]"):
            set_stage(G, stage, alpha)
    with pytest.raises(ValueError, match="a Linear has no stages"):
        set_stage(nn.Linear(2, 2), 0)


def test_wrong_shapes_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="square images"):
        GrowingGenerator(6, (1, 12, 12))
    G, D = pair()
    with pytest.raises(ValueError, match=r"\[N, 6\]"):
        G(torch.zeros(2, 5).double())
    with pytest.raises(ValueError, match=r"\[N, 3, 16, 16\]"):
        D(torch.zeros(2, 3, 8, 8).double())
