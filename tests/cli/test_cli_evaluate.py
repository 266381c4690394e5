"""`gan-course evaluate`: two folders against each other, and what an evaluation refuses."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from command_for_tests import SMALL, command, refused
from PIL import Image

from gan_course.cli.choices import DATA
from gan_course.data import Dataset, digits
from gan_course.metrics import (
    density_coverage,
    frechet_distance,
    inception_score,
    kernel_distance,
    precision_recall,
    train_classifier,
)


@pytest.fixture(autouse=True)
def empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAN_COURSE_DATA", str(tmp_path / "cache"))


def write(folder, pixels):
    """Writes images uint8 [n, H, W] or [n, H, W, 3] as PNGs; returns them."""
    folder.mkdir(parents=True)
    for k, image in enumerate(pixels):
        Image.fromarray(image).save(folder / f"{k:03}.png")
    return pixels


def noise(n, seed, shape=(16, 16), low=0, high=256):
    return np.random.default_rng(seed).integers(low, high, (n, *shape), dtype=np.uint8)


def averaged(pixels):
    """Features by hand: pixels in [-1, 1], averaged to 8x8, channels first."""
    x = pixels.astype(float) / 127.5 - 1
    x = x[..., None] if x.ndim == 3 else x
    n, side, _, channels = x.shape
    cell = side // 8
    blocks = x.reshape(n, 8, cell, 8, cell, channels).mean((2, 4))
    return blocks.transpose(0, 3, 1, 2).reshape(n, -1)


def table(out):
    """The scores that are printed, by name."""
    return {name: float(value) for name, value in re.findall(r"^([a-z]+) +(-?[\d.]+)  ", out, re.M)}


def by_hand(x, y):
    return {
        "frechet": frechet_distance(x, y),
        "kernel": kernel_distance(x, y).value,
        **precision_recall(x, y)._asdict(),
        **density_coverage(x, y)._asdict(),
    }


@pytest.mark.parametrize("shape", [(16, 16), (16, 16, 3), (32, 32)])
def test_two_folders_get_the_numbers_of_the_metrics_on_the_same_arrays(shape, tmp_path):
    a = write(tmp_path / "a", noise(60, 0, shape))
    b = write(tmp_path / "b", noise(40, 1, shape, 30, 220))
    code, out, _ = command("evaluate a b --device cpu")
    assert code == 0 and "60 images that stand for real, 40 for generated" in out
    assert f"{shape[0]}x{shape[0]}, {'grey' if len(shape) == 2 else 'colour'}" in out
    expected = by_hand(averaged(a), averaged(b))
    assert table(out) == pytest.approx(expected, rel=1e-4, abs=6e-4)


def test_a_classifier_of_named_data_gives_features_too(tmp_path):
    data = digits(16)
    for name, part in (("a", data.stored[:50]), ("b", data.stored[50:110])):
        write(tmp_path / name, part[:, 0].numpy())
    code, out, _ = command("evaluate a b --data digits --device cpu")
    assert code == 0 and "features: digits classifier on digits" in out
    classifier = train_classifier(data.split(0.8)[0], device="cpu")
    x, y = data.x[:50], data.x[50:110]
    expected = by_hand(classifier(x), classifier(y))
    expected["inception"] = inception_score(classifier.probabilities(y))
    assert table(out) == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_a_folder_against_itself_has_no_distance_and_everything_is_found(tmp_path):
    write(tmp_path / "a", noise(50, 0))
    shutil.copytree("a", "b")
    scores = table(command("evaluate a b --device cpu")[1])
    assert scores["frechet"] == 0 and scores["precision"] == scores["recall"] == 1
    assert scores["coverage"] == 1 and scores["kernel"] <= 0, "unbiased, so it may be negative"


def test_few_images_are_warned_about_and_very_few_refused(tmp_path):
    write(tmp_path / "a", noise(30, 0))
    write(tmp_path / "few", noise(9, 1))
    code, out, err = command("evaluate a a --device cpu")
    assert code == 0 and out.startswith("a against a: at least 10 images in each are needed.")
    assert "30 images are few for 64 features" in err and "640 or more" in err
    refused("evaluate a few", "few holds 9 images: give it at least 10", code=1)
    refused("evaluate few a", "few holds 9 images", code=1)
    write(tmp_path / "many", noise(640, 2))
    assert command("evaluate many many --device cpu")[2] == ""


def test_a_number_of_images_is_drawn_by_its_seed(tmp_path):
    write(tmp_path / "a", noise(60, 0))
    write(tmp_path / "b", noise(40, 1))
    lines = [command(f"evaluate a b --n 20 --seed {seed} --device cpu")[1] for seed in (0, 0, 1)]
    assert "20 images that stand for real, 20 for generated" in lines[0]
    assert lines[0] == lines[1] and table(lines[0]) != table(lines[2])


def test_images_of_several_sizes_are_refused_or_resized_by_the_stated_rule(tmp_path):
    a = write(tmp_path / "a", noise(20, 0))
    large = write(tmp_path / "b", noise(20, 1, (32, 32)))
    refused(
        "evaluate a b",
        "2 sizes",
        "a/019.png with 16x16",
        "b/019.png with 32x32",
        "--size N",
        code=1,
    )
    code, out, _ = command("evaluate a b --size 16 --device cpu")
    smaller = [np.array(Image.fromarray(x).resize((16, 16), Image.BICUBIC)) for x in large]
    assert code == 0 and table(out) == pytest.approx(
        by_hand(averaged(a), averaged(np.stack(smaller))), rel=1e-4, abs=6e-4
    )


def test_oblong_images_of_one_size_are_cropped_to_their_square(tmp_path):
    a = write(tmp_path / "a", noise(20, 0, (16, 24)))
    b = write(tmp_path / "b", noise(20, 1, (16, 24)))
    code, out, _ = command("evaluate a b --device cpu")
    expected = by_hand(averaged(a[:, :, 4:20]), averaged(b[:, :, 4:20]))
    assert code == 0 and table(out) == pytest.approx(expected, rel=1e-4, abs=6e-4)


def test_one_colour_image_makes_all_images_colour_ones(tmp_path):
    grey = write(tmp_path / "a", noise(20, 0))
    colour = write(tmp_path / "b", noise(20, 1, (16, 16, 3)))
    out = command("evaluate a b --device cpu")[1]
    three = np.repeat(grey[..., None], 3, axis=-1)
    assert table(out) == pytest.approx(
        by_hand(averaged(three), averaged(colour)), rel=1e-4, abs=6e-4
    )


def test_images_in_one_folder_for_each_class_are_read_too(tmp_path):
    both = noise(40, 0)
    write(tmp_path / "a" / "cats", both[:20])
    write(tmp_path / "a" / "dogs", both[20:])
    write(tmp_path / "b", both)
    assert table(command("evaluate a b --device cpu")[1])["frechet"] == 0


@pytest.mark.parametrize(
    ("line", "parts", "code"),
    [
        ("evaluate a b c", ["a run, or two folders", "got 3 paths"], 2),
        ("evaluate", ["Missing argument", "RUN"], 2),
        ("evaluate a nowhere", ["nowhere is not a folder"], 1),
        ("evaluate a b", ["no image"], 1),
        ("evaluate a a --n 9", ["--n", "at least 10, got 9"], 2),
        ("evaluate a a --size 4", ["--size", "at least 8, got 4"], 2),
        ("evaluate a a --data nothing", ["no data called 'nothing'"], 1),
        ("evaluate a a --data a", ["a has no classes", "leave --data out"], 1),
        ("evaluate a --size 16", ["--size is for two folders"], 2),
        ("evaluate a", ["a holds no run"], 1),
    ],
)
def test_what_cannot_be_compared_gets_one_sentence(line, parts, code, tmp_path):
    write(tmp_path / "a", noise(20, 0))
    (tmp_path / "b").mkdir()
    refused(line, *parts, code=code)


def test_a_run_is_no_folder_of_images_but_writes_one(tmp_path):
    assert command(f"train {SMALL} --steps 2 --every 2 --out run")[0] == 0
    write(tmp_path / "a", noise(20, 0, (8, 8)))
    refused("evaluate a run", "run is a run", "gan-course sample --single run", code=1)
    assert command("sample --single run --n 20")[0] == 0
    assert command("evaluate a run/images --device cpu")[0] == 0


def test_a_run_is_not_compared_with_images_of_other_channels(tmp_path, monkeypatch):
    assert command(f"train {SMALL} --steps 2 --every 2 --out run")[0] == 0
    stand_in = replace(DATA["cifar10"], load=lambda size, channels: photographs(size))
    monkeypatch.setitem(DATA, "cifar10", stand_in)
    refused("evaluate run --data cifar10", "1 channel", "cifar10", "3", code=1)
    assert not (tmp_path / "run" / "evaluation.json").exists()


def photographs(size):
    """Stands for CIFAR-10, which would have to be downloaded."""
    pixels = torch.from_numpy(noise(60, 0, (3, size, size)))
    return Dataset("photographs", pixels, torch.arange(60) % 10, tuple("0123456789")).split(0.5)


def test_too_few_held_out_images_are_refused_in_a_sentence(tmp_path):
    write(tmp_path / "mine", noise(45, 0, (8, 8, 3)))
    line = "train --data mine --size 8 --width 4 --batch 8 --steps 2 --every 2 --device cpu"
    assert command(f"{line} --out run")[0] == 0
    refused("evaluate run --device cpu", "at least 10 held-out images", "there are 9", code=1)
    write(tmp_path / "more", noise(50, 1, (8, 8, 3)))
    code, out, err = command("evaluate run --data more --device cpu")
    assert code == 0 and "10 images" in out, err
    assert json.loads((tmp_path / "run" / "evaluation.json").read_text())["about"]["images"] == 10


@pytest.mark.parametrize("change", ["more", "other", "classes"])
def test_a_run_is_not_measured_on_data_that_have_changed(change, tmp_path):
    pixels = noise(100, 0, (8, 8, 3))
    for name, part in (("cats", pixels[:50]), ("dogs", pixels[50:])):
        write(tmp_path / "mine" / name, part)
    line = "train --data mine --size 8 --width 4 --batch 8 --steps 2 --every 2 --device cpu"
    assert command(f"{line} --out run")[0] == 0
    assert command("evaluate run --device cpu")[0] == 0
    before = (tmp_path / "run" / "evaluation.json").read_bytes()
    if change == "more":
        Image.fromarray(pixels[0]).save("mine/cats/999.png")
    elif change == "other":
        Image.fromarray(pixels[0]).save("mine/cats/007.png")
    else:
        for old, new in (("cats", "x"), ("dogs", "cats"), ("x", "dogs")):
            (tmp_path / "mine" / old).rename(tmp_path / "mine" / new)
    for data in ("", "--data mine"):
        refused(f"evaluate run {data} --device cpu", "has changed since the run began", code=1)
    assert (tmp_path / "run" / "evaluation.json").read_bytes() == before


def test_a_run_whose_folder_has_moved_is_measured_when_told_where_it_is(tmp_path):
    write(tmp_path / "mine", noise(60, 0, (8, 8, 3)))
    line = "train --data mine --size 8 --width 4 --batch 8 --steps 2 --every 2 --device cpu"
    assert command(f"{line} --out run")[0] == 0
    (tmp_path / "mine").rename(tmp_path / "moved")
    refused("evaluate run --device cpu", "are no longer in", "say with --data where they are")
    code, _, err = command("evaluate run --data moved --device cpu")
    assert code == 0 and "is not what" not in err
    Image.fromarray(noise(1, 1, (8, 8, 3))[0]).save("moved/999.png")
    code, _, err = command("evaluate run --data moved --device cpu")
    assert code == 0 and "it had 60 images, and now it has 61" in err
    assert "some that count as held out have been trained on" in err


def test_a_grey_run_reads_a_folder_as_grey(tmp_path):
    assert command(f"train {SMALL} --steps 2 --every 2 --out run")[0] == 0
    write(tmp_path / "mine", noise(60, 0, (8, 8, 3)))
    code, out, err = command("evaluate run --data mine --device cpu")
    assert code == 0 and "12 images" in out, err


def test_the_generator_is_there_before_a_classifier_is_trained(tmp_path, monkeypatch):
    assert command(f"train {SMALL} --steps 2 --every 2 --out run")[0] == 0
    (tmp_path / "run" / "generator.pt").unlink()
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *_: pytest.fail("it was trained"))
    refused("evaluate run", "no generator.pt yet", code=1)
