"""The playground in a live kernel, driven through its widgets."""

import matplotlib
import pytest
import torch

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from gan_course.data import Mixture, ring
from gan_course.objectives import hinge, wasserstein
from gan_course.widgets import Contest, playground


@pytest.fixture
def desk():
    """Return an untrained playground and its controls by what is written on them."""
    box = playground()
    row = box.children[7].children
    named = {w.description: w for w in (*box.children[:7], *row)}
    return box, named


def words(box):
    return box.children[-2].value


def picture(box):
    return box.children[-1].value


def weights(contest, name):
    return torch.cat([p.detach().flatten() for p in contest.game.networks[name].parameters()])


def test_a_tick_of_the_clock_trains_and_draws(desk):
    box, named = desk
    before = picture(box)
    named["train"].value = 1
    assert words(box).startswith("Step 50: ") and "D's loss" in words(box)
    assert picture(box) != before and not plt.get_fignums()


def test_stopping_the_clock_trains_nothing(desk):
    box, named = desk
    named["train"].value = 1
    named["train"].value = 0
    assert words(box).startswith("Step 50: ")


def test_a_choice_begins_anew_and_a_pace_goes_on(desk):
    box, named = desk
    named["train"].value = 1
    named["D's moves a step"].value = 3
    named["learning rate of G"].value = 1e-4
    assert words(box).startswith("Step 50: ")
    named["data"].value = "grid of 25"
    assert words(box).startswith("Step 0: ") and "of 25 modes" in words(box)


def test_a_button_moves_one_player_alone(desk):
    box, named = desk
    named["move D once"].click()
    assert words(box).startswith("D moved once; its loss was ") and "Step 0" in words(box)


def test_starting_again_repeats_the_run(desk):
    box, named = desk
    named["train"].value = 1
    first = words(box), picture(box)
    named["start again"].click()
    assert words(box).startswith("Step 0: ")
    named["train"].value = 2
    assert (words(box), picture(box)) == first


def test_a_move_alone_changes_the_mover_only():
    contest = Contest(ring(), 1.5)
    G, D = weights(contest, "G"), weights(contest, "D")
    contest.move("G")
    assert torch.equal(weights(contest, "D"), D) and not torch.equal(weights(contest, "G"), G)


def test_clipped_weights_stay_within_the_bound():
    contest = Contest(ring(), 1.5, wasserstein, clip=0.05)
    contest.train(3)
    assert weights(contest, "D").abs().max() <= 0.05


def test_the_pace_reaches_the_players():
    contest = Contest(ring(), 1.5, hinge, spectral_norm=True)
    contest.set_pace(turns=2, lr_D=0.0, lr_G=1e-3)
    D, G = weights(contest, "D"), weights(contest, "G")
    contest.train(2)
    assert torch.equal(weights(contest, "D"), D) and not torch.equal(weights(contest, "G"), G)
    assert contest.game.players[0].turns == 2


def test_the_caller_keeps_his_random_state():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    Contest(ring(), 1.5).train(1)
    assert torch.equal(torch.rand(1), expected)


def broken(contest, name):
    with torch.no_grad():
        next(contest.game.networks[name].parameters()).fill_(float("nan"))


@pytest.mark.parametrize("name", "GD")
def test_a_broken_game_is_told_and_its_old_counts_are_gone(monkeypatch, name):
    made = []
    build = Contest.__init__

    def watched(self, *args, **kwargs):
        build(self, *args, **kwargs)
        made.append(self)

    monkeypatch.setattr(Contest, "__init__", watched)
    box = playground()
    train = box.children[7].children[0]
    train.value = 1
    assert "of 8 modes covered" in words(box) and "of 8 modes covered" in picture(box)
    broken(made[-1], name)
    train.value = 2
    assert "stopped being finite" in words(box)
    assert "covered" not in words(box) and "covered" not in picture(box)
    assert not plt.get_fignums()


def test_samples_that_are_no_numbers_are_not_counted():
    contest = Contest(ring(), 1.5)
    broken(contest, "G")
    assert contest.report() == "Step 0: G's samples are not finite, so nothing is counted."


def test_data_of_one_point_are_counted_and_drawn():
    contest = Contest(Mixture("dot", torch.zeros(1, 2), 0.1), 1.0)
    contest.train(1)
    assert "of 1 mode covered" in contest.report()
    plt.close(contest.draw())


def test_a_curve_is_covered_to_a_share_and_has_no_modes(desk):
    box, named = desk
    named["data"].value = "Swiss roll"
    assert "% of the curve covered" in words(box) and "mode" not in words(box)
    named["data"].value = "ring of 8"
    assert "of 8 modes covered" in words(box)


def test_samples_outside_the_picture_are_counted():
    contest = Contest(ring(), 1e-6)
    assert "2,500 of 2,500 lie outside the picture" in contest.report()
    assert "outside" not in Contest(ring(), 1e6).report()
