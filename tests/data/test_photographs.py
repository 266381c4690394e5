"""Two photographs, and crops of pictures."""

import pytest
import torch

from gan_course.data import crops, photographs


@pytest.mark.parametrize("width", [12, 96, 192])
def test_photographs_have_the_size_asked_for(width):
    x = photographs(width)
    assert x.shape == (2, 3, width * 2 // 3, width) and x.abs().max() <= 1
    assert x.std((2, 3)).min() > 0.1  # pictures, and not grey


def test_sizes_show_the_same_pictures():
    small, large = photographs(48), photographs(96)
    shrunk = torch.nn.functional.avg_pool2d(large, 2)
    assert (small - shrunk).abs().mean() < 0.05
    assert (photographs(48)[0] - photographs(48)[1]).abs().mean() > 0.3
    assert large[0].mean() > large[1].mean()  # the palace stands under a bright sky


@pytest.mark.parametrize("width", [0, 50, -12, 12.5])
def test_other_widths_are_refused(width):
    with pytest.raises(ValueError, match="width"):
        photographs(width)


def test_crops_are_squares_of_the_pictures():
    pictures = torch.linspace(-1, 1, 2 * 3 * 20 * 30).view(2, 3, 20, 30)
    found = crops(pictures, 40, 8, seed=3)
    assert found.shape == (3, 8, 8) and len(found) == 40
    windows = (
        pictures.unfold(2, 8, 1).unfold(3, 8, 1).permute(0, 2, 3, 1, 4, 5).reshape(-1, 3, 8, 8)
    )
    both = torch.cat([windows, windows.flip(-1)])
    distance = (found.x[:, None] - both[None]).abs().amax((2, 3, 4)).min(1).values
    assert distance.max() <= 1 / 127.5
    assert torch.equal(found.stored, crops(pictures, 40, 8, seed=3).stored)
    assert not torch.equal(found.stored, crops(pictures, 40, 8, seed=4).stored)


def test_crops_leave_the_random_state_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    crops(photographs(96), 3, 16)
    assert torch.equal(before, torch.get_rng_state())


def test_what_crops_cannot_do_is_one_sentence():
    with pytest.raises(ValueError, match="do not fit"):
        crops(photographs(48), 3, 40)
    with pytest.raises(ValueError, match="Pictures must lie"):
        crops(photographs(48) * 2, 3, 16)
    with pytest.raises(TypeError, match="floating"):
        crops(photographs(48).int(), 3, 16)
