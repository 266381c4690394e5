"""Twins: one character in two kinds of writing, and sets whose rows belong together."""

import pickle

import pytest
import torch

from gan_course.data import edges, from_images, glyphs, matched, paired, ring, twins


@pytest.fixture(scope="module")
def both():
    return twins(400, seed=1)


def test_one_is_light_on_dark_and_the_other_dark_on_light(both):
    a, b = both
    assert a.shape == b.shape == (1, 16, 16) and len(a) == len(b) == 400
    assert a.x[..., ::15, ::15].mean() < -0.9 and b.x[..., ::15, ::15].mean() > 0.9  # corners
    assert -0.9 < a.x.mean() < -0.1 and 0.1 < b.x.mean() < 0.9


def test_rows_are_the_same_character_in_the_same_style_but_for_the_slant(both):
    a, b = both
    assert torch.equal(a.y, b.y) and a.y.bincount().tolist() == [40] * 10
    assert a.factors.keys() == glyphs(10).factors.keys() == b.factors.keys()
    for name in ("font", "weight", "rotation", "fill"):
        assert torch.equal(a.factors[name], b.factors[name])
    leans = b.factors["slant"] - a.factors["slant"]
    assert torch.allclose(leans, torch.full((400,), 0.45))
    assert a.factors["slant"].abs().max() <= 0.1
    assert len(a.factors["font"].unique()) == 12  # no italics


def shear(x):
    """How far the ink leans to the right: minus the covariance of column and row, by row spread."""
    ink = (x[:, 0] + 1) / 2
    ink = ink / ink.sum((1, 2), keepdim=True)
    rows = torch.arange(16.0)[None, :, None].expand_as(ink)
    columns = torch.arange(16.0)[None, None].expand_as(ink)
    r, c = (ink * rows).sum((1, 2)), (ink * columns).sum((1, 2))
    spread = (ink * (rows - r[:, None, None]) ** 2).sum((1, 2))
    return -(ink * (rows - r[:, None, None]) * (columns - c[:, None, None])).sum((1, 2)) / spread


def test_the_second_leans_by_what_its_factor_says(both):
    a, b = both
    assert (shear(-b.x) - shear(a.x)).mean().item() == pytest.approx(0.45, abs=0.05)


def test_partners_carry_the_same_amount_of_ink(both):
    a, b = both
    ink = torch.stack([(a.x + 1).mean((1, 2, 3)), (1 - b.x).mean((1, 2, 3))])
    assert torch.corrcoef(ink)[0, 1] > 0.9
    assert torch.corrcoef(torch.stack([ink[0], ink[1].roll(10)]))[0, 1] < 0.5  # another's does not


def test_a_seed_fixes_them():
    assert not torch.equal(twins(50, seed=2)[0].stored, twins(50, seed=3)[0].stored)
    assert torch.equal(twins(50, seed=2)[1].stored, twins(50, seed=2)[1].stored)


def test_twins_say_what_they_need():
    with pytest.raises(ValueError, match="twins needs whole numbers"):
        twins(0)
    with pytest.raises(ValueError, match="distinct ASCII"):
        twins(10, characters="11")


def test_matched_batches_hold_the_same_rows_of_both():
    y = glyphs(30, 16)
    batches = matched(from_images(edges(y.x)), y).batches(64, device="cpu")
    torch.manual_seed(0)
    for _ in range(3):
        lines, drawn = next(batches)
        assert lines.shape == drawn.shape == (64, 1, 16, 16)
        assert torch.equal(lines, edges(drawn))
    again = pickle.loads(pickle.dumps(batches))
    torch.manual_seed(7)
    first = next(batches)
    torch.manual_seed(7)
    assert all(torch.equal(a, b) for a, b in zip(first, next(again), strict=True))


def test_paired_batches_do_not():
    y = glyphs(30, 16)
    lines, drawn = next(paired(from_images(edges(y.x)), y).batches(64, device="cpu"))
    assert not torch.equal(lines, edges(drawn))


def test_matched_says_what_it_needs():
    y = glyphs(30, 16)
    with pytest.raises(ValueError, match="as many samples of each, got 30 and 20"):
        matched(y, glyphs(20, 16))
    with pytest.raises(TypeError, match="matched needs two data sets, got a Tensor"):
        matched(y, y.x)
    with pytest.raises(TypeError, match="got a Mixture"):
        matched(y, ring())
    with pytest.raises(ValueError, match="at least 1 sample"):
        matched(y, y).batches(0, device="cpu")
