"""The benchmark of quality, at a size that says nothing but runs every part."""

import argparse
import json
import time

import pytest
import torch

from benchmarks import on_glyphs, quality
from gan_course.data import Dataset, glyphs, grid, ring
from recipes.grid import Codes, Places, trained


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    quality.add_arguments(parser)
    return parser.parse_args(arguments)


def test_points_are_scored_for_every_game_beside_a_perfect_sampler(capsys):
    rows = quality.points_table(
        steps=5, seeds=1, device=torch.device("cpu"), clock=time.perf_counter
    )
    perfect = [row for row in rows if row["game"] == quality.PERFECT]
    assert [row["modes"] for row in perfect] == [8, 25]
    assert all(0.97 < row["high_quality"] < 1 and 0.95 < row["spread"] < 1.05 for row in perfect)
    assert {row["game"] for row in rows} == {quality.PERFECT, *quality.POINTS}
    assert capsys.readouterr().out.count("\n") == 3 + len(rows)  # an empty line and two headings


class Frozen:
    """Scores that fall by one at every look, without a classifier."""

    def __init__(self, start: float) -> None:
        self.score = start

    def __call__(self, game, labelled):
        self.score -= 1
        return {"frechet": self.score, "accuracy": 1 - self.score / 10}


def small_glyphs() -> Dataset:
    return glyphs(100)


def test_the_seconds_are_those_of_the_first_score_that_is_good_enough(monkeypatch):
    monkeypatch.setattr(on_glyphs, "EVERY", 2)
    judge = Frozen(on_glyphs.FRECHET + 2)  # good enough at the second look
    row = on_glyphs.on_glyphs(
        "DCGAN", small_glyphs(), judge, 2 * on_glyphs.EVERY, torch.device("cpu"), time.perf_counter
    )
    assert row["to_frechet"] == row["seconds"] > 0
    assert row["to_accuracy"] is None and row["step"] == 2 * on_glyphs.EVERY


def test_what_json_has_no_word_for_becomes_null():
    assert json.loads(json.dumps(quality._plain([{"spread": float("nan")}]))) == [{"spread": None}]


def test_no_steps_is_one_sentence():
    with pytest.raises(SystemExit, match="at least 1 step"):
        quality.run(options("--steps", "0"))


def test_the_grid_recipe_lifts_its_fog_slows_g_down_and_ends_at_rest():
    game = trained(grid(), steps=100, seed=0, device="cpu")
    rates = {player.name: player.optimizer.param_groups[0]["lr"] for player in game.players}
    assert game.networks["D"].fog == 0
    assert rates["G"] == pytest.approx(1e-5) and rates["D"] == 0


def test_every_code_of_the_grid_recipe_has_a_place_of_its_own():
    torch.manual_seed(0)
    z = Codes()(64)
    G = Places(reach=4.0)
    codes = z[:, :-4].argmax(1)
    assert torch.equal(z[:, :-4].sum(1), torch.ones(64))
    assert (G(z) - G.place.weight.T[codes]).abs().max() < 1  # a tenth of the reach around it


def test_the_recipe_scales_with_the_data():
    small, large = (trained(data, 1, 0, "cpu").networks["D"] for data in (ring(), grid()))
    assert small.reach < large.reach and small.waves.std() > large.waves.std()
