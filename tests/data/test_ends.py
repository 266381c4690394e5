"""Strips whose ends agree: what is drawn, and that it is read back without a mistake."""

import pytest
import torch

from gan_course.data import ends, ends_agree, exchanged, read_ends
from gan_course.data.ends import KINDS, _draw, _places


@pytest.fixture(scope="module")
def strips():
    return ends(1_000)


def test_strips_are_bytes_with_balanced_kinds_and_known_places(strips):
    assert strips.stored.shape == (1_000, 1, 16, 32) and strips.stored.dtype == torch.uint8
    assert strips.classes == KINDS and strips.y.bincount().tolist() == [250] * 4
    assert sorted(strips.factors) == ["left_x", "left_y", "right_x", "right_y"]
    assert strips.factors["left_x"].unique().tolist() == [-1, 0, 1]
    assert strips.factors["right_y"].unique().tolist() == [-2, -1, 0, 1, 2]


def test_the_middle_is_empty_and_each_half_is_one_of_sixty_drawings(strips):
    assert (strips.stored[..., 9:23] == 0).all()
    assert (strips.stored[..., [8, 23]] > 0).any()
    for half in strips.stored.chunk(2, 3):
        assert len(half.flatten(1).unique(dim=0)) == 60


def test_symbols_stand_where_the_factors_say(strips):
    ink = strips.stored[:, 0].double()
    columns = torch.arange(32).double() + 0.5
    for side, usual in (("left", 4.5), ("right", 27.5)):
        half = ink.clone()
        half[..., 16:] *= side == "right"
        half[..., :16] *= side == "left"
        mean = (half.sum(1) @ columns) / half.sum((1, 2))
        assert (mean - strips.factors[f"{side}_x"] - usual).abs().max() < 0.02


def test_places_of_the_two_ends_are_independent():
    strips = ends(20_000)
    places = torch.stack([*strips.factors.values()]).double()
    assert torch.corrcoef(places).triu(1).abs().max() < 0.03


def test_every_strip_is_read_right(strips):
    left, right = read_ends(strips.x)
    assert torch.equal(left, strips.y) and torch.equal(right, strips.y)
    assert ends_agree(strips.x).all()


def test_exchanged_strips_keep_their_halves_and_agree_by_chance():
    strips = ends(20_000)
    other = exchanged(strips.x)
    assert torch.equal(other[..., :16], strips.x[..., :16])
    assert torch.equal(other[1:, ..., 16:], strips.x[:-1, ..., 16:])
    assert ends_agree(other).float().mean().item() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("left", [True, False])
def test_symbols_between_the_pixels_are_read_too(left):
    torch.manual_seed(0)
    x, y = torch.rand(500) * 2 - 1, torch.rand(500) * 4 - 2
    kind = torch.randint(4, (500,))
    empty = torch.zeros(500, 16, 16)
    drawn = _draw(_places(x, y, left), kind)
    strip = torch.cat([drawn, empty] if left else [empty, drawn], 2)[:, None] * 2 - 1
    read, nothing = read_ends(strip) if left else read_ends(strip)[::-1]
    assert torch.equal(read, kind) and (nothing == -1).all()


def test_faint_noise_and_another_brightness_do_not_matter(strips):
    torch.manual_seed(0)
    ink = (strips.x + 1) / 2
    dim = 0.6 * ink + 0.05 * torch.randn_like(ink)
    assert ends_agree(dim * 2 - 1).all()


def test_what_is_no_symbol_cannot_be_read(strips):
    torch.manual_seed(0)
    noise = torch.rand(200, 1, 16, 32) * 2 - 1
    black, white = -torch.ones(1, 1, 16, 32), torch.ones(1, 1, 16, 32)
    faint = (strips.x[:200] + 1) * 0.2 - 1
    torn = strips.x[:200].clone()
    torn[..., 8:, :] = -1  # the lower half is missing; of some symbols that is little
    for images in (noise, black, white, faint):
        assert all((read == -1).all() for read in read_ends(images))
        assert not ends_agree(images).any()
    centred = (strips.factors["left_y"][:200] == 0) & (strips.y[:200] != 0)
    assert (read_ends(torn)[0][centred] == -1).all()


def test_one_unreadable_end_is_no_agreement(strips):
    images = strips.x.clone()
    images[..., 16:] = -1
    left, right = read_ends(images)
    assert torch.equal(left, strips.y) and (right == -1).all() and not ends_agree(images).any()


def test_the_seed_fixes_the_strips_and_the_global_state_is_left_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    assert torch.equal(ends(50, seed=3).stored, ends(50, seed=3).stored)
    assert not torch.equal(ends(50, seed=3).stored, ends(50, seed=4).stored)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("n", [0, -1, 2.5, "ten", True])
def test_no_strips_are_refused(n):
    with pytest.raises(ValueError, match="whole number"):
        ends(n)


def test_other_images_are_refused():
    with pytest.raises(ValueError, match=r"\[n, 1, 16, 32\]"):
        read_ends(torch.zeros(2, 1, 32, 32))
