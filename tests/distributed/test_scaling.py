"""Every number that the appendix on clusters prints is made again here."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from torch.distributed.run import get_args_parser

from gan_course.cli.train import train

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import counted  # noqa: E402
import scaling  # noqa: E402

PAGE = (ROOT / "book" / "cluster.md").read_text(encoding="utf-8")
SCRIPT = re.search(r"```bash\n(.*?)```", PAGE, flags=re.DOTALL).group(1)
CLUSTER = scaling.Cluster()


@pytest.fixture(scope="module")
def models() -> list[counted.Model]:
    """Both models, counted."""
    return [counted.dcgan_64(), counted.biggan_128()]


def test_biggan_has_the_parameters_that_google_asserts(models):
    assert models[1].moves == (87_982_370, 87_982_370, 70_433_988)


def test_dcgan_is_counted_as_it_is_built(models):
    D, G = models[0].moves
    assert (D, G) == (2_765_633, 3_576_707)
    # moves of D: 4 norms of G, 3 of D on real and on fake, and back; of G: all 7 and back
    assert models[0].messages == (4 + 6 + 6) + (7 + 7) + 2
    assert 2.2e9 < models[0].operations < 2.6e9


def test_a_ring_is_its_closed_form_and_sends_less_than_twice_the_gradients():
    free = scaling.Link(latency=0.0, bandwidth=1.0)
    assert scaling.ring(100, 1, free) == 0
    assert scaling.ring(100, 4, free) == pytest.approx(150)
    assert scaling.ring(100, 10**6, free) < 200
    assert scaling.ring(0, 5, scaling.Link(1.0, 1.0)) == 8


def test_two_levels_are_a_ring_within_a_node_and_two_beyond():
    for n in (1, 2, 8):
        assert scaling.all_reduce(1e6, n, CLUSTER) == scaling.ring(1e6, n, CLUSTER.inside)
    expected = scaling.ring(8e6, 8, CLUSTER.inside) + scaling.ring(1e6, 4, CLUSTER.outside)
    assert scaling.all_reduce(8e6, 32, CLUSTER) == pytest.approx(expected)


def test_small_messages_take_twice_the_depth_of_a_tree():
    assert scaling.message(1, CLUSTER) == 0
    assert scaling.message(8, CLUSTER) == pytest.approx(2 * 3 * 3e-6)
    assert scaling.message(64, CLUSTER) == pytest.approx(2 * (3 * 3e-6 + 3 * 6e-6))


def test_one_gpu_keeps_all_its_speed_and_free_links_scale_perfectly(models):
    free = scaling.Link(0.0, float("inf"))
    ideal = replace(CLUSTER, inside=free, outside=free)
    for model in models:
        assert scaling.weak(model, 1, CLUSTER) == scaling.strong(model, 1, CLUSTER) == 1
        assert scaling.weak(model, 1024, ideal) == pytest.approx(1)
        assert scaling.strong(model, 1024, ideal) == pytest.approx(1024)


def test_the_tables_of_the_page_are_those_that_the_model_gives(models):
    assert scaling.assumptions(CLUSTER) in PAGE
    assert scaling.counts(models) in PAGE
    for model in models:
        assert scaling.table(model, CLUSTER) in PAGE


def test_the_numbers_in_the_sentences_are_those_that_the_model_gives(models):
    small, large = models
    for model in models:
        arithmetic, *_ = scaling.step(model, model.each, 1, CLUSTER)
        weak = f"{model.each} images on each GPU, {1e3 * arithmetic:.2f} ms of arithmetic"
        assert f"Weak: {weak}. Strong: {model.whole:,} images in all." in PAGE
    assert f"{large.operations / small.operations:.0f} times the arithmetic" in PAGE
    assert f"{large.bytes / small.bytes:.0f} times the bytes" in PAGE
    assert f"Its {small.bytes / 1e6:.1f} MB of gradients" in PAGE
    waiting = 2 * scaling.all_reduce(0, 1024, CLUSTER)
    _, gradients, _ = scaling.step(small, 1, 1024, CLUSTER)
    assert f"{1e3 * waiting:.2f} ms of their {1e3 * gradients:.2f} ms on latency" in PAGE
    assert f"{1024 * small.each:,} images a step" in PAGE


def test_the_readings_of_the_tables_are_true(models):
    small, large = models
    for n in (2, 8, 16, 64, 256):
        _, gradients, messages = scaling.step(small, small.each, n, CLUSTER)
        assert messages > gradients
    best = max(scaling.GPUS, key=lambda n: scaling.strong(small, n, CLUSTER))
    assert best == 64 and 9 < scaling.strong(small, best, CLUSTER) < 11
    assert scaling.strong(large, 64, CLUSTER) > 0.9 * 64
    assert all(scaling.weak(large, n, CLUSTER) > 0.8 for n in scaling.GPUS)
    assert f"reaches {scaling.strong(large, 1024, CLUSTER):.0f} times" in PAGE


def test_the_figure_is_drawn_again_from_the_same_numbers(models, tmp_path):
    pytest.importorskip("matplotlib")
    scaling.draw(models, CLUSTER, tmp_path / "scaling.svg")
    assert (tmp_path / "scaling.svg").read_text().startswith("<?xml")
    assert (ROOT / "book" / "_static" / "scaling.svg").is_file()


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_slurm_script_is_bash_and_torchrun_knows_its_options(tmp_path):
    (tmp_path / "job.sh").write_text(SCRIPT)
    subprocess.run(["bash", "-n", tmp_path / "job.sh"], check=True)
    words = SCRIPT.split("torchrun", 1)[1].replace("\\\n", " ").split()
    known = get_args_parser().parse_args(words)
    assert known.nproc_per_node == "8" and known.max_restarts == 3
    assert known.module and known.training_script == "gan_course"
    options = {option for parameter in train.params for option in parameter.opts}
    assert known.training_script_args[0] == "train"
    assert {word for word in known.training_script_args if word[:2] == "--"} <= options
