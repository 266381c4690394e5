"""Outlines by the stated rule, and inks that they do not tell."""

import pytest
import torch

from gan_course.data import INKS, Dataset, edges, from_images, glyphs, ink_of, painted


def outline_by_hand(image):
    """The rule as a pen would follow it, pixel by pixel: image [C, H, W] -> [H, W]."""
    light = image.amax(0) > 0
    H, W = light.shape
    drawn = torch.full((H, W), -1.0)
    for i in range(H):
        for j in range(W):
            around = [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)]
            inside = all(0 <= a < H and 0 <= b < W and light[a, b] for a, b in around)
            if light[i, j] and not inside:
                drawn[i, j] = 1.0
    return drawn


@pytest.mark.parametrize("shape", [(1, 9, 7), (3, 8, 8)])
def test_outlines_follow_the_rule_pixel_by_pixel(shape):
    generator = torch.Generator().manual_seed(0)
    images = (2 * torch.rand(5, *shape, generator=generator) - 0.4).clamp(-1, 1)
    assert torch.equal(edges(images)[:, 0], torch.stack([outline_by_hand(x) for x in images]))


def test_a_square_keeps_its_rim_also_at_the_frame():
    x = torch.full((2, 1, 8, 8), -1.0)
    x[0, :, 2:6, 2:6] = 1.0
    x[1] = 1.0
    lines = edges(x) > 0
    assert lines[0].sum() == 12 and not lines[0, 0, 3:5, 3:5].any()
    assert lines[1].sum() == 28 and not lines[1, 0, 1:7, 1:7].any()
    assert not (edges(torch.zeros(1, 1, 8, 8)) > 0).any()  # 0 is not light


def test_an_outline_stays_closed_and_an_outline_of_it_is_itself():
    x = glyphs(40, 32).x
    lines = edges(x)
    assert set(lines.unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(edges(lines).gt(0) | ~lines.gt(0), torch.ones_like(lines).bool())
    assert 0.3 < ((lines > 0).sum() / (x > 0).sum()).item() < 0.9  # something is left inside


def test_edges_say_what_they_need():
    with pytest.raises(ValueError, match=r"edges needs images \[N, C, H, W\], got \[8, 8\]"):
        edges(torch.zeros(8, 8))
    with pytest.raises(ValueError, match=r"edges needs images in \[-1, 1\]"):
        edges(torch.full((1, 1, 8, 8), 255.0))
    with pytest.raises(TypeError, match="floating point"):
        edges(torch.zeros(1, 1, 8, 8, dtype=torch.uint8))


def test_inks_average_to_grey_by_mean_and_by_median():
    grey = 140 / 127.5 - 1
    assert INKS.shape == (6, 3) and len({tuple(ink.tolist()) for ink in INKS}) == 6
    assert INKS.mean(0).tolist() == pytest.approx([grey] * 3, abs=1e-6)
    assert INKS.quantile(0.5, 0).tolist() == pytest.approx([grey] * 3, abs=1e-6)
    assert (INKS.amax(1) == 1).all()


def test_painting_leaves_the_outline_and_labels_and_draws_inks_apart_from_them():
    drawn = glyphs(3000, 16, seed=2)
    colourful = painted(drawn, seed=1)
    assert colourful.shape == (3, 16, 16) and torch.equal(colourful.y, drawn.y)
    assert torch.equal(edges(colourful.x), edges(drawn.x))
    assert torch.equal(colourful.x.amax(1), drawn.x[:, 0])  # a full channel keeps the brightness
    ink = colourful.factors["ink"]
    assert (ink.bincount(minlength=6) / 3000 - 1 / 6).abs().max() < 0.03
    table = torch.zeros(6, 10).index_put_((ink, drawn.y), torch.ones(3000), accumulate=True)
    expected = table.sum(1, keepdim=True) * table.sum(0) / 3000
    assert ((table - expected) ** 2 / expected).sum() < 80  # chi^2 with 45 degrees of freedom
    assert torch.equal(painted(drawn, seed=1).stored, colourful.stored)
    assert not torch.equal(painted(drawn, seed=2).stored, colourful.stored)


def test_inks_are_read_back_and_grey_is_none_of_them():
    colourful = painted(glyphs(600, 16, seed=3))
    assert torch.equal(ink_of(colourful.x), colourful.factors["ink"])
    light = (glyphs(20, 16).x + 1) / 2
    assert (ink_of(2 * light * torch.full((1, 3, 1, 1), 140 / 255) - 1) == -1).all()
    assert (ink_of((2 * light - 1).expand(-1, 3, -1, -1)) == -1).all()  # white
    assert (ink_of(torch.full((2, 3, 8, 8), -1.0)) == -1).all()  # nothing is painted
    faint = 0.75 * (colourful.x + 1) - 1  # less bright, the same hue
    assert (ink_of(faint) == colourful.factors["ink"]).float().mean() > 0.95


def test_painting_says_what_it_needs():
    with pytest.raises(ValueError, match="images of one channel"):
        painted(from_images(torch.zeros(2, 3, 8, 8)))
    with pytest.raises(ValueError, match="images of one channel"):
        painted(Dataset("points", torch.zeros(4, 2)))
    with pytest.raises(ValueError, match=r"ink_of needs images \[N, 3, H, W\]"):
        ink_of(torch.zeros(2, 1, 8, 8))
