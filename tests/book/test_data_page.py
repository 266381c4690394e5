"""The page on the data: its table and its picture are what the package says and draws today."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

from factor_table import PAGE, written  # noqa: E402
from make_faces_picture import picture  # noqa: E402


def test_the_table_of_factors_is_the_packages():
    text = PAGE.read_text()
    assert written(text) == text, "call python tools/factor_table.py"


def test_the_picture_shows_the_faces_of_today():
    stored = np.asarray(Image.open(ROOT / "book/_static/faces.webp").convert("RGB"), int)
    assert np.abs(stored - np.asarray(picture(), int)).max() <= 2
