"""The running sums behind a record."""

import pytest
import torch

from gan_course.game.records import Notes


def scalars(**notes):
    return {name: torch.tensor(value) for name, value in notes.items()}


def test_the_mean_of_every_note_is_taken_over_the_moves_that_report_it():
    notes = Notes()
    notes.add("D", scalars(loss=1.0, real=2.0))
    notes.add("D", scalars(loss=3.0))
    notes.add("G", scalars(loss=5.0))
    assert notes.means() == {"D_loss": 2.0, "D_real": 2.0, "G_loss": 5.0}


def test_a_long_sum_keeps_the_digits_that_float32_would_lose():
    notes = Notes()
    for _ in range(20_000):
        notes.add("D", scalars(loss=0.1))
    assert notes.means()["D_loss"] == pytest.approx(0.1, rel=1e-7)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_the_first_bad_move_is_known_though_no_loss_is_read(bad):
    notes = Notes()
    for value in (1.0, bad, -bad, 2.0):
        for player, loss in scalars(D=value, G=1.0).items():
            notes.add(player, {"loss": loss})
            notes.watch(player, loss)  # which `add` does on a GPU
    assert notes.first_bad_move("D") == 1
    assert notes.first_bad_move("G") is None


def test_a_player_who_never_moved_made_no_bad_move():
    assert Notes().first_bad_move("D") is None
