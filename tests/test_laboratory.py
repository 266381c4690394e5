"""Chapter 9's laboratory: one of its runs is made again, and what its tables say is stored."""

import importlib
import json
import statistics
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "book" / "models"
sys.path.insert(0, str(ROOT / "tools"))

from models import laboratory  # noqa: E402

chapter09 = importlib.import_module("models.chapter09")

WARDS = sorted(laboratory.DISEASES)
FEELS = {  # what a disease is measured by
    "ring": "effective",
    "grid": "effective",
    "saturation": "wasserstein",
    "oscillation": "moved",
}


def stored(name):
    return json.loads((MODELS / f"09_{name}.json").read_text())


def scores(ward, trick, key=None):
    histories = stored(ward)["data"]["runs"][trick]["histories"]
    return [laboratory.score(history, key or FEELS[ward]) for history in histories]


def test_a_stored_run_can_be_made_again():
    """The first records agree; from then on a game goes its own way on another machine."""
    disease = laboratory.DISEASES["ring"]
    setup = laboratory.prepared("ring", None, None, 0)
    again = list(laboratory.played(setup, disease.data, 200))
    before = stored("ring")["data"]["runs"]["nothing"]["histories"][0]
    assert [record["step"] for record in again] == [record["step"] for record in before[:2]]
    for key in ("D_loss", "wasserstein"):
        assert again[0][key] == pytest.approx(before[0][key], rel=0.05)


@pytest.mark.parametrize("ward", WARDS)
def test_every_trick_ran_from_five_seeds_at_one_of_its_two_knobs(ward):
    runs = stored(ward)["data"]["runs"]
    assert {"nothing", "the healthy game", *laboratory.TRICKS} <= set(runs)
    for name, run in runs.items():
        assert len(run["histories"]) == 5
        if name in laboratory.TRICKS:
            assert run["knob"] in laboratory.TRICKS[name].values
            assert run["knob"] == stored("grid")["data"]["runs"][name]["knob"]


def test_knobs_are_those_of_the_smaller_distance():
    for name, run in stored("grid")["data"]["runs"].items():
        if name in laboratory.TRICKS:
            sums = {json.dumps(one["value"]): sum(one["wasserstein"]) for one in run["tried"]}
            assert len(sums) == 2 and sums[json.dumps(run["knob"])] == min(sums.values())


@pytest.mark.parametrize("ward", WARDS)
def test_the_ill_game_is_ill_in_all_seeds_and_the_healthy_one_in_none(ward):
    ill, healthy = scores(ward, "nothing"), scores(ward, "the healthy game")
    bound = {"ring": 4, "grid": 8, "saturation": 1.0, "oscillation": 0.5}[ward]
    if FEELS[ward] == "effective":
        assert max(ill) < bound < min(healthy)
    else:
        assert min(ill) > bound > max(healthy)


@pytest.mark.parametrize("trick", laboratory.TRICKS)
def test_every_trick_builds_a_game_from_either_knob(trick):
    for value in laboratory.TRICKS[trick].values:
        setup = laboratory.prepared("ring", laboratory.TRICKS[trick], value, 0)
        (record,) = laboratory.played(setup, laboratory.RING, 2)
        assert record["step"] == 2 and torch.isfinite(torch.tensor(record["D_loss"]))


def test_costs_are_measured_for_every_trick():
    data = stored("cost")["data"]
    assert set(data["costs"]) == {"nothing", *laboratory.TRICKS} and data["costs"]["nothing"] == 1
    assert statistics.mean(r["effective"] for r in data["perfect"]["ring"]) > 7.9


def ends(name, trick, key):
    histories = stored(name)["data"]["runs"][trick]
    histories = histories["histories"] if isinstance(histories, dict) else histories
    return [statistics.mean(record[key] for record in history[-2:]) for history in histories]


def gaps(name, trick):
    """By how much more of its own digits D calls real than of others."""
    shares = zip(ends(name, trick, "training"), ends(name, trick, "unseen"), strict=True)
    return [own - other for own, other in shares]


def test_augmentation_keeps_d_from_knowing_its_200_digits_and_costs_quality_at_first():
    assert min(gaps("few", "nothing")) > 0.15
    assert max(map(abs, gaps("few", "translation alone"))) < 0.05
    assert max(map(abs, gaps("few", "DiffAugment"))) < 0.1
    assert min(ends("few", "translation alone", "frechet")) > max(ends("few", "nothing", "frechet"))


def test_three_times_as_long_d_knows_only_its_own_and_g_comes_near_to_them():
    assert min(gaps("longer", "nothing")) > 0.5 > 0.2 > max(gaps("longer", "translation alone"))
    for trick, low, high in (("nothing", 0.5, 0.7), ("translation alone", 0.3, 0.5)):
        assert all(low < value < high for value in ends("longer", trick, "memorisation"))


def test_each_change_of_the_grids_recipe_does_something():
    rows = stored("recipe")["data"]["rows"]
    of = {name: [row for row in rows if row["game"] == name] for name in {r["game"] for r in rows}}
    assert all(len(runs) == 3 for runs in of.values()) and len(of) == 5

    def every(name, key):
        return [row[key] for row in of[name]]

    assert min(every("all four", "modes")) >= 24 and min(every("all four", "high_quality")) > 0.95
    assert max(every("without codes", "modes")) < 24
    assert max(every("without waves", "high_quality")) < 0.9
    assert max(every("without fog", "high_quality")) < 0.9
    assert max(every("without a slower G", "spread")) < 0.7 < min(every("all four", "spread"))


def test_the_papers_weight_of_r1_undoes_what_the_searched_ones_do_not():
    runs = stored("penalty")["data"]["runs"]

    def of(ward, trick):
        return [laboratory.score(h, FEELS[ward]) for h in runs[ward][trick]["histories"]]

    assert min(of("grid", "R1")) > 20 > max(scores("grid", "R1"))
    assert sum(modes > 7 for modes in of("ring", "R1")) == 3
    assert statistics.mean(of("oscillation", "R1")) > 2 * statistics.mean(
        scores("oscillation", "R1")
    )
