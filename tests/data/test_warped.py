"""Warped images: turned, moved and stretched as far as asked, each differently."""

import pytest
import torch

from gan_course.data import digits, warped


def spot(row, column, height=33, width=33):
    """One image with a bright spot, a few pixels wide."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (2 * torch.exp(-((y - row) ** 2 + (x - column) ** 2) / 4.0) - 1)[None, None]


def places(images):
    """Return where the light of each image is: rows [N] and columns [N], from the middle."""
    light = (images[:, 0] + 1).clamp(min=0)
    total = light.sum((1, 2))
    height, width = light.shape[1:]
    row = (light.sum(2) * torch.arange(height)).sum(1) / total - (height - 1) / 2
    column = (light.sum(1) * torch.arange(width)).sum(1) / total - (width - 1) / 2
    return row, column


def test_nothing_asked_for_changes_nothing():
    x = digits(8).x[:20]
    torch.testing.assert_close(warped(x, 0, 0, 0), x, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("height", "width"), [(33, 33), (33, 49)])
def test_a_spot_is_turned_about_the_middle_and_keeps_its_distance(height, width):
    torch.manual_seed(0)
    images = spot((height - 1) / 2, (width - 1) / 2 + 10, height, width).expand(400, -1, -1, -1)
    row, column = places(warped(images, 30, 0, 0))
    angle = torch.rad2deg(torch.atan2(row, column))
    assert (row.hypot(column) - 10).abs().max() < 0.2
    assert 28 < angle.max() < 30.5 and -30.5 < angle.min() < -28 and angle.mean().abs() < 2.5


def test_a_spot_is_moved_and_stretched_as_far_as_asked():
    torch.manual_seed(0)
    row, column = places(warped(spot(16, 16).expand(500, -1, -1, -1), 0, 3, 0))
    for moved in (row, column):
        assert 2.8 < moved.max() < 3.05 and -3.05 < moved.min() < -2.8
    assert torch.corrcoef(torch.stack([row, column]))[0, 1].abs() < 0.15
    row, column = places(warped(spot(16, 26).expand(500, -1, -1, -1), 0, 0, 0.2))
    assert 10 / 1.2 - 0.3 < column.min() < 8.7 and 12.0 < column.max() < 10 / 0.8 + 0.3
    assert row.abs().max() < 0.1


def test_each_image_differs_and_the_seed_decides():
    x = digits(8).x[:1].expand(50, -1, -1, -1)
    torch.manual_seed(1)
    first = warped(x)
    torch.manual_seed(1)
    assert torch.equal(first, warped(x)) and not torch.equal(first, warped(x))
    assert len(first.flatten(1).unique(dim=0)) == 50 and first.abs().max() <= 1


def test_what_is_no_image_is_told():
    with pytest.raises(TypeError, match="to warp"):
        warped(torch.zeros(1, 1, 8, 8, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"\[N, C, H, W\]"):
        warped(torch.zeros(8, 8))
