"""Embedded digits and folders of the reader's own images."""

import numpy as np
import pytest
import torch
from PIL import Image

from gan_course.data import digits, folder


def save(path, colour, size=(20, 10), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def test_digits_are_the_real_ones_of_scikit_learn():
    from sklearn.datasets import load_digits

    ds, source = digits(8), load_digits()
    assert np.allclose(ds.x.squeeze(1).numpy(), source.images / 8 - 1, atol=1 / 127)
    assert ds.y.tolist() == source.target.tolist() and ds.classes == tuple("0123456789")


@pytest.mark.parametrize("size", [16, 32])
def test_enlarged_digits_keep_their_picture(size):
    small, large = digits(8), digits(size)
    assert large.stored.shape == (1797, 1, size, size) and large.stored.dtype == torch.uint8
    back = torch.nn.functional.avg_pool2d(large.x, size // 8)
    correlation = torch.corrcoef(torch.stack([back.flatten(), small.x.flatten()]))[0, 1]
    assert correlation > 0.97


def test_digits_default_to_16_pixels_and_are_never_smaller_than_8():
    assert digits().shape == (1, 16, 16)
    with pytest.raises(ValueError, match="at least 8"):
        digits(4)


def test_a_folder_is_read_in_order_cropped_and_resized(tmp_path):
    save(tmp_path / "b.png", (0, 0, 255))
    save(tmp_path / "a.jpg", (255, 0, 0))
    (tmp_path / "notes.txt").write_text("not an image")
    ds = folder(tmp_path, size=16)
    assert ds.stored.shape == (2, 3, 16, 16) and ds.y is None and ds.name == tmp_path.name
    assert ds.stored[0].flatten(1).float().mean(1).tolist() == pytest.approx([255, 0, 0], abs=2)
    assert ds.stored[1].flatten(1).float().mean(1).tolist() == [0, 0, 255]


def test_the_central_square_is_kept(tmp_path):
    image = Image.new("L", (60, 20))
    image.paste(255, (20, 0, 40, 20))
    image.save(tmp_path / "wide.png")
    assert (folder(tmp_path, size=8, channels=1).stored > 200).all()


def test_sub_folders_are_classes(tmp_path):
    for name, colour in (("cats", 10), ("dogs", 200)):
        save(tmp_path / name / "1.png", colour, mode="L")
        save(tmp_path / name / "2.PNG", colour, mode="L")
    (tmp_path / "empty").mkdir()
    ds = folder(str(tmp_path), size=8, channels=1)
    assert ds.classes == ("cats", "dogs") and ds.y.tolist() == [0, 0, 1, 1]
    assert ds.stored[:, 0, 0, 0].tolist() == [10, 10, 200, 200]


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ValueError, match="hold no image"):
        folder(tmp_path)


def test_a_path_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        folder(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"not a picture", None])
def test_an_unreadable_image_is_named(tmp_path, content):
    save(tmp_path / "good.png", 0, size=(64, 64))
    if content is None:  # a file that was cut off
        content = (tmp_path / "good.png").read_bytes()[:60]
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(OSError, match=r"bad\.png cannot be read as an image"):
        folder(tmp_path)


@pytest.mark.parametrize("bad", [{"channels": 4}, {"size": 2}])
def test_other_channels_and_sizes_are_refused(tmp_path, bad):
    with pytest.raises(ValueError, match="channels of 1 or 3 and size >= 8"):
        folder(tmp_path, **bad)


def test_sixteen_bits_a_pixel_are_scaled_not_cut(tmp_path):
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)
    Image.fromarray(np.tile(ramp, (64, 1))).save(tmp_path / "deep.png")
    x = folder(tmp_path, size=64, channels=1).x
    torch.testing.assert_close(x[0, 0, 0], torch.linspace(-1, 1, 64), atol=0.02, rtol=0)
