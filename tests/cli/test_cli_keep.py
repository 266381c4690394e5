"""`gan-course train --keep`: the last generators and the best one, whatever stops the run."""

import json
from pathlib import Path

import pytest
from command_for_tests import SMALL, equal, history, trained

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_the_last_generators_and_the_best_are_kept():
    trained(f"train {SMALL} --steps 12 --every 2 --keep 2 --lr 0.01 --out run")
    scores = {record["step"]: record["frechet"] for record in history()}
    assert len(scores) == 6
    best = min(scores, key=scores.get)
    kept = {int(path.stem[5:]) for path in Path("run/generators").iterdir()}
    assert kept == {10, 12, best}
    assert equal("run/best.pt", f"run/generators/step_{best:07d}.pt")
    assert equal("run/generator.pt", "run/generators/step_0000012.pt")


def test_the_score_is_the_one_of_evaluate():
    trained(f"train {SMALL} --steps 2 --every 2 --keep 1 --out run")
    trained("evaluate run --device cpu")
    found = json.loads(Path("run/evaluation.json").read_text())["generated"]["frechet"]
    assert history()[-1]["frechet"] == pytest.approx(found, rel=1e-9)


def test_kept_generators_do_not_depend_on_stops_and_kills():
    line = f"train {SMALL} --every 2 --keep 2 --lr 0.01"
    trained(f"{line} --steps 12 --out straight")
    trained(f"{line} --steps 8 --out halves")
    later = Path("halves/generators/step_0000010.pt")  # as a kill before the checkpoint leaves it
    later.write_bytes(Path("halves/generator.pt").read_bytes())
    Path("halves/best.pt").write_bytes(later.read_bytes())
    with open("halves/history.jsonl", "a", encoding="utf-8") as file:
        file.write('{"step": 10, "D_loss": 1.0, "frechet": 0.0}\n')
    trained("train --resume halves --steps 12 --device cpu")
    names = [
        sorted(p.name for p in Path(run, "generators").iterdir()) for run in ("straight", "halves")
    ]
    assert names[0] == names[1]
    assert all(equal(f"straight/generators/{n}", f"halves/generators/{n}") for n in names[0])
    assert equal("straight/best.pt", "halves/best.pt")
    assert [r["frechet"] for r in history("straight")] == [r["frechet"] for r in history("halves")]


def test_how_many_are_kept_may_change_and_nothing_is_kept_unasked():
    trained(f"train {SMALL} --steps 6 --every 2 --out run")
    assert not Path("run/generators").exists() and not Path("run/best.pt").exists()
    trained("train --resume run --steps 12 --keep 1 --device cpu")
    assert Path("run/best.pt").is_file() and Path("run/generators/step_0000012.pt").is_file()
