"""`gan-course sample`: single images, films, truncation, classes, and what is refused."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from command_for_tests import SMALL, command, refused
from PIL import Image, ImageSequence
from torch import nn

from gan_course import Categorical, Normal, Uniform, gan, generate
from gan_course.cli.choices import PRESETS, Preset
from gan_course.cli.config import read_config
from gan_course.cli.film import frames_of, write_film
from gan_course.cli.sample import restore
from gan_course.cli.walk import closed_walk, path_of, truncated
from gan_course.data import folder
from gan_course.latents import slerp
from gan_course.runs import Run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two small runs, with classes and without."""
    place = tmp_path_factory.mktemp("runs")
    for name, preset in (("plain", "dcgan"), ("conditional", "projection")):
        code, _, err = command(
            f"train {SMALL} --preset {preset} --steps 2 --every 2 --out {place / name}"
        )
        assert code == 0, err
    return place


@pytest.fixture(autouse=True)
def copies(runs, tmp_path, monkeypatch):
    """Both runs in an empty folder, `plain` and `conditional`, which is where we are."""
    for name in ("plain", "conditional"):
        shutil.copytree(runs / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)


def drawn(name, latent, n, *y, seed=0):
    """What a run's generator makes of z from this latent, uint8 [n, 8, 8]."""
    run = Run(Path(name))
    G, own = restore(run, read_config(run), torch.device("cpu"))
    images = generate(G, latent or own, n, *y, seed=seed)
    return images.add(1).mul(127.5).round().to(torch.uint8)[:, 0].numpy()


def frames(path):
    with Image.open(path) as film:
        return np.stack([np.array(frame.convert("L")) for frame in ImageSequence.Iterator(film)])


def inside(frame, factor, k=0):
    """The k-th image of a frame as it was before it was enlarged, [8, 8]."""
    side = 8 * factor
    left = 1 + k * (side + 1)
    return frame[1 : 1 + side : factor, left : left + side : factor]


def close(a, b):
    """Whether two images agree up to rounding."""
    return np.abs(a.astype(int) - b).max() <= 1


def test_single_images_are_numbered_files_with_the_pixels_of_the_arrays():
    code, out, _ = command("sample plain --single --n 12 --seed 3")
    assert code == 0 and out == "12 images in plain/images\n"
    assert sorted(os.listdir("plain/images")) == [f"{k:04}.png" for k in range(12)]
    pixels = np.stack([np.array(Image.open(f"plain/images/{k:04}.png")) for k in range(12)])
    assert (pixels == drawn("plain", None, 12, seed=3)).all()
    assert (folder("plain/images", 8, channels=1).stored[:, 0].numpy() == pixels).all()


def test_single_images_of_another_seed_are_others_and_of_one_seed_the_same():
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert command(f"sample plain --single --n 3 --seed {seed} --out {name}")[0] == 0
    a, b, c = (folder(name, 8, channels=1).stored for name in "abc")
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "0000.png").write_text("mine")
    refused("sample plain --single --out mine", "mine exists and is not an empty folder")
    assert (tmp_path / "mine" / "0000.png").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert command("sample plain --single --n 2 --out empty")[0] == 0
    assert command("sample plain --n 2")[0] == command("sample plain --n 3")[0] == 0
    with Image.open("plain/sample.png") as picture:
        assert picture.size == (3 * 9 + 1, 10), "a file of the same name is replaced"


def test_a_film_passes_the_images_of_its_seed_evenly_and_closes():
    line = "sample plain --interpolate --n 4 --frames 10 --seed 5"
    code, out, _ = command(line)
    assert code == 0 and out == "a walk past 4 images in plain/walk.gif\n"
    with Image.open("plain/walk.gif") as film:
        assert film.n_frames == 40 and film.info["loop"] == 0 and film.info["duration"] == 50
    film, images = frames("plain/walk.gif"), drawn("plain", None, 4, seed=5)
    for k in range(4):
        assert close(inside(film[10 * k], 32), images[k])
    steps = np.abs(np.diff(film.astype(int), axis=0, append=film[:1])).mean((1, 2))
    assert steps[-1] < 2 * np.median(steps), "no jump from the last frame to the first"


def test_a_conditional_film_shows_the_classes_side_by_side_from_one_z():
    assert command("sample conditional --interpolate --class 3 --class 7 --n 2 --frames 4")[0] == 0
    film = frames("conditional/walk.gif")
    for k, label in enumerate((3, 7)):
        images = drawn("conditional", None, 2, torch.full((2,), label))
        assert close(inside(film[0], 16, k), images[0])
        assert close(inside(film[4], 16, k), images[1])


def test_a_walk_of_normal_z_keeps_its_distance_from_the_mean():
    torch.manual_seed(0)
    z = closed_walk(Normal(512), 3, copies=2)(3 * 5 * 2)
    assert torch.equal(z[0::2], z[1::2]) and z.shape == (30, 512)
    torch.manual_seed(0)
    a, b, _ = Normal(512)(3)
    assert torch.allclose(z[0], a) and torch.allclose(z[10], b)
    assert torch.allclose(z[0:10:2], slerp(a, b, 6)[:-1], atol=1e-6)
    assert z.norm(dim=1).min() > 0.9 * 512**0.5, "a straight line would come to 0.71"


def test_a_walk_of_uniform_z_is_straight_and_stays_where_z_lives():
    torch.manual_seed(0)
    z = closed_walk(Uniform(64), 2)(8)
    assert torch.allclose(z[1], 0.75 * z[0] + 0.25 * z[4], atol=1e-6)
    assert torch.allclose(z[7], 0.75 * z[0] + 0.25 * z[4], atol=1e-6)
    assert z.abs().max() <= 1


def test_truncation_scales_z_towards_its_mean():
    normal = Normal(100)
    torch.manual_seed(0)
    scaled = truncated(normal, 0.5)(1000)
    torch.manual_seed(0)
    assert torch.equal(scaled, 0.5 * normal(1000))
    for psi, name in ((0.25, "a"), (1, "b"), (None, "c")):
        asked = f"--truncate {psi}" if psi else ""
        assert command(f"sample plain --single --n 40 {asked} --out {name}")[0] == 0
    a, b, c = (folder(name, 8, channels=1).x for name in "abc")
    assert torch.equal(b, c), "1 is no truncation"
    assert a.std(0).mean() < 0.6 * c.std(0).mean(), "less varied"
    assert (
        drawn("plain", truncated(normal, 0.25), 40) == folder("a", 8, 1).stored[:, 0].numpy()
    ).all()


def test_a_z_without_anything_between_is_neither_scaled_nor_walked_through(monkeypatch):
    def coded(shape, classes, width, bf16, device, **rates):
        G = nn.Sequential(nn.Linear(4, 64), nn.Unflatten(1, shape))
        D = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))
        return gan(G, D, latent=Categorical(4), device=device)

    monkeypatch.setitem(PRESETS, "dcgan", Preset(coded, width=4))
    assert command(f"train {SMALL} --steps 2 --every 2 --out coded")[0] == 0
    assert command("sample coded --n 3")[0] == 0
    for option in ("--truncate 0.5", "--interpolate"):
        refused(f"sample coded {option}", option.split()[0], "Categorical(dim=4)", code=1)
    with pytest.raises(ValueError, match="normal or uniform"):
        path_of(lambda n, device=None: torch.zeros(n, 4), "--truncate")


def test_a_class_is_named_or_numbered():
    config = "conditional/config.json"
    text = Path(config).read_text()
    for label in range(10):
        text = text.replace(f'"{label}"', f'"{"abcdefghij"[label]}"')
    Path(config).write_text(text)
    for asked, name in (("d", "x"), ("3", "y"), ("e", "z")):
        assert command(f"sample conditional --n 2 --class {asked} --out {name}.npz")[0] == 0
    x, y, z = (np.load(f"{name}.npz") for name in "xyz")
    assert x["y"].tolist() == y["y"].tolist() == [3, 3] and z["y"].tolist() == [4, 4]
    assert (x["x"] == y["x"]).all() and (x["x"] != z["x"]).any()
    refused("sample conditional --class k", "no class 'k'", "a, b, c, d")
    refused("sample conditional --class 10", "no class '10'")


def test_where_classes_are_called_by_numbers_a_number_is_a_name():
    text = Path("conditional/config.json").read_text()
    Path("conditional/config.json").write_text(text.replace('"0"', '"10"'))
    assert command("sample conditional --n 1 --class 10 --out a.npz")[0] == 0
    assert np.load("a.npz")["y"].tolist() == [0]
    refused("sample conditional --class 0", "no class '0'", "10, 1, 2")


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("--n 0", ["--n", "at least 1, got 0"]),
        ("--single --n -1", ["--n", "at least 1, got -1"]),
        ("--interpolate --n 1", ["--n", "at least 2 images, got 1"]),
        ("--frames 0 --interpolate", ["--frames", "at least 1, got 0"]),
        ("--truncate 0", ["--truncate", "above 0 and at most 1, got 0"]),
        ("--truncate 1.5", ["--truncate", "above 0 and at most 1, got 1.5"]),
        ("--truncate nan", ["--truncate", "above 0 and at most 1, got nan"]),
        ("--class 3", ["--class", "trained without classes"]),
        ("--single --interpolate", ["give one of them"]),
        ("--single --out a.png", ["needs a folder, got a.png"]),
        ("--out a.gif", ["must end in .png or .npz", "--interpolate"]),
        ("--out folder", ["must end in .png or .npz", "--single"]),
        ("--interpolate --out a.png", ["must end in .gif or .mp4"]),
    ],
)
def test_what_makes_no_sense_gets_one_sentence_and_nothing_is_written(line, parts, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    refused(f"sample plain {line}", *parts)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("device", ["mps", "xpu", "meta", "abacus"])
def test_a_device_that_cannot_be_used_is_refused_before_a_file_is_written(device, tmp_path):
    if device == "mps" and torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    before = sorted(tmp_path.rglob("*"))
    for line in ("sample plain", "sample plain --single", "evaluate plain"):
        refused(f"{line} --device {device}", f"'{device}' cannot be used")
    assert sorted(tmp_path.rglob("*")) == before


def test_an_mp4_without_ffmpeg_names_the_remedy_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr("matplotlib.animation.FFMpegWriter.isAvailable", lambda: False)
    refused("sample plain --interpolate --out a.mp4", "install it, or name a .gif", code=1)
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_an_mp4_is_written_where_ffmpeg_is_installed(tmp_path):
    assert command("sample plain --interpolate --n 2 --out a.mp4")[0] == 0
    assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for ffmpeg")
def test_an_ffmpeg_that_fails_is_one_sentence_and_no_closed_pipe(tmp_path, monkeypatch):
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    refused("sample plain --interpolate --out a.mp4", "ffmpeg could not write a.mp4", code=1)


def test_colours_of_a_film_are_those_of_the_images(tmp_path):
    red = torch.tensor([1.0, -1.0, -0.5]).view(1, 1, 3, 1, 1).expand(1, 1, 3, 8, 8)
    pictures = frames_of(torch.cat([red, -red]), columns=10)
    write_film(pictures, tmp_path / "deep" / "a.gif")
    with Image.open(tmp_path / "deep" / "a.gif") as film:
        seen = [np.array(frame.convert("RGB"))[100, 100] for frame in ImageSequence.Iterator(film)]
    assert np.abs(np.array(seen, int) - [[255, 0, 64], [0, 255, 191]]).max() <= 2


@pytest.mark.skipif(os.name != "posix", reason="quotes are POSIX")
def test_paths_that_are_printed_can_be_pasted(tmp_path):
    shutil.copytree("plain", "my run")
    code, out, _ = command(["sample", "my run", "--single", "--n", "2"])
    assert code == 0 and out == "2 images in 'my run/images'\n"
    os.remove("my run/generator.pt")
    refused(["sample", "my run"], "gan-course train --resume 'my run' goes on", code=1)


@pytest.mark.skipif(os.name != "posix", reason="pipes are POSIX")
@pytest.mark.parametrize("line", ["sample plain --n 2", "sample --help"])
def test_a_reader_who_closes_the_pipe_ends_the_command_quietly(line, tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-m", "gan_course", *line.split()],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    child.wait()
