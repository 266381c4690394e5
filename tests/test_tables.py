"""The appendix's tables say what the benchmarks stored."""

import json

import pytest

from benchmarks import tables
from benchmarks.quality import PERFECT


@pytest.mark.parametrize("name", tables.tables())
def test_a_table_is_set_from_its_numbers(name):
    assert (tables.RESULTS / name).read_text(encoding="utf-8") == tables.tables()[name]


def test_what_was_not_reached_is_a_dash():
    row = {"game": "DCGAN", "to_frechet": None, "seconds": 12.4, "frechet": 3.21}
    assert tables.glyphs_table([row]).splitlines()[-1] == "| DCGAN | - | - | 12 | 3.2 | - | - | - |"


def test_a_table_has_a_cell_for_every_column():
    for text in tables.tables().values():
        assert len({line.count("|") for line in text.splitlines()}) == 1


def test_the_recipe_for_the_grid_finds_every_mode_in_every_run():
    """What the page claims: all modes in each of five runs, with nearly their width."""
    rows = json.loads((tables.RESULTS / "quality.json").read_text())["points"]
    ours = [row for row in rows if row["game"] == "codes, waves, lifting fog"]
    perfect = [row for row in rows if row["game"] == PERFECT]
    assert [row["fewest"] for row in ours] == [row["modes"] for row in perfect] == [8, 25]
    assert all(0.9 < row["spread"] < 1.1 and row["high_quality"] > 0.95 for row in ours)
