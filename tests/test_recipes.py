"""The recipes that are left are scripts of their own: they run, small, and write what they say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SMALL = {
    "grid": ["--steps", "20", "--seeds", "1", "--json"],
    "pacgan": ["--steps", "4", "--seeds", "2", "--data", "ring", "--out"],
}


@pytest.mark.parametrize("name", SMALL)
def test_a_recipe_runs_and_stores_its_scores(name, tmp_path):
    words = [f"recipes/{name}.py", *SMALL[name], str(tmp_path / "scores.json")]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    stored = json.loads((tmp_path / "scores.json").read_text())
    assert stored["about"]["steps"] == int(SMALL[name][1])
    rows = (
        stored["rows"]
        if name == "grid"
        else [r for rows in stored["scores"].values() for r in rows]
    )
    assert rows and all("modes" in row for row in rows)


def test_every_recipe_is_tried():
    assert {path.stem for path in (ROOT / "recipes").glob("*.py")} == set(SMALL)
