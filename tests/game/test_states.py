"""What training changes for a while: by one thread at a time, and not what was frozen."""

import threading
import time

import pytest
import torch
from games_for_tests import plain, points, same, weights, with_state
from torch import nn

from gan_course import Normal, Player, gan, generate, play, sample, train
from gan_course.checkpoint import load, save
from gan_course.game.states import mode, one_thread_at_a_time


def in_threads(*acts):
    """Runs each in a thread of its own, and returns the errors."""
    errors = []

    def guarded(act):
        try:
            act()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(act,), daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads), "nobody waits for ever"
    return errors


@pytest.mark.parametrize("build", [plain, with_state])
def test_a_dashboard_that_samples_in_a_thread_changes_nothing(build, tmp_path):
    watched, alone, done, seen = build(), build(), threading.Event(), []

    def train_on():
        for _ in train(watched, points(), 60, report_every=3):
            pass
        done.set()

    def look():
        while not done.is_set():
            seen.append(sample(watched, 4))
            save(watched, tmp_path / "game.pt")

    assert in_threads(train_on, look) == []
    boundaries = [sample(alone, 4)]
    for _ in train(alone, points(), 60, report_every=3):
        boundaries.append(sample(alone, 4))
    assert same(weights(watched), weights(alone))
    assert len(seen) >= 5, "the dashboard has its turn between two records"
    assert all(any(torch.equal(x, y) for y in boundaries) for x in seen)
    assert load(build(), tmp_path / "game.pt").step % 3 == 0


def test_two_games_in_two_threads_are_each_as_if_alone():
    first, second = plain(), with_state()
    acts = [lambda game=game: [*train(game, points(), 60, 3)] for game in (first, second)]
    assert in_threads(*acts) == []
    for game, again in ((first, plain()), (second, with_state())):
        [*train(again, points(), 60)]
        assert same(weights(game), weights(again))


def test_a_loss_and_a_loop_may_sample_and_an_error_opens_the_door():
    game = plain()
    own = game.players[1].loss

    def loss(*batch):
        sample(game, 2)
        return own(*batch)

    game.players[1].loss = loss
    for _ in train(game, points(), 4, 2):
        sample(game, 2)
    with pytest.raises(RuntimeError, match="enough"), one_thread_at_a_time():
        raise RuntimeError("enough")
    assert in_threads(lambda: sample(game, 2)) == []


def test_who_comes_again_and_again_does_not_keep_others_waiting():
    came, stop = [], threading.Event()

    def greedy():
        end = time.monotonic() + 100
        while not stop.is_set() and time.monotonic() < end:
            with one_thread_at_a_time():
                time.sleep(0.001)

    def modest():
        for _ in range(20):
            with one_thread_at_a_time():
                came.append(time.monotonic())
        stop.set()

    assert in_threads(greedy, modest) == []
    assert len(came) == 20 and came[-1] - came[0] < 50  # seldom more than 0.1, alone


# Frozen layers


def body(affine):
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8, affine=affine), nn.Dropout(0.5))


def critic(affine=True):
    return nn.Sequential(body(affine), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))


@pytest.mark.parametrize("affine", [True, False])
def test_what_is_frozen_and_in_eval_mode_stays_so_in_play(affine):
    D = critic(affine)
    D[0].requires_grad_(False).eval()
    before = {name: tensor.clone() for name, tensor in D[0].state_dict().items()}
    free, seen = D[1].running_mean.clone(), []
    D[0].register_forward_hook(lambda *_: seen.append([m.training for m in D.modules()]))
    play(gan(nn.Linear(2, 2), D, latent=Normal(2), device="cpu"), points(), 5)
    assert all(torch.equal(before[name], tensor) for name, tensor in D[0].state_dict().items())
    assert not torch.equal(free, D[1].running_mean)
    #             D     D[0]   and its three layers  D[1]  D[2]  D[3]
    assert seen[0] == [True, False, False, False, False, True, True, True]


def test_layers_frozen_one_by_one_stay_too():
    D = critic()[0]
    D = nn.Sequential(D[0], D[1], nn.Linear(8, 1))
    D[:2].requires_grad_(False).eval()
    before = D[1].running_mean.clone()
    play(gan(nn.Linear(2, 2), D, latent=Normal(2), device="cpu"), points(), 5)
    assert torch.equal(before, D[1].running_mean) and D.training and not D[1].training


def test_what_is_only_frozen_or_only_in_eval_mode_trains():
    eval_only, frozen_only = critic().eval(), critic().requires_grad_(False)
    for network in (eval_only, frozen_only):
        was = [module.training for module in network.modules()]
        with mode([network], training=True):
            assert all(module.training for module in network.modules())
        assert [module.training for module in network.modules()] == was
    frozen = critic().requires_grad_(False).eval()
    frozen[2].train()  # dropout on purpose
    with mode([frozen], training=True):
        assert [m.training for m in frozen.modules()].count(True) == 1 and frozen[2].training
    with mode([frozen], training=False):
        assert not any(module.training for module in frozen.modules())
    assert frozen[2].training


def test_a_network_that_decides_its_own_mode_is_asked():
    class Careful(nn.Sequential):
        def train(self, training=True):
            super().train(training)
            self[1].eval()
            return self

    network = Careful(nn.Linear(2, 2), nn.BatchNorm1d(2))
    with mode([network], training=True):
        assert network[0].training and not network[1].training


def test_generate_in_another_thread_waits_for_the_record():
    game, order = plain(), []
    own = game.players[0].loss
    entered = threading.Event()

    def slow(*batch):
        entered.set()
        time.sleep(0.02)
        order.append("move")
        return own(*batch)

    game.players[0] = Player("D", slow, game.players[0].optimizer)

    def look():
        entered.wait(10)
        generate(game.networks["G"], Normal(2), 2)
        order.append("sample")

    assert in_threads(lambda: play(game, points(), 5), look) == []
    assert order == ["move"] * 5 + ["sample"]
