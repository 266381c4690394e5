"""Pictures of many images, and what is refused instead of drawn."""

import numpy as np
import pytest
import torch
from PIL import Image

from gan_course.data import digits
from gan_course.runs import write_grid

IMAGES = digits(8).x[:4]


def test_images_are_written_pixel_by_pixel(tmp_path):
    write_grid(IMAGES, tmp_path / "new" / "a.png", columns=2)
    picture = np.asarray(Image.open(tmp_path / "new" / "a.png")).astype(float)
    assert picture.shape == (19, 19)
    assert np.allclose(picture[1:9, 1:9], (IMAGES[0, 0] + 1) * 127.5, atol=1)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (digits(8).stored[:4], TypeError, "uint8.*divide by 127.5"),
        ((IMAGES + 1) * 127.5, ValueError, "got 0 to 255"),
        (IMAGES * torch.nan, ValueError, "nan"),
        (IMAGES.numpy(), TypeError, "ndarray"),
        (IMAGES[0], ValueError, "needs images"),
        (IMAGES.expand(4, 2, 8, 8), ValueError, "needs images"),
        (IMAGES[:0], ValueError, "needs images"),
    ],
)
def test_what_is_no_images_is_refused_and_nothing_is_written(tmp_path, images, error, message):
    with pytest.raises(error, match=f"write_grid.*{message}"):
        write_grid(images, tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("columns", [0, -1, 2.5, True, "2"])
def test_columns_are_counted_in_whole_numbers(tmp_path, columns):
    with pytest.raises(ValueError, match="columns must be a whole number"):
        write_grid(IMAGES, tmp_path / "a.png", columns)
