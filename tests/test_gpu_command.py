"""`make test-gpu`: within its time, honest about what it left out, and clear without a GPU."""

import json
import sys
import time
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

import test_gpu as gpu  # the tool; this file's name differs

ROW = {
    "network": "a small one",
    "loop": "textbook",
    "images_per_second": 10.0,
    "ratio": 1.0,
    "lowest": 0.9,
    "highest": 1.1,
    "share": 0.5,
}
STORED = {"machine": {"device": "Stub 1000"}, "rows": [ROW, {**ROW, "loop": "train"}]}


def step(name: str, code: str, seconds: float = 30) -> gpu.Step:
    """Return a step that runs a few lines of Python."""
    return gpu.Step(name, [sys.executable, "-S", "-c", code], seconds)


@pytest.mark.skipif(torch.cuda.is_available(), reason="here is a GPU")
def test_without_a_gpu_a_sentence_says_what_is_needed():
    with pytest.raises(SystemExit, match="needs an NVIDIA GPU and a torch that is built for CUDA"):
        gpu.main()


def test_steps_pass_fail_run_out_of_time_and_are_left_out():
    said = []
    todo = [
        [step("good", "print('fine')"), step("bad", "raise SystemExit('why it failed')")],
        [step("slow", "import time; time.sleep(60)", seconds=1)],
    ]
    outcomes = gpu.run_all(todo, budget=40, say=said.append)
    assert [outcome.verdict for outcome in outcomes] == ["passed", "FAILED", "OUT OF TIME"]
    assert any("why it failed" in line for line in said)
    assert [outcome.verdict for outcome in gpu.run_all(todo, budget=0.5)] == ["left out"] * 3


def test_a_step_that_is_stopped_takes_its_children_with_it(tmp_path):
    child = f"import time; time.sleep(3); open({str(tmp_path / 'late')!r}, 'w')"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {child!r}])"
    assert gpu.run(step("parent", code, seconds=1), time.monotonic() + 60).verdict == "OUT OF TIME"
    time.sleep(3)
    assert not (tmp_path / "late").exists()


def test_everything_is_run_and_the_table_stored_under_the_card_s_name(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(gpu, "card", lambda: "Stub 1000 (PCIe)")
    monkeypatch.setattr(gpu, "RESULTS", tmp_path)
    monkeypatch.setattr(gpu, "ROOT", tmp_path)
    path = tmp_path / "speed_stub-1000-pcie.json"
    write = f"open({str(path)!r}, 'w').write({json.dumps(STORED)!r})"
    monkeypatch.setattr(
        gpu, "stages", lambda name: [[step("speed", write)], [step("bad", "1 / 0")]]
    )
    assert gpu.main() == 1
    printed = capsys.readouterr().out
    assert "The table is in speed_stub-1000-pcie.md." in printed and "Not right: bad." in printed
    assert (
        (tmp_path / "speed_stub-1000-pcie.md").read_text().startswith("device Stub 1000\n\n| net")
    )


def test_the_stages_are_the_marked_tests_the_benchmark_and_all_notebooks():
    tests, speed, notebooks = gpu.stages("Stub")
    assert "cuda" in tests[0].command and "speed" in speed[0].command
    assert len(notebooks) == len(list((gpu.ROOT / "book").rglob("*.ipynb")))
    assert (
        sum(each.seconds for each in [*tests, *speed]) < gpu.BUDGET - 120
    )  # notebooks get their turn
