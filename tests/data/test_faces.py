"""Faces: drawn from factors alone, each factor seen where it belongs, the drawing frozen."""

import pytest
import torch

from gan_course.data import FACTORS, Factors, draw_faces, face_factors, faces

N = 64


@pytest.fixture(scope="module")
def factors():
    return face_factors(N, seed=3)


@pytest.fixture(scope="module")
def drawn(factors):
    return draw_faces(factors)


def test_a_set_of_faces_holds_bytes_and_all_factors():
    ds = faces(300, size=16, seed=5)
    assert ds.shape == (3, 16, 16) and ds.stored.dtype == torch.uint8 and ds.y is None
    factors = face_factors(300, seed=5)
    assert list(ds.factors) == list(factors.names) and len(factors.names) == 15
    assert all(torch.equal(ds.factors[name], factors[name]) for name in factors.names)
    assert (ds.x - draw_faces(factors, 16)).abs().max() <= 1 / 255 + 1e-6


def test_the_seed_fixes_the_faces_and_the_random_state_is_left_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, again, other = faces(20, seed=1), faces(20, seed=1), faces(20, seed=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.stored, again.stored)
    assert not torch.equal(first.stored, other.stored)


def test_a_face_does_not_depend_on_those_drawn_beside_it(factors, drawn):
    alone = torch.cat([draw_faces(row) for row in factors.values.split(1)])
    assert (alone - drawn).abs().max() < 1e-6


@pytest.mark.parametrize("size", [16, 32, 48, 64])
def test_sizes_show_the_same_face(factors, drawn, size):
    other = draw_faces(factors, size)
    assert other.shape == (N, 3, size, size) and other.min() >= -1 and other.max() <= 1
    small = torch.nn.functional.adaptive_avg_pool2d(other, 8)
    assert (small - torch.nn.functional.adaptive_avg_pool2d(drawn, 8)).abs().mean() < 0.02


def test_factors_are_independent_and_fill_their_ranges():
    factors = face_factors(20_000)
    values = factors.values
    off = torch.corrcoef(values.T) - torch.eye(15)
    assert off.abs().max() < 0.03
    for factor, column in zip(FACTORS, values.T):
        if factor.kinds:
            counts = column.long().bincount(minlength=len(factor.kinds)) / len(column)
            shares = torch.tensor(factor.shares or [1 / len(factor.kinds)] * len(factor.kinds))
            assert (counts - shares).abs().max() < 0.015
        else:
            span = factor.high - factor.low
            assert column.min() < factor.low + 0.01 * span
            assert column.max() > factor.high - 0.01 * span
            assert (column.std() - span / 12**0.5).abs() < 0.01 * span


@pytest.mark.parametrize("name", [factor.name for factor in FACTORS])
def test_every_factor_changes_the_face_and_no_other_column(factors, drawn, name):
    factor = next(factor for factor in FACTORS if factor.name == name)
    ends = (0, len(factor.kinds) - 1) if factor.kinds else (factor.low, factor.high)
    low, high = (draw_faces(factors.replaced(**{name: end})) for end in ends)
    changed = (high - low).abs().amax((1, 2, 3))
    assert (changed > 0.1).float().mean() > 0.9
    changed = factors.replaced(**{name: ends[0]}).values != factors.values
    assert changed.any(0).nonzero().flatten().tolist() == [factors.names.index(name)]


def difference(factors, name, low, high, rows, columns):
    """Mean change of brightness in a window when one factor goes from low to high."""
    pair = [draw_faces(factors.replaced(**{name: end})).mean(1) for end in (low, high)]
    return (pair[1] - pair[0])[:, rows, columns].mean().item()


def test_the_picture_shows_what_the_unit_says(factors):
    left, right, all_rows = slice(6, 16), slice(16, 26), slice(8, 24)
    assert difference(factors, "light", -1, 1, all_rows, left) < -0.05
    assert difference(factors, "light", -1, 1, all_rows, right) > 0.05
    assert difference(factors, "skin", 0, 1, slice(17, 19), slice(12, 20)) < -0.5
    assert difference(factors, "hair_colour", 0, 1, slice(4, 7), slice(14, 18)) > 0.2
    corner = (slice(0, 2), slice(0, 3))
    blue, rose = (
        draw_faces(factors.replaced(background=u))[:, :, corner[0], corner[1]].mean((0, 2, 3))
        for u in (0.0, 1.0)
    )
    assert blue[2] > blue[0] and rose[0] > rose[2]


def test_a_turned_head_moves_its_mouth_and_mirrors(factors):
    mirrored = ("turn", "gaze", "light")
    plain = factors.replaced(hair=0.0)
    flipped = plain.replaced(**{name: -plain[name] for name in mirrored})
    assert (draw_faces(flipped).flip(-1) - draw_faces(plain)).abs().max() < 1e-4


def test_values_in_place_of_factors_and_another_dtype_draw_the_same(factors, drawn):
    assert torch.equal(draw_faces(factors.values), drawn)
    assert torch.equal(draw_faces(factors.values.double()), drawn)


def test_the_drawing_is_frozen():
    """Stored generators were trained on these pictures: a change of the drawing spoils them."""
    x = draw_faces(face_factors(256, seed=13))
    means = x.mean((0, 2, 3))
    blocks = torch.nn.functional.adaptive_avg_pool2d(x[:2].mean(1), 4)
    assert torch.allclose(means, torch.tensor(FROZEN_MEANS), atol=2e-4), means
    assert torch.allclose(blocks, torch.tensor(FROZEN_BLOCKS), atol=1e-3), blocks


FROZEN_MEANS = [0.3334, 0.2393, 0.0782]
FROZEN_BLOCKS = [
    [
        [0.625, -0.03, -0.068, 0.603],
        [0.328, -0.311, -0.152, 0.228],
        [0.377, 0.178, 0.345, 0.28],
        [0.539, 0.17, 0.256, 0.565],
    ],
    [
        [0.592, 0.267, 0.279, 0.592],
        [0.566, -0.223, -0.121, 0.575],
        [0.554, -0.016, 0.096, 0.566],
        [0.52, 0.16, 0.234, 0.556],
    ],
]


def test_factors_are_checked(factors):
    with pytest.raises(ValueError, match=r"shape \[n, 15\]"):
        draw_faces(torch.zeros(3, 14))
    with pytest.raises(TypeError, match="floating point tensor"):
        Factors(torch.zeros(3, 15, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"'smile' must be in -1 to 1 .*got 1\.5"):
        factors.replaced(smile=1.5)
    with pytest.raises(ValueError, match="'hair' must be a whole number of 0 to 5"):
        factors.replaced(hair=2.5)
    with pytest.raises(ValueError, match="got nan"):
        factors.replaced(skin=float("nan"))
    with pytest.raises(KeyError, match="There is no factor 'nose': choose from turn"):
        factors["nose"]


@pytest.mark.parametrize("bad", [{"n": 0}, {"n": 2.5}, {"size": 15}, {"size": "32"}])
def test_too_few_or_too_small_faces_are_refused(bad):
    with pytest.raises(ValueError, match="whole number of at least"):
        faces(**{"n": 4, **bad})
