"""The pyramid gives images back; its distances see each size on its own."""

import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from gan_course.data import glyphs
from gan_course.metrics import laplacian_pyramid, pyramid_distances


@pytest.fixture(scope="module")
def images():
    return glyphs(400, size=32, seed=3).x


@pytest.mark.parametrize("smallest", [4, 8, 16, 32])
def test_the_levels_add_up_to_the_images(smallest):
    x = torch.rand(3, 2, 32, 32, dtype=torch.float64) * 2 - 1
    *finer, image = laplacian_pyramid(x, smallest)
    assert image.shape[-1] == smallest
    for level in reversed(finer):
        image = level + interpolate(image, scale_factor=2)
    assert torch.allclose(image, x, atol=1e-14)


def test_what_a_level_adds_averages_out_at_the_size_below():
    fine, *_ = laplacian_pyramid(torch.rand(2, 3, 16, 16, dtype=torch.float64), 8)
    assert avg_pool2d(fine, 2).abs().max() < 1e-15


def test_two_halves_of_one_set_are_near_and_repeat(images):
    first = pyramid_distances(images[:200], images[200:])
    assert list(first) == [32, 16, 8]
    assert max(first.values()) < 0.1
    assert first == pyramid_distances(images[:200], images[200:])


def test_blur_is_seen_at_the_finest_size_alone(images):
    blurred = interpolate(avg_pool2d(images[200:], 2), scale_factor=2)
    sharp, blur = (pyramid_distances(images[:200], fake) for fake in (images[200:], blurred))
    assert blur[32] > 5 * sharp[32]
    assert blur[16] == pytest.approx(sharp[16], rel=1e-3)
    assert blur[8] == pytest.approx(sharp[8], rel=1e-3)


def test_another_layout_is_seen_at_the_smallest_size(images):
    moved = images[200:].roll(10, dims=3)
    near, far = (pyramid_distances(images[:200], fake) for fake in (images[200:], moved))
    assert far[8] > 3 * near[8]


def test_a_wrong_contrast_counts(images):
    pale = pyramid_distances(images[:200], images[200:] / 2)
    assert min(pale.values()) > 0.1


def test_a_shift_of_all_pixels_is_the_known_distance():
    torch.manual_seed(0)
    x = torch.rand(64, 1, 8, 8) - 0.5
    (found,) = pyramid_distances(x, x + 0.25, projections=2000).values()
    # patches of both lie at random places: equal in distribution, shifted by 0.25 in each of 49
    u = torch.randn(100_000, 49)
    expected = (0.25 / x.std()) * (u / u.norm(dim=1, keepdim=True)).sum(1).abs().mean()
    assert found == pytest.approx(expected.item(), rel=0.05)


@pytest.mark.parametrize("shape", [(2, 1, 24, 32), (2, 1, 20, 20), (1, 32, 32)])
def test_images_that_cannot_be_halved_are_refused(shape):
    with pytest.raises(ValueError, match="square images"):
        laplacian_pyramid(torch.zeros(shape))


def test_a_level_smaller_than_a_patch_is_refused():
    x = torch.zeros(2, 1, 32, 32)
    with pytest.raises(ValueError, match="do not fit"):
        pyramid_distances(x, x, smallest=4)


def test_images_out_of_range_are_refused():
    x = torch.zeros(2, 1, 32, 32)
    with pytest.raises(ValueError, match="in \\[-1, 1\\]|lie"):
        pyramid_distances(x, x + 2)
