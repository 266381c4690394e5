"""Two real processes, started by torchrun, against one: the same game."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from distributed import worker
from games_for_tests import plain, points, same, weights

from gan_course import Normal, Player, train
from gan_course.accelerate import compiled, recorded
from gan_course.checkpoint import load
from gan_course.data import ring
from gan_course.distributed import World, WorldLoss, distributed, gather, mean_over_ranks, world
from gan_course.draws import draw_rows, placed, share, sharing_draws
from gan_course.penalties import gradient_penalty

WORKER = Path(__file__).parent / "worker.py"


def torchrun(scenario: str, folder: Path, *options: str) -> subprocess.CompletedProcess:
    """Starts two processes with one thread each and waits for them."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", *options, str(WORKER), scenario, str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        output, _ = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        process.terminate()  # not kill: torchrun ends its workers first
        output, _ = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What two processes wrote that played everything that ends well."""
    folder = tmp_path_factory.mktemp("two")
    done = torchrun("all", folder)
    assert done.returncode == 0, done.stdout
    return folder


def written(folder: Path, name: str) -> list:
    """What each of the two ranks wrote under this name."""
    return [torch.load(folder / f"{name}.{rank}.pt", weights_only=True) for rank in range(2)]


@pytest.fixture
def double():
    """Makes float64 the default, as the workers do."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name", worker.GAMES)
def test_two_processes_equal_one_with_the_whole_batch(folder, name, double):
    torch.manual_seed(0)
    one, (two, _) = worker.report(worker.GAMES[name](), name), written(folder, name)
    assert torch.equal(one["random_state"], two["random_state"])
    for key, weight in one["weights"].items():
        torch.testing.assert_close(two["weights"][key], weight, rtol=0, atol=1e-12)
    for a, b in zip(one["records"], two["records"]):
        assert b == pytest.approx(a, abs=1e-5)  # records are float32


@pytest.mark.parametrize("name", worker.GAMES)
def test_both_processes_end_with_the_same_bits_though_they_began_apart(folder, name):
    first, second = written(folder, name)
    assert same(first["weights"], second["weights"])
    assert first["records"] == second["records"]  # bit for bit: so loops end alike
    assert torch.equal(first["random_state"], second["random_state"])
    if first["sample"] is not None:
        assert first["sample"].shape[0] == 5 and torch.equal(first["sample"], second["sample"])


def test_a_metric_sees_the_samples_of_all_ranks_in_order(folder):
    (whole, score, means), (also, same_score, same_means) = written(folder, "metric")
    assert whole and also and score == same_score and means == same_means
    assert means["fd"] == pytest.approx(score) and means["rows"] == 101 / 2
    assert means["step"] == 7 and isinstance(means["step"], int)


def test_ranks_that_differ_are_told_so_on_every_rank(folder):
    for told in written(folder, "told"):
        assert "different games" in told["other game"]
        assert "mean of all is 5.0: load the same checkpoint" in told["other step"]
        assert "ask for a multiple of 2, such as 34" in told["odd batch"]


@pytest.mark.parametrize("what", ["noise", "dropout", "latent"])
def test_what_is_not_shared_differs_between_ranks_and_is_never_repeated(folder, what):
    first, second = (apart["drawn"][what] for apart in written(folder, "apart"))
    assert len(first) == len(second) >= 14, "two moves in each of seven steps"
    drawn = [*first, *second]
    for i, one in enumerate(drawn):
        assert not any(torch.equal(one, other) for other in drawn[:i])


def test_a_game_with_noise_of_each_rank_agrees_and_resumes_exactly_from_one_checkpoint(folder):
    (one, two) = written(folder, "apart")
    straight, *resumed = one["ends"]
    assert same(straight, two["ends"][0]), "the gradients are those of all"
    for again, states in zip([*resumed, *two["ends"][1:]], (one["states"], two["states"]) * 2):
        assert same(again, straight)
        assert all(torch.equal(state, one["states"][0]) for state in states)


def test_an_infinite_loss_on_one_rank_stops_both_in_the_same_move_and_none_waits(folder):
    assert written(folder, "diverged") == [(("G", 3), 6)] * 2


def test_a_killed_worker_comes_back_and_ends_as_if_nothing_had_happened(folder, tmp_path):
    done = torchrun("die", tmp_path, "--max-restarts", "1")
    assert done.returncode == 0, done.stdout
    assert "Signal 9 (SIGKILL)" in done.stdout or "exitcode: -9" in done.stdout, done.stdout
    lives = {file.name: file.read_text() for file in tmp_path.glob("life.*")}
    assert lives == {"life.0.0": "0", "life.0.1": "0", "life.1.0": "12", "life.1.1": "12"}
    for rank, undisturbed in enumerate(written(folder, "end")):
        assert same(written(tmp_path, "end")[rank], undisturbed)


def test_one_process_goes_on_from_the_checkpoint_of_two(folder, double):
    game = load(worker.wgan_gp(), folder / "game.pt")
    assert game.step == 24
    assert same(worker.weights(game), written(folder, "end")[0])


def test_an_error_on_one_rank_ends_all_without_hanging(tmp_path):
    done = torchrun("fail", tmp_path)  # gloo alone would wait for half an hour
    assert done.returncode != 0 and "rank 1 has had enough" in done.stdout


def test_a_world_of_one_is_the_plain_game_bit_for_bit():
    alone, plain_game = plain(), plain()
    with world("cpu") as here:
        assert here == World(0, 1, torch.device("cpu")) and here.first
        game = distributed(alone)
        assert game is alone
        record = [mean_over_ranks(record) for record in train(game, points(), 7)][-1]
    list(train(plain_game, points(), 7))
    assert same(weights(alone), weights(plain_game)) and record["step"] == 7
    x = torch.randn(3, 2)
    assert gather(x) is x


def test_several_processes_that_did_not_join_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RuntimeError, match="inside `with world\\(\\) as here:`"):
        distributed(plain())


def test_compiled_games_and_games_on_another_device_are_refused(monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_backend", lambda: "nccl")
    with pytest.raises(ValueError, match="meet on cuda and this game is on cpu"):
        distributed(plain())
    game = plain()
    game.players[0] = type("Other", (Player,), {})(
        "D", game.players[0].loss, game.players[0].optimizer
    )
    with pytest.raises(ValueError, match="one process: give `distributed` the plain game"):
        distributed(game)
    with pytest.raises(ValueError, match="one process: give `distributed` the plain game"):
        distributed(recorded(plain(), None, strict=True))


@pytest.mark.parametrize("faster", [compiled, lambda game: recorded(game, recorder=None)])
def test_a_distributed_game_is_neither_compiled_nor_graphed(faster):
    if faster is compiled and not hasattr(torch._dynamo.config, "trace_autograd_ops"):
        pytest.skip("this torch compiles no gradients")
    game = plain()
    game.players[0].loss = WorldLoss(game.players[0].loss)
    with pytest.raises(ValueError, match="one process, and this one is distributed: play it as"):
        faster(game)


def test_more_processes_than_gpus_are_refused(monkeypatch):
    for name, value in {"WORLD_SIZE": "3", "RANK": "2", "LOCAL_RANK": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(RuntimeError, match="this machine has 2: start at most --nproc-per-node 2"):
        world().__enter__()


def _of_three(draw):
    """What three ranks draw from one seed, one below the other."""
    parts = []
    for rank in range(3):
        torch.manual_seed(0)
        with placed(rank, 3):
            parts.append(draw())
    return torch.cat(parts)


def test_batches_of_three_ranks_are_the_rows_of_one():
    torch.manual_seed(0)
    (whole,) = next(ring().batches(12, device="cpu"))
    assert torch.equal(_of_three(lambda: next(ring().batches(12, device="cpu"))[0]), whole)


def test_z_and_penalties_are_shared_in_a_loss_and_whole_elsewhere():
    torch.manual_seed(0)
    whole = Normal(5)(12)
    assert torch.equal(_of_three(lambda: sharing_draws(Normal(5), 4)), whole)
    assert torch.equal(_of_three(lambda: Normal(5)(12)), whole.repeat(3, 1))
    real, fake = torch.zeros(12, 1), torch.linspace(0, 3, 12).unsqueeze(1)
    D = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))

    def penalty_of_rows(rows: slice) -> torch.Tensor:
        return gradient_penalty(D, real[rows], fake[rows]).detach()

    torch.manual_seed(0)
    expected, own = penalty_of_rows(slice(None)), []
    for rank in range(3):
        torch.manual_seed(0)
        with placed(rank, 3):
            own.append(sharing_draws(penalty_of_rows, slice(4 * rank, 4 * rank + 4)))
    torch.testing.assert_close(torch.stack(own).mean(), expected)


def test_shared_and_own_draws_do_not_disturb_each_other():
    torch.manual_seed(0)
    whole = torch.cat([Normal(5)(12), Normal(5)(12)], 1)
    after = torch.randn(3)

    def mixed(n):
        first, own = Normal(5)(n), torch.randn(n, 5)
        return torch.cat([first, Normal(5)(n), own], 1)

    drawn = _of_three(lambda: sharing_draws(mixed, 4))
    assert torch.equal(drawn[:, :10], whole)
    parts = drawn[:, 10:].split(4)
    assert not any(torch.equal(parts[i], parts[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    assert torch.equal(torch.randn(3), after), "as if only the shared ones had been drawn"


def test_a_batch_that_does_not_divide_is_refused_and_alone_everything_divides():
    assert share(7) == 7 and torch.equal(draw_rows(torch.ones, (3,)), torch.ones(3))
    with placed(0, 4), pytest.raises(ValueError, match="of 10 cannot be shared evenly by 4.*12"):
        share(10)
