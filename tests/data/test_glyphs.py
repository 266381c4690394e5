"""Glyphs: rendered characters whose labels are right and whose frames are filled."""

import string
from pathlib import Path

import pytest
import torch

from gan_course.data import glyphs
from gan_course.data.glyphs import FONTS, draw_masters

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture(scope="module")
def drawn():
    return glyphs(2_000)


@pytest.mark.parametrize("font", FONTS)
def test_every_font_draws_the_character_of_its_code(font):
    from matplotlib import get_data_path
    from matplotlib.ft2font import FT2Font

    face = FT2Font(str(Path(get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"))
    names = [face.get_glyph_name(face.get_char_index(ord(digit))) for digit in string.digits]
    letters = [face.get_glyph_name(face.get_char_index(ord(each))) for each in string.ascii_letters]
    assert tuple(names) == NAMES
    assert letters == list(string.ascii_letters)


def test_images_are_stored_as_bytes_with_balanced_classes(drawn):
    assert drawn.stored.shape == (2_000, 1, 32, 32) and drawn.stored.dtype == torch.uint8
    assert drawn.classes == tuple(string.digits)
    assert drawn.y.bincount().tolist() == [200] * 10


def test_every_glyph_fills_its_frame_and_stays_within(drawn):
    ink = drawn.stored[:, 0] > 127
    rows, columns = ink.any(2).sum(1), ink.any(1).sum(1)
    longer = torch.maximum(rows, columns) / 32
    assert (longer - drawn.factors["fill"]).abs().max() < 2 / 32
    assert longer.min() > 0.65 and longer.max() < 0.95
    border = torch.cat(
        [drawn.stored[..., [0, -1], :].flatten(1), drawn.stored[..., [0, -1]].flatten(1)], 1
    )
    assert border.max() < 128


def test_edges_are_antialiased_and_strokes_are_white(drawn):
    x = drawn.stored.flatten(1)
    assert (x.amax(1) > 200).float().mean() > 0.99
    assert 0.05 < ((x > 0) & (x < 255)).float().mean() < 0.3


def test_the_seed_fixes_the_images_and_the_random_state_is_left_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = glyphs(50, seed=1), glyphs(50, seed=1), glyphs(50, seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.stored, again.stored) and torch.equal(first.y, again.y)
    assert not torch.equal(first.stored, other.stored)


def test_weight_adds_ink_and_slant_leans_right(drawn):
    ink = drawn.x.add(1).mean((1, 2, 3))
    light, heavy = drawn.factors["weight"] < 0.008, drawn.factors["weight"] > 0.017
    assert ink[heavy].mean() > 1.15 * ink[light].mean()

    grid = torch.linspace(-1, 1, 32)
    mass = drawn.x[:, 0].add(1)
    mass = mass / mass.sum((1, 2), keepdim=True)
    x = grid - (mass.sum(1) * grid).sum(1, keepdim=True)  # [N, 32], from the centre of mass
    y = grid - (mass.sum(2) * grid).sum(1, keepdim=True)
    lean = -torch.einsum("nij,ni,nj->n", mass, y, x)  # positive: the top lies to the right
    slant = drawn.factors["slant"]
    assert lean[slant > 0.15].mean() > lean[slant < -0.1].mean() + 0.03


def test_labels_agree_with_the_pictures(drawn):
    """A nearest-neighbour judge of raw pixels, trained on other images, recognises the digits."""
    known = glyphs(4_000, seed=9)
    nearest = torch.cdist(drawn.x[:500].flatten(1), known.x.flatten(1)).argmin(1)
    assert (known.y[nearest] == drawn.y[:500]).float().mean() > 0.95


def test_letters_and_other_sizes_can_be_drawn():
    ds = glyphs(30, size=16, characters="ABCxyz")
    assert ds.shape == (1, 16, 16) and ds.classes == tuple("ABCxyz")
    assert ds.y.bincount().tolist() == [5] * 6


def test_masters_hold_the_distance_to_the_outline():
    distances, corners = draw_masters("0I")
    assert distances.shape == (2 * len(FONTS), 64, 64) and len(corners) == 2 * len(FONTS)
    # The longer side of every glyph is the unit: 96 of 128 pixels of the drawing.
    longer = (corners.amax(1) - corners.amin(1)).amax(1)
    assert (longer - 1).abs().max() < 0.04
    # Away from the ridges, a distance grows by one unit of length per unit of length.
    step = 2 / 96
    slope = (distances[..., :, 2:] - distances[..., :, :-2]) / (2 * step)
    assert slope.abs().max() < 1.01


@pytest.mark.parametrize("characters", ["", "00", "é", "a b", "1+"])
def test_characters_must_be_distinct_letters_and_digits(characters):
    with pytest.raises(ValueError, match="distinct ASCII letters and digits"):
        glyphs(10, characters=characters)


@pytest.mark.parametrize("bad", [{"n": 0}, {"n": -3}, {"size": 7}])
def test_too_few_or_too_small_images_are_refused(bad):
    with pytest.raises(ValueError, match="n >= 1 and size >= 8"):
        glyphs(**bad)
