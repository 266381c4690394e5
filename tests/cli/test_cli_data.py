"""`gan-course train` and its images: the same when a run goes on, enough of them, grey or colour."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_for_tests import command, refused
from PIL import Image

from gan_course.cli.choices import open_data

TINY = "--size 8 --width 4 --batch 8 --report 2 --device cpu"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder, which is where we are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_COURSE_DATA", str(tmp_path / "cache"))


def picture(path, seed, shape=(8, 8, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, shape, np.uint8)).save(path)


def pictures(n, folder="mine", seed=0, shape=(8, 8, 3)):
    for k in range(n):
        picture(Path(folder, f"{k:03}.png"), seed * 1000 + k, shape)


def began(data="mine", *more):
    code, _, err = command(f"train --data {data} {TINY} --steps 4 --out run {' '.join(more)}")
    assert code == 0, err


def content(folder):
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def add_one():
    picture(Path("mine/0005.png"), 77)


def remove_one():
    Path("mine/007.png").unlink()


def change_one():
    picture(Path("mine/007.png"), 77)


def rename_one():
    Path("mine/000.png").rename("mine/zzz.png")  # another order, so another split


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (add_one, "it had 60 images, and now it has 61"),
        (remove_one, "it had 60 images, and now it has 59"),
        (change_one, "as many images, but some are others"),
        (rename_one, "or lie in another class or order"),
    ],
)
def test_other_images_are_refused_and_the_run_is_left_as_it_was(change, difference):
    pictures(60)
    began()
    before = content("run")
    change()
    said = ("mine has changed since the run began", difference, "begin a new run")
    refused("train --resume run --steps 8", *said, code=1)
    assert content("run") == before


def test_swapped_and_renamed_classes_are_refused():
    for name, seed in (("cat", 1), ("dog", 2)):
        pictures(30, f"mine/{name}", seed)
    began("mine", "--preset", "projection")
    Path("mine/dog").rename("mine/pony")
    named = "it had 2 classes (cat, dog), and now it has 2 classes (cat, pony)"
    refused("train --resume run --steps 8", named, code=1)
    Path("mine/cat").rename("mine/dog")
    Path("mine/pony").rename("mine/cat")
    refused("train --resume run --steps 8", "lie in another class", code=1)


def test_a_split_shares_no_image_with_what_was_held_out_as_long_as_nothing_changes():
    pictures(60)
    first, again = open_data("mine", 8), open_data("mine", 8)
    assert [half.digest for half in first] == [half.digest for half in again]
    add_one()
    known = {bytes(image.numpy()) for image in first[0].stored}
    held_out = [bytes(image.numpy()) for image in open_data("mine", 8)[1].stored]
    assert sum(image in known for image in held_out) > 3, "why a changed folder is refused"


def test_a_folder_that_moved_is_named_again_and_compared():
    pictures(60)
    began()
    Path("mine").rename("moved here")
    refused("train --resume run --steps 8", "are no longer in", "say with --data where they are")
    pictures(60, "others", seed=5)
    said = ("others is not what the run began with", "as many images, but some are others")
    refused("train --resume run --steps 8 --data others", *said, code=1)
    refused("train --resume run --data digits", "begun with --data", "leave --data out")
    words = ["train", "--resume", "run", "--steps", "8", "--device", "cpu", "--data"]
    assert command([*words, "moved here"])[0] == 0
    assert json.loads(Path("run/config.json").read_text())["data"].endswith("moved here")
    assert command("train --resume run --steps 10 --device cpu")[0] == 0


def test_a_run_of_an_older_version_says_so_in_one_sentence_and_goes_on():
    pictures(60)
    began()
    config = json.loads(Path("run/config.json").read_text())
    older = ("digest", "held_out", "lr", "latent", "n_critic", "keep", "tensorboard")
    Path("run/config.json").write_text(json.dumps({k: config[k] for k in config if k not in older}))
    code, _, err = command("train --resume run --steps 8 --device cpu")
    assert code == 0 and err.count("The run is of an older version") == 1
    add_one()
    Path("run/config.json").write_text(json.dumps({k: config[k] for k in config if k not in older}))
    refused_code, _, err = command("train --resume run --steps 10 --device cpu")
    assert refused_code == 1 and "it had 48 images, and now it has 49" in err


@pytest.mark.parametrize(("channels", "mode"), [("1", "L"), ("3", "RGB")])
def test_a_folder_is_read_as_grey_or_colour(channels, mode):
    pictures(60, shape=(8, 8))
    began("mine", "--channels", channels)
    with Image.open("run/samples/step_0000004.png") as shown:
        assert shown.mode == mode
    other = {"1": "3", "3": "1"}[channels]
    refused(f"train --resume run --channels {other}", f"begun with --channels {channels}")
    assert command(f"train --resume run --channels {channels} --steps 6 --device cpu")[0] == 0


def test_a_set_with_a_name_keeps_its_channels():
    refused("train --data digits --channels 3", "digits have 1 channels, not 3", code=1)
    refused("train --data digits --channels 2", "--channels", "'2' is not one of '1', '3'")
    assert not Path("runs").exists()


def test_how_many_images_are_needed_is_said_and_few_are_warned_of_before_training(monkeypatch):
    pictures(12)
    monkeypatch.setattr("gan_course.cli.train.play", lambda training: 0)  # nothing is trained
    code, out, err = command(f"train --data mine {TINY} --out run")
    assert code == 0
    assert (
        "10 images to train on (a run needs 1 at least), and 2 held out (its evaluation needs 10)"
        in out
    )
    assert "Warning: too few images are held out for gan-course evaluate: it needs 10." in err
    assert "Warning: 10 images are few" in err
    assert "Warning" not in command("train --data digits --out other --device cpu")[2]


def test_one_image_is_refused_and_two_are_enough():
    pictures(1)
    line = f"train --data mine {TINY} --steps 2 --out run"
    refused(line, "mine holds 1 image, and a run needs 2 at least", code=1)
    assert not Path("run").exists()
    pictures(2)
    assert command(line)[0] == 0


def test_a_folder_says_how_far_it_is_read_and_what_it_leaves_out(monkeypatch):
    monkeypatch.setattr("gan_course.cli.reading.LINES", 20)
    pictures(60)
    Path("mine/notes.txt").write_text("not an image")
    code, out, err = command(f"train --data mine {TINY} --steps 2 --out run")
    lines = out.splitlines()
    assert code == 0 and lines[0].startswith("Reading 60 images from ")
    assert lines[1:4] == [f"{n} of 60 images are read" for n in (20, 40, 60)]
    assert [line for line in err.splitlines() if line.startswith("Warning: Left out of")], err


def test_an_evaluation_refuses_images_that_the_run_did_not_begin_with():
    pictures(60)
    began()
    assert command("evaluate run --device cpu")[0] == 0
    add_one()
    code, _, err = command("evaluate run --device cpu")
    assert code == 1 and "it had 60 images, and now it has 61" in err
    shutil.copytree("mine", "other")
    assert command("evaluate run --data other --device cpu")[0] == 0, "these are other data"
