"""The demos' data: what `make demos` stores is what the stored models give, and a page stays small."""

import base64
import importlib.util
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import make_demos  # noqa: E402

FOLDER = make_demos.FOLDER
LARGEST = 1_000_000  # bytes of script and data that the demos of one page may load
BOX = re.compile(r"demo demo-([a-z-]+)")


def extension():
    """Return tools/sphinx_ext/demos.py, which has the name of the package tools/demos."""
    path = ROOT / "tools" / "sphinx_ext" / "demos.py"
    spec = importlib.util.spec_from_file_location("demos_of_sphinx", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXTENSION = extension()
SCRIPTS = EXTENSION.SCRIPTS


def boxes(path: Path) -> set[str]:
    """Return the names of the demos whose boxes a page holds."""
    return set(BOX.findall(path.read_text(encoding="utf-8")))


PAGES = [
    path
    for kind in ("*.ipynb", "*.md")
    for path in sorted((ROOT / "book").rglob(kind))
    if boxes(path)
]


def contents(script: str) -> dict:
    """Return the data that a script of `make demos` hands to its demo."""
    return json.loads(script.partition("] = ")[2].rstrip().rstrip(";"))


def same(one: object, other: object) -> bool:
    """Whether two data are equal, packed numbers to the last bits of float32 of another machine."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or _close(one, other)


def _close(one: object, other: object) -> bool:
    """Whether both are base64 of nearly the same float32 numbers, or of the same grey levels."""
    if not (isinstance(one, str) and isinstance(other, str) and len(one) == len(other)):
        return isinstance(one, float) and one == pytest.approx(other, abs=1e-6)
    levels = [np.frombuffer(base64.b64decode(text), np.uint8).astype(int) for text in (one, other)]
    if abs(levels[0] - levels[1]).max() <= 1:
        return True
    first, second = (np.frombuffer(base64.b64decode(text), "<f4") for text in (one, other))
    return np.allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("name", make_demos.names())
def test_stored_data_are_those_of_a_fresh_export(name):
    module = importlib.import_module(f"demos.{name.replace('-', '_')}")
    fresh = make_demos.script(name, module.data())
    assert make_demos.script(name, module.data()) == fresh, "two exports give the same bytes"
    stored = (FOLDER / "data" / f"{name}.js").read_text(encoding="utf-8")
    assert same(contents(stored), contents(fresh)), "run `make demos`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_demos_of_a_page_stay_under_a_megabyte(path):
    names = boxes(path)
    scripts = {*EXTENSION.scripts_of(names), *(one for name in names for one in SCRIPTS[name])}
    size = sum((FOLDER / script).stat().st_size for script in scripts)
    assert size < LARGEST, f"{size} bytes of script and data"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_box_has_its_static_picture(path):
    for name in boxes(path):
        assert f"_static/demos/{name}.png" in path.read_text(encoding="utf-8")
        assert (FOLDER / f"{name}.png").exists()


def test_every_demo_has_a_box_scripts_and_data():
    used = set().union(*map(boxes, PAGES))
    assert used == set(make_demos.names())
    for name in used:
        scripts = {*SCRIPTS[name], *EXTENSION.scripts_of([name])}
        assert all((FOLDER / script).exists() for script in scripts)


def test_no_script_asks_for_anything_outside_the_book():
    for path in FOLDER.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(|eval\(", text), path.name


def test_arrays_are_packed_as_little_endian_float32_or_float16_and_nothing_else_is():
    text = make_demos.packed(np.array([1.0, -2.5]))
    assert np.frombuffer(base64.b64decode(text), "<f4").tolist() == [1.0, -2.5]
    text = make_demos.packed(np.array([1.0, -2.5], np.float16))
    assert np.frombuffer(base64.b64decode(text), "<f2").tolist() == [1.0, -2.5]
    with pytest.raises(TypeError, match="got set"):
        make_demos.packed({1})
