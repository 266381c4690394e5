"""What the numbers in a picture file mean."""

import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from gan_course.data import folder

SIZE = 8


def half_and_half(kind, left, right):
    """An array whose left half is `left` and whose right half is `right`."""
    image = np.empty((SIZE, SIZE, *np.shape(left)), kind)
    image[:, : SIZE // 2], image[:, SIZE // 2 :] = left, right
    return image


def png(path, colour_type, depth, rows, transparent):
    """Write a PNG by hand: Pillow writes no tRNS for some depths."""

    def chunk(name, data):
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    header = struct.pack(">IIBBBBB", SIZE, SIZE, depth, colour_type, 0, 0, 0)
    pixels = b"".join(b"\0" + bytes(row) for row in rows)
    chunks = [(b"IHDR", header), (b"tRNS", transparent), (b"IDAT", zlib.compress(pixels))]
    body = b"".join(chunk(*each) for each in [*chunks, (b"IEND", b"")])
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def multiply_in(path):
    """Say of a TIFF's alpha that the colours are multiplied by it, which Pillow cannot write."""
    tag, content = struct.pack("<HHI", 338, 3, 1), path.read_bytes()
    assert content.count(tag + b"\2\0") == 1
    path.write_bytes(content.replace(tag + b"\2\0", tag + b"\1\0"))


def ends(path, channels=3, **options):
    """The colours of the leftmost and the rightmost column."""
    x = folder(path.parent, SIZE, channels, **options).stored[0]
    assert (x == x[:, :1]).all()
    return x[:, 0, 0].tolist(), x[:, 0, -1].tolist()


RED = {
    "RGBA": half_and_half("u1", (255, 0, 0, 255), (255, 0, 0, 0)),
    "LA": half_and_half("u1", (0, 255), (0, 0)),
}


@pytest.mark.parametrize("mode", ["RGBA", "RGBa.tif", "P", "P bytes", "PA.tif", "RGB"])
@pytest.mark.parametrize(
    ("background", "colour"), [("white", 3 * [255]), ("black", 3 * [0]), ("#0080ff", [0, 128, 255])]
)
def test_transparent_colours_show_the_background(tmp_path, mode, background, colour):
    name, _, suffix = mode.partition(".")
    file, picture = tmp_path / f"a.{suffix or 'png'}", Image.fromarray(RED["RGBA"])
    if name == "RGBa":  # its colours are multiplied by alpha in the file
        Image.fromarray(RED["RGBA"] * (RED["RGBA"][..., 3:] > 0)).save(file)
        multiply_in(file)
    elif name in ("P", "P bytes", "PA"):
        picture = Image.fromarray(half_and_half("u1", 1, 0)).convert("P")
        picture.putpalette([255, 0, 0] * 256)
        if name == "PA":
            picture.putalpha(Image.fromarray(RED["RGBA"][..., 3]))
            picture.save(file)
        else:
            clear = bytes([0, *[255] * 255]) if name == "P bytes" else 0
            picture.save(file, transparency=clear)
    elif name == "RGB":
        picture = Image.fromarray(half_and_half("u1", (255, 0, 0), (9, 9, 9)))
        picture.save(file, transparency=(9, 9, 9))
    else:
        picture.save(file)
    assert ends(file, background=background) == ([255, 0, 0], colour)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["LA", "La.tif", "L", "1", "2 bits", "4 bits", "16 bits"])
def test_transparent_greys_show_the_background(tmp_path, kind, channels):
    file = tmp_path / ("a.tif" if kind == "La.tif" else "a.png")
    if kind == "LA":
        Image.fromarray(RED["LA"], "LA").save(file)
    elif kind == "La.tif":
        Image.fromarray(RED["LA"], "LA").save(file)
        multiply_in(file)
        with Image.open(file) as image:
            assert image.mode == "La"
    elif kind == "L":
        Image.fromarray(half_and_half("u1", 0, 7)).save(file, transparency=7)
    elif kind == "1":
        Image.fromarray(half_and_half(bool, False, True)).save(file, transparency=1)
    else:
        depth = int(kind.split()[0])
        row = {2: [0, 0xAA], 4: [0, 0, 0x99, 0x99], 16: [0, 0] * 4 + [0x12, 0x34] * 4}[depth]
        clear = {2: 2, 4: 9, 16: 0x1234}[depth]
        png(file, 0, depth, [row] * SIZE, struct.pack(">H", clear))
    grey = [102] * channels
    assert ends(file, channels, background="#666666") == ([0] * channels, grey)
    assert ends(file, channels) == ([0] * channels, [255] * channels)


def test_a_transparent_colour_of_sixteen_bits_a_channel_is_found(tmp_path):
    red, clear = struct.pack(">HHH", 65535, 0, 0), struct.pack(">HHH", 40000, 300, 9)
    png(tmp_path / "a.png", 2, 16, [red * 4 + clear * 4] * SIZE, clear)
    assert ends(tmp_path / "a.png") == ([255, 0, 0], [255, 255, 255])


def test_half_transparent_pixels_are_mixed(tmp_path):
    pixels = half_and_half("u1", (200, 100, 0, 51), (200, 100, 0, 255))
    Image.fromarray(pixels).save(tmp_path / "a.png")
    left, right = ends(tmp_path / "a.png", background="black")
    assert left == pytest.approx([40, 20, 0], abs=1) and right == [200, 100, 0]


def test_a_background_that_is_no_colour_is_refused(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    for background in ("mauvish", None, 3, (1, 2, 3)):
        with pytest.raises(ValueError, match="background must be a colour"):
            folder(tmp_path, 8, background=background)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("mode", "name"),
    [("F", "a.tif"), ("I", "a.tif"), ("LAB", "a.tif"), ("HSV", "a.tif"), ("F", "a.pfm")],
)
def test_modes_without_a_known_range_are_refused(tmp_path, mode, name, channels, monkeypatch):
    file = tmp_path / name
    if mode in ("F", "I"):
        kind = np.float32 if mode == "F" else np.int32
        Image.fromarray(np.array([[3, 70_000]] * 2, kind)).save(file)
        values = "3 to 70000"
    elif mode == "LAB":
        Image.fromarray(half_and_half("u1", (3, 70, 9), (3, 70, 9)), "LAB").save(file)
        values = "3 to 70"
    else:  # no format keeps it, a plug-in may
        Image.new("L", (8, 8)).save(file)
        shade = Image.new("HSV", (8, 8), (3, 70, 9))
        monkeypatch.setattr(Image, "open", lambda _: shade)
        values = "3 to 70"
    with pytest.raises(OSError, match=rf"{name} has mode {mode} with values from {values}"):
        folder(tmp_path, 8, channels)


def test_signed_numbers_are_refused(tmp_path):
    pixels = Image.fromarray(half_and_half("u1", 0, 200))
    pixels.save(tmp_path / "a.tif", tiffinfo={339: 2})
    with pytest.raises(OSError, match="signed"):
        folder(tmp_path, 8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.pgm", "a.jp2"])
def test_sixteen_bits_run_from_black_to_white(tmp_path, name, channels):
    ramp = np.tile(np.linspace(0, 65535, 64).astype(np.uint16), (64, 1))
    Image.fromarray(ramp).save(tmp_path / name)
    x = folder(tmp_path, 64, channels).stored[0, 0, 0]
    assert torch.equal(x, torch.from_numpy(np.rint(ramp[0] / 257)).byte())


def test_sixteen_bits_that_count_down_to_white_are_turned_round(tmp_path):
    pixels = Image.fromarray(half_and_half(np.uint16, 0, 65535))
    pixels.save(tmp_path / "a.tif", tiffinfo={262: 0})
    with Image.open(tmp_path / "a.tif") as image:
        assert image.tag_v2[262] == 0 and image.mode == "I;16"
    assert ends(tmp_path / "a.tif", 1) == ([255], [0])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("mode", "colour", "name"),
    [("CMYK", (0, 255, 255, 0), "a.tif"), ("YCbCr", (76, 85, 255), "a.tif")],
)
def test_other_colours_of_eight_bits_become_red_green_and_blue(
    tmp_path, mode, colour, name, channels
):
    Image.new(mode, (8, 8), colour).save(tmp_path / name)
    x = folder(tmp_path, 8, channels).stored[0, :, 0, 0].tolist()
    assert x == pytest.approx([255, 0, 0] if channels == 3 else [76], abs=2)


def test_a_palette_is_looked_up(tmp_path):
    picture = Image.fromarray(half_and_half("u1", 0, 1)).convert("P")
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.save(tmp_path / "a.png")
    assert ends(tmp_path / "a.png") == ([10, 20, 30], [40, 50, 60])


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P", "I;16", "1"])
def test_every_kind_of_picture_is_turned_upright(tmp_path, mode):
    grey = half_and_half("u1", 0, 255)
    picture = Image.fromarray(grey).convert(mode if mode != "I;16" else "L")
    if mode == "I;16":
        picture = Image.fromarray(grey.astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    picture.save(tmp_path / "a.png", exif=exif)
    assert ends(tmp_path / "a.png", 1) == ([255], [0])


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_the_first_frame_of_an_animation_is_taken(tmp_path, name):
    frames = [Image.new("RGB", (8, 8), (colour, 0, 0)) for colour in (200, 100, 0)]
    options = {"lossless": True} if name == "a.webp" else {}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
    assert ends(tmp_path / name)[0] == [200, 0, 0]


def test_a_large_scan_is_called_large_and_not_damaged(tmp_path):
    Image.new("1", (14_000, 14_000)).save(tmp_path / "scan.png")
    with pytest.raises(OSError, match=r"scan\.png is large, not damaged") as error:
        folder(tmp_path, 8)
    assert "repair" not in str(error.value)


@pytest.mark.filterwarnings("error")
def test_a_scan_that_pillow_only_warns_of_is_read(tmp_path):
    Image.new("1", (10_000, 10_000), 1).save(tmp_path / "scan.png")
    assert ends(tmp_path / "scan.png", 1)[0] == [255]


def test_one_that_trusts_a_large_file_can_read_it(tmp_path, monkeypatch):
    Image.new("1", (60, 60), 1).save(tmp_path / "scan.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(OSError, match="large"):
        folder(tmp_path, 8)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert ends(tmp_path / "scan.png", 1)[0] == [255]


@pytest.mark.parametrize("kind", ["RGB", "P", "RGBA", "I;16"])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.tif", "a.webp", "a.bmp"])
def test_a_file_with_broken_bytes_is_read_or_named(tmp_path, kind, name):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (32, 32, 3), np.uint8)).convert(
        "L" if kind == "I;16" else kind
    )
    if kind == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    try:
        picture.save(tmp_path / name)
    except (OSError, ValueError):
        pytest.skip("no such mode in this format")
    whole = (tmp_path / name).read_bytes()
    for _ in range(30):
        broken = bytearray(whole)
        for at in rng.integers(0, min(len(whole), 400), 4):
            broken[at] = rng.integers(256)
        (tmp_path / name).write_bytes(broken)
        try:
            folder(tmp_path, 8)
        except OSError as error:
            assert name in str(error)
