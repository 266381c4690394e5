"""Networks from image to image: what a skip carries, where noise stays, how far a patch sees."""

import pytest
import torch
from torch import nn

from gan_course.networks import DropoutNoise, patch_discriminator, torch_init, unet, upsampled


@pytest.mark.parametrize(
    ("channels", "widths", "sides"),
    [((1, 3), (4, 8, 16), (32, 32)), ((3, 1), (4, 4), (16, 24)), ((2, 2), (6,), (8, 8))],
)
@pytest.mark.parametrize("skips", [True, False])
@pytest.mark.parametrize("up", [None, upsampled])
def test_a_unet_keeps_the_sides_and_changes_the_channels(channels, widths, sides, skips, up):
    G = unet(channels, widths, skips=skips, **({"up": up} if up else {}))
    y = G(torch.randn(2, channels[0], *sides))
    assert y.shape == (2, channels[1], *sides) and y.abs().max() <= 1
    assert len(G.downs) == len(G.ups) == len(widths)


def features(G, x):
    """What the innermost layer hands on, and the image."""
    kept = []
    hook = G.downs[-1].register_forward_hook(lambda _, __, out: kept.append(out))
    y = G(x)
    hook.remove()
    return kept[0], y


def test_only_skips_carry_what_the_middle_has_lost():
    x = torch.randn(2, 1, 16, 16)
    for skips in (True, False):
        torch.manual_seed(0)
        G = unet((1, 1), (8, 8, 8), norm=nn.Identity, dropout=0, skips=skips, init=torch_init)
        with torch.no_grad():
            for parameter in G.downs[-1].parameters():
                parameter.zero_()  # the middle says nothing
            other = G(torch.randn(2, 1, 16, 16))
            assert features(G, x)[0].abs().max() == 0
            assert torch.equal(G(x), other) is not skips


def test_its_noise_stays_on_in_eval_mode_and_nothing_else_is_random():
    torch.manual_seed(0)
    G = unet((1, 1), (4, 8, 8, 8, 8), init=torch_init).eval()
    assert sum(isinstance(m, DropoutNoise) for m in G.modules()) == 3
    x = torch.randn(2, 1, 32, 32)
    assert not torch.equal(G(x), G(x))
    torch.manual_seed(1)
    first = G(x)
    torch.manual_seed(1)
    assert torch.equal(first, G(x))
    still = unet((1, 1), (4, 8, 8), dropout=0).eval()
    assert not any(isinstance(m, DropoutNoise) for m in still.modules())
    assert torch.equal(still(x), still(x))


@pytest.mark.parametrize("p", [0.0, 0.25, 0.5])
def test_dropout_noise_keeps_the_mean(p):
    torch.manual_seed(0)
    h = DropoutNoise(p).eval()(torch.ones(200, 200))
    assert h.mean().item() == pytest.approx(1, abs=0.03)
    assert (h == 0).float().mean().item() == pytest.approx(p, abs=0.02)


def field_of(D, side):
    """Which inputs the logit in the middle depends on: side of their square."""
    x = torch.randn(1, 1, side, side, requires_grad=True)
    out = D(x)
    middle = out.shape[2] // 2
    (slope,) = torch.autograd.grad(out[0, 0, middle, middle], x)
    rows = slope[0, 0].abs().sum(1).nonzero()
    return (rows.max() - rows.min() + 1).item()


@pytest.mark.parametrize(("halvings", "field"), [(0, 1), (1, 16), (2, 34), (3, 70)])
def test_each_logit_sees_the_patch_of_the_paper(halvings, field):
    torch.manual_seed(0)
    D = patch_discriminator(1, 2, halvings, norm=nn.Identity, init=torch_init)
    assert field_of(D, 128) == field


def test_a_patch_d_slides_over_any_size():
    D = patch_discriminator(4, 8, 1)
    assert D(torch.randn(3, 4, 16, 16)).shape == (3, 1, 6, 6)
    assert D(torch.randn(3, 4, 32, 24)).shape == (3, 1, 14, 10)


def test_both_say_what_they_need():
    with pytest.raises(ValueError, match="widths and channels of at least 1"):
        unet((1, 1), ())
    with pytest.raises(ValueError, match=r"a dropout in \[0, 1\)"):
        unet(dropout=1.0)
    with pytest.raises(ValueError, match=r"halves images 3 times.* multiples of 8.* 12\]"):
        unet((1, 1), (4, 4, 4))(torch.zeros(1, 1, 12, 12))
    with pytest.raises(ValueError, match="halvings of at least 0"):
        patch_discriminator(1, 8, -1)
