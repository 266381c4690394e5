"""Run folders without the command: points, other samples, locks, lost checkpoints, and the page."""

import dataclasses
import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gan_course import Normal, gan, train
from gan_course.checkpoint import load_generator
from gan_course.data import ring
from gan_course.networks import mlp, mlp_discriminator, mlp_generator
from gan_course.runs import Run

PAGE = Path(__file__).parents[1] / "book" / "command_line.md"


def points(dimensions=2):
    torch.manual_seed(0)
    G, D = mlp(4, dimensions, (8,)), mlp(dimensions, 1, (8,))
    return gan(G, D, latent=Normal(4), device="cpu")


def images(channels):
    torch.manual_seed(0)
    shape = (channels, 8, 8)
    return gan(
        mlp_generator(4, shape, (8,)),
        mlp_discriminator(shape, (8,)),
        latent=Normal(4),
        device="cpu",
    )


def test_points_in_the_plane_are_saved_with_a_scatter_plot_and_go_on_exactly(tmp_path):
    straight, run = points(), Run(tmp_path / "run")
    list(train(straight, ring().batches(16, device="cpu"), 8))
    game = points()
    list(train(game, ring().batches(16, device="cpu"), 4))
    run.save(game)
    with Image.open(run.folder / "samples" / "step_0000004.png") as picture:
        pixels = np.array(picture.convert("RGB"))
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 3, "something is drawn"
    again = run.restore(points())
    assert again.step == 4
    list(train(again, ring().batches(16, device="cpu"), 4))
    for a, b in zip(straight.networks["G"].parameters(), again.networks["G"].parameters()):
        assert torch.equal(a, b)


@pytest.mark.parametrize("game", [points(1), points(5), images(2), images(4)])
def test_samples_that_no_picture_shows_are_saved_without_one(game, tmp_path):
    run = Run(tmp_path)
    run.save(game)
    assert run.checkpoint.is_file() and run.generator.is_file()
    assert not (tmp_path / "samples").exists()


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_saved_with_a_picture(channels, tmp_path):
    Run(tmp_path).save(images(channels))
    assert (tmp_path / "samples" / "step_0000000.png").is_file()


def test_a_run_that_has_lost_its_checkpoint_is_refused_and_left_alone(tmp_path):
    run, game = Run(tmp_path), points()
    list(train(game, ring().batches(16, device="cpu"), 4))
    run.log(game.record)
    run.save(game)
    run.checkpoint.unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match="has lost its checkpoint.pt: .* begin a new run"):
        run.restore(points())
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_another_game_is_refused(tmp_path):
    Run(tmp_path).save(points())
    with pytest.raises(ValueError, match="belongs to another game"):
        Run(tmp_path).restore(points(5))


@pytest.mark.skipif(os.name != "posix", reason="locks are POSIX")
def test_one_process_of_many_holds_the_folder_for_all(tmp_path):
    first, second = Run(tmp_path), Run(tmp_path, writes=False)
    with first.alone(), second.alone(), pytest.raises(BlockingIOError), Run(tmp_path).alone():
        pass


def test_only_what_is_no_run_is_forgotten(tmp_path):
    run = Run(tmp_path)
    run.write_config({"preset": "dcgan"})
    run.log({"step": 1})
    assert not run.empty
    run.forget()
    assert run.empty
    run.write_config({"preset": "dcgan"})
    run.save(points())
    run.forget()
    assert run.config.is_file()


def test_a_kill_between_the_files_of_a_save_leaves_the_checkpoint(tmp_path, monkeypatch):
    run, game = Run(tmp_path), points()

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as moment:
        moment.setattr("gan_course.runs.save_generator", killed)
        with pytest.raises(KeyboardInterrupt):
            run.save(game)
    assert run.restore(points()).step == 0 and not run.generator.is_file()


def test_a_picture_leaves_no_figure_open(tmp_path):
    plt = pytest.importorskip("matplotlib.pyplot")
    before = plt.get_fignums()
    Run(tmp_path).save(points())
    assert plt.get_fignums() == before


def test_the_pages_own_game_runs_and_goes_on(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "run.restore" in block]
    code = code.replace("2_000", "40").replace("report_every=100", "report_every=10")
    code = code.replace("% 500", "% 20")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    exec(code.replace("40 -", "60 -"), {})
    run = Run(Path("runs/ring"))
    assert [record["step"] for record in run.records()] == [10, 20, 30, 40, 50, 60]


def test_a_network_of_no_image_and_no_plane_is_not_drawn_as_one(tmp_path):
    G = nn.Sequential(nn.Linear(4, 6), nn.Unflatten(1, (3, 2)))
    D = nn.Sequential(nn.Flatten(), nn.Linear(6, 1))
    Run(tmp_path).save(gan(G, D, latent=Normal(4), device="cpu"))
    assert not (tmp_path / "samples").exists()


def test_a_run_of_another_network_keeps_that_one(tmp_path):
    game = points()
    networks = {"H": game.networks["G"], "D": game.networks["D"]}
    game = dataclasses.replace(game, networks=networks, averages={})
    run = Run(tmp_path, network="H")
    run.save(game)
    other = load_generator(mlp(4, 2, (8,)), run.generator)
    for name, tensor in game.networks["H"].state_dict().items():
        assert torch.equal(other.state_dict()[name], tensor)
    assert len(run.made) == 2
    run.save(dataclasses.replace(game, latent=None))  # a game that translates: no picture
