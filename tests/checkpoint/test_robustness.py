"""Kills at random moments, full disks, and files that are broken or meant to do harm."""

import copy
import errno
import io
import json
import os
import pickle
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import torch
from games_for_tests import plain, points, same, weights, with_state

from gan_course import train
from gan_course.checkpoint import load, load_generator, save, save_generator

HERE = Path(__file__).resolve().parents[1]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def played(build=plain, steps=5, **options):
    """A game that has moved, so that its optimizers have a state."""
    game = build(**options)
    for _ in train(game, points(), steps):
        pass
    return game


@LINUX
def test_a_run_killed_at_random_moments_always_comes_to_the_same_end(tmp_path):
    command = [sys.executable, str(HERE / "soak" / "kills.py"), "--kills", "4", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, env=ONE_THREAD, timeout=300)
    result = json.loads(done.stdout)
    assert done.returncode == 0 and result["kills"] == 4, result
    assert result["differences from the undisturbed run"] == []


def test_the_stored_soak_saw_a_hundred_kills_and_no_difference():
    result = json.loads((HERE / "soak" / "result.json").read_text(encoding="utf-8"))
    assert result["kills"] >= 100 and result["failures"] == 0
    assert result["kills in the middle of writing a file"] > 0, "the moments that matter"
    assert result["differences from the undisturbed run"] == []
    page = (HERE.parent / "book" / "command_line.md").read_text(encoding="utf-8")
    assert f"{result['kills in the middle of writing a file']} times in the middle" in page
    assert f"each of the {result['runs brought to their end']} runs" in page


# A full disk

SAVER = """
import os, resource, sys
sys.path.insert(0, {tests!r})
from games_for_tests import plain
from gan_course.checkpoint import load, save
game, path = plain(), {path!r}
save(game, path)
game.step = 7
{fill}
try:
    save(game, path)
except OSError as error:
    print(error)
print(sorted(os.listdir(os.path.dirname(path))), "step", load(plain(), path).step)
"""
LIMIT = "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))"
FILL = """
with open(path.replace("game.pt", "other"), "wb", buffering=0) as file:
    while True:
        try:
            file.write(bytes(1024))
        except OSError:
            break
"""


def save_twice(folder, fill, *wrapper):
    """Runs a process whose second save has no room, and returns what it prints."""
    code = SAVER.format(tests=str(HERE), path=str(folder / "game.pt"), fill=fill)
    command = [*wrapper, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=ONE_THREAD, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_file_too_large_is_one_sentence_and_the_old_checkpoint_stays(tmp_path):
    pytest.importorskip("resource")
    said = save_twice(tmp_path, LIMIT)
    assert "game.pt could not be written (File too large): it needs 0.0" in said
    assert "['game.pt'] step 0" in said, "the old one is whole, and no half file is left"


@LINUX
def test_a_full_disk_is_one_sentence_and_the_old_checkpoint_stays(tmp_path):
    mount = f'mount -t tmpfs -o size=64k none "{tmp_path}" && exec "$@"'
    for own_mounts in (["unshare", "-m"], ["unshare", "-rm"]):  # as root, and as anybody
        wrapper = [*own_mounts, "sh", "-c", mount, "sh"]
        if shutil.which("unshare") and not subprocess.run([*wrapper, "true"]).returncode:
            break
    else:
        pytest.skip("this system lets nobody mount a small disk")
    said = save_twice(tmp_path, FILL, *wrapper)
    assert "game.pt could not be written (No space left on device): it needs" in said
    assert "0.0 MB are free there; what was saved before is untouched." in said
    assert "['game.pt', 'other'] step 0" in said


def test_the_error_keeps_its_number_and_names_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="could not be written") as caught:
        save(plain(), tmp_path / "file" / "game.pt")
    assert caught.value.errno in (errno.ENOTDIR, errno.EEXIST)


KILLED = """
import os, sys
sys.path.insert(0, {tests!r})
from games_for_tests import plain
from gan_course.checkpoint import save
os.replace = lambda *names: os.kill(os.getpid(), 9)
save(plain(), {path!r})
"""


def left_by_a_kill(path):
    """Has a process killed just before it renames, and returns what it leaves."""
    code = KILLED.format(tests=str(HERE), path=str(path))
    subprocess.run([sys.executable, "-c", code], env=ONE_THREAD, timeout=120)
    (left,) = path.parent.glob(f".{path.name}.*.tmp")
    return left


@LINUX
def test_what_killed_saves_have_left_is_removed_by_the_next(tmp_path):
    ours, other = left_by_a_kill(tmp_path / "game.pt"), left_by_a_kill(tmp_path / "other.pt")
    save(plain(), tmp_path / "game.pt")
    assert not ours.exists() and other.exists()


@LINUX
def test_what_may_still_be_written_by_others_is_left_alone(tmp_path):
    ours = left_by_a_kill(tmp_path / "game.pt")
    living = ours.with_name(ours.name.replace(f".{ours.name.split('.')[-3]}.", f".{os.getpid()}."))
    elsewhere = ours.with_name(ours.name.replace(f".game.pt.{platform.node()}", ".game.pt.far"))
    for path in (living, elsewhere):
        path.write_bytes(b"half a file")
    save(plain(), tmp_path / "game.pt")
    assert not ours.exists() and living.exists() and elsewhere.exists()


# Files that are not what they should be


class Attack:
    """Touches the file `canary` when it is unpickled by a loader that trusts it."""

    def __reduce__(self):
        return (open, ("canary", "w"))


class Command:
    """The same by a shell."""

    def __reduce__(self):
        return (os.system, ("touch canary",))


def zipped(payload, path):
    """A file as torch writes it, with another pickle inside."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", payload)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")


def torch_bytes(content, **options):
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@pytest.fixture
def bad_files(tmp_path, monkeypatch):
    """Files by name: damaged, of another kind, or made to run code."""
    monkeypatch.chdir(tmp_path)
    save(played(), "good.pt")
    good = Path("good.pt").read_bytes()
    zipped(pickle.dumps(Attack(), protocol=2), "zip.pt")
    evil = {"settings": {}, "step": Attack()}
    return {
        "empty": b"",
        "one byte": b"\0",
        "text": b"dear reader\n",
        "truncated": good[: len(good) // 2],
        "headless": good[100:],
        "a png": b"\x89PNG\r\n\x1a\n" + bytes(64),
        "a list": torch_bytes([1, 2, 3]),
        "a plain pickle": pickle.dumps({"settings": {}}),
        "a pickle that runs code": pickle.dumps(Attack(), protocol=2),
        "a pickle that runs a shell": pickle.dumps(Command(), protocol=4),
        "code saved by torch": torch_bytes(evil),
        "code saved by torch's old format": torch_bytes(evil, _use_new_zipfile_serialization=False),
        "a zip with code": Path("zip.pt").read_bytes(),
    }


def test_the_attacks_are_real(bad_files):
    pickle.loads(bad_files["a pickle that runs code"]).close()
    assert Path("canary").exists(), "an unsafe loader would run it"
    Path("canary").unlink()
    torch.load(io.BytesIO(bad_files["code saved by torch"]), weights_only=False)
    assert Path("canary").exists()


def test_bad_files_are_refused_in_one_sentence_and_nothing_is_run(bad_files):
    game = plain(seed=3)
    before = weights(game)
    for name, content in bad_files.items():
        Path("bad.pt").write_bytes(content)
        for attempt in (
            lambda: load(game, "bad.pt"),
            lambda: load_generator(game.networks["G"], "bad.pt"),
        ):
            with pytest.raises(ValueError, match=r"^bad.pt [^\n]*\.$") as caught:
                attempt()
            assert len(str(caught.value)) < 400, name
        assert not Path("canary").exists(), name
    assert same(before, weights(game)) and game.step == 0


def test_any_single_flipped_byte_is_refused_or_harmless(tmp_path):
    """torch's own checksums find damage; whatever passes still fits the game."""
    save(played(), tmp_path / "good.pt")
    good = (tmp_path / "good.pt").read_bytes()
    for position in range(0, len(good), max(1, len(good) // 200)):
        bad = bytearray(good)
        bad[position] ^= 0xFF
        (tmp_path / "bad.pt").write_bytes(bad)
        game = plain(seed=3)
        before = weights(game)
        try:
            load(game, tmp_path / "bad.pt")
        except ValueError:
            assert same(before, weights(game))


# Well-formed files with the wrong content


def inside(content, path):
    for key in path:
        content = content[key]
    return content


def without(*path):
    """Removes one entry of a checkpoint's content."""
    return lambda content: inside(content, path[:-1]).pop(path[-1])


def entry(*path, to):
    """Sets one entry of a checkpoint's content; `to` may be a function of what was there."""

    def change(content):
        place = inside(content, path[:-1])
        place[path[-1]] = to(place[path[-1]]) if callable(to) else to

    return change


WEIGHT = ("networks", "G", "0.weight")
ADAM = ("optimizers", "D", "state", 0)
GROUP = ("optimizers", "D", "param_groups", 0)
WRONG = {
    "no optimizers": without("optimizers"),
    "no step": without("step"),
    "no averages of G": without("averages", "G"),
    "a layer missing": without(*WEIGHT),
    "a layer too many": entry("networks", "G", "9.weight", to=torch.ones(1)),
    "a network that is a list": entry("networks", "G", to=[1]),
    "networks that are a number": entry("networks", to=3),
    "settings that are a list": entry("settings", to=["objective"]),
    "a setting that is a number": entry("settings", "objective", to=3),
    "a weight of another shape": entry(*WEIGHT, to=torch.ones(2, 16)),
    "a weight that would broadcast": entry(*WEIGHT, to=torch.ones(1, 1)),
    "a weight of another dtype": entry(*WEIGHT, to=lambda w: w.double()),
    "a weight that is a number": entry(*WEIGHT, to=1.0),
    "a weight that is sparse": entry(*WEIGHT, to=lambda w: w.to_sparse()),
    "an average of another shape": entry("averages", "G", "0.bias", to=torch.ones(3)),
    "momentum of another shape": entry(*ADAM, "exp_avg", to=torch.ones(3)),
    "momentum missing": without(*ADAM, "exp_avg_sq"),
    "another optimizer's state": entry(*ADAM, to=lambda s: {"momentum_buffer": s["exp_avg"]}),
    "state of a parameter that is not there": entry("optimizers", "D", "state", 99, to={}),
    "no groups": entry("optimizers", "D", "param_groups", to=[]),
    "no learning rate": without(*GROUP, "lr"),
    "a learning rate in words": entry(*GROUP, "lr", to="fast"),
    "betas that are one number": entry(*GROUP, "betas", to=0.5),
    "parameters named twice": entry(*GROUP, "params", to=[0, 0, 0, 0]),
    "an optimizer that is None": entry("optimizers", "D", to=None),
    "a negative step": entry("step", to=-1),
    "a step that is a text": entry("step", to="7"),
    "ages that are a list": entry("ages", to=[5]),
    "ages that are none": entry("ages", to=None),
    "an age missing": without("ages", "G"),
    "an age that is a text": entry("ages", "G", to="old"),
    "a negative age": entry("ages", "G", to=-10),
    "an age that is not whole": entry("ages", "G", to=2.5),
    "an optimizer that climbs": entry(*GROUP, "maximize", to=True),
    "a record of texts": entry("record", to={"D_loss": "low"}),
    "a random state that is none": entry("random_state", to=None),
    "a random state too short": entry("random_state", "cpu", to=torch.zeros(3, dtype=torch.uint8)),
    "a random state of floats": entry("random_state", "cpu", to=torch.zeros(5056)),
    "a weight that is not a number": entry(*WEIGHT, to=lambda w: w * torch.nan),
    "a weight that is infinite": entry(*WEIGHT, to=lambda w: w + torch.inf),
    "an average that is not a number": entry("averages", "G", "0.bias", to=lambda w: w * torch.nan),
    "momentum that is not a number": entry(*ADAM, "exp_avg", to=lambda m: m * torch.nan),
    "a negative learning rate": entry(*GROUP, "lr", to=-1e-3),
    "an infinite learning rate": entry(*GROUP, "lr", to=float("inf")),
    "a learning rate that is not a number": entry(*GROUP, "lr", to=float("nan")),
    "betas above 1": entry(*GROUP, "betas", to=(1.5, 0.9)),
    "a negative weight decay": entry(*GROUP, "weight_decay", to=-1.0),
    "a group of settings named by a number": entry("settings", 3, to="three"),
    "an objective to mislead the terminal": entry("settings", "objective", to="\x1b[2J\n" * 1000),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_wrong_content_is_refused_in_one_sentence_and_the_game_is_unchanged(change, tmp_path):
    path = tmp_path / "game.pt"
    save(played(), path)
    content = torch.load(path, weights_only=True)
    change(content)
    torch.save(content, path)
    game = played(seed=2, steps=3)
    before, optimizers = (
        weights(game),
        copy.deepcopy([p.optimizer.state_dict() for p in game.players]),
    )
    state = {place: tensor.clone() for place, tensor in game.random_state.items()}
    with pytest.raises(ValueError, match="belongs to another game: its ") as caught:
        load(game, path)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 800
    assert same(before, weights(game)) and game.step == 3
    assert str(optimizers) == str([p.optimizer.state_dict() for p in game.players])
    assert all(torch.equal(state[place], tensor) for place, tensor in game.random_state.items())


@pytest.mark.parametrize("build", [plain, with_state])
def test_frozen_and_unmoved_players_can_be_loaded_too(build, tmp_path):
    for steps in (0, 3):
        game = played(build, steps)
        save(game, tmp_path / "game.pt")
        again = load(played(build, 2, seed=4), tmp_path / "game.pt")
        assert same(weights(game), weights(again))
    game.networks["D"][0].requires_grad_(False)
    for player in game.players:
        player.optimizer.state.clear()
    for _ in train(game, points(), 2):
        pass
    save(game, tmp_path / "game.pt")
    assert load(build(), tmp_path / "game.pt").step == 5


def test_a_generator_of_other_layers_is_refused_though_its_shapes_agree(tmp_path):
    save_generator(plain(), tmp_path / "G.pt")
    G = copy.deepcopy(plain().networks["G"])
    G[1] = torch.nn.Tanh()
    with pytest.raises(ValueError, match="its layer G.1 is ReLU and here it is Tanh"):
        load_generator(G, tmp_path / "G.pt")
    content = torch.load(tmp_path / "G.pt", weights_only=True)
    del content["layers"]  # as in files of the first edition
    torch.save(content, tmp_path / "old.pt")
    assert load_generator(G, tmp_path / "old.pt") is G


def test_a_buffer_may_be_infinite_and_a_weight_may_not(tmp_path):
    game = plain()
    game.networks["D"].register_buffer("mask", torch.tensor([0.0, float("-inf")]))
    save(game, tmp_path / "game.pt")
    game.networks["D"].mask[0] = float("nan")
    with pytest.raises(ValueError, match="D's mask is no longer finite"):
        save(game, tmp_path / "game.pt")
    game = plain()
    game.networks["G"][0].weight.data[0, 0] = float("inf")
    with pytest.raises(ValueError, match="G's 0.weight is no longer finite"):
        save(game, tmp_path / "game.pt")
    again = plain()
    again.networks["D"].register_buffer("mask", torch.zeros(2))
    assert load(again, tmp_path / "game.pt").networks["D"].mask[1] == float("-inf")
