"""The README's moving picture: it moves, is light, and stays sharp enough to be read."""

from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "book" / "_static" / "playground.webp"


def test_the_readme_shows_it():
    assert f"]({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_moves_for_ever_and_is_light():
    assert PICTURE.stat().st_size <= 600_000  # bytes
    with Image.open(PICTURE) as picture:
        assert picture.n_frames >= 20 and picture.info["loop"] == 0
        assert picture.width >= 600
