"""Chapter 11: growing against full size at the same compute; each invention left out."""

from __future__ import annotations

import json
from dataclasses import replace

from gan_course.metrics import pyramid_distances

from .growing import (
    BATCH,
    INVENTIONS,
    WIDTH,
    Setting,
    at_rates,
    costs,
    film,
    judged,
    run,
    searched,
    total,
)
from .registry import MODELS, recipe, rounded

SEEDS, TUNING = range(3), 10
STEPS, STEPS_16 = 640, 320  # the cost of so many steps at full size: a run's budget
DATA = f"glyphs, width {WIDTH}, batches of {BATCH}, non-saturating, R1 in every 8th step"
TRIES = {  # as many for either side
    "growing": [
        replace(setting, phase=phase)
        for setting in at_rates(Setting(32, "grow"), 2e-3, 4e-3)
        for phase in (0.25, 0.125)
    ],
    "full size": at_rates(Setting(32, "full"), 1e-3, 2e-3, 4e-3, 8e-3),
}
FURTHER = {  # both searches ended at their edge, so both go on
    "growing": [Setting(32, "grow", 8e-3, phase) for phase in (0.125, 0.0625)],
    "full size": at_rates(Setting(32, "full"), 1.6e-2, 3.2e-2),
}


def _about(steps: int) -> dict:
    told = f"{DATA}; the budget is the cost of {steps} steps at full size, in multiply-adds"
    return {"seeds": list(SEEDS), "tuning_seed": TUNING, "steps": steps, "data": told}


def _real(size: int) -> dict[str, float]:
    """Return what other real glyphs are worth: the floor of the distances."""
    x = judged(size)[0].x
    found = pyramid_distances(x[:1000], x[2000:3000], patches=8)
    scores = judged(size)[1].score(x[2000:4000])
    kept = {key: scores[key] for key in ("frechet", "precision", "recall", "density", "coverage")}
    return rounded([{**{f"swd_{side}": value for side, value in found.items()}, **kept}], 4)[0]


@recipe("11_inventions")
def each_left_out() -> dict:
    """Grow from 8 to 16 pixels with all inventions, and without one of them each time."""
    rows: dict[str, dict] = {}
    for name, (setting, rates) in INVENTIONS.items():
        if rates:  # half the budget for each try
            setting, tried = searched(at_rates(setting, *rates), TUNING, STEPS_16 // 2)
        else:
            setting, tried = replace(setting, lr=rows["all of them"]["lr"]), []
        runs = [run(setting, seed, STEPS_16)[0] for seed in SEEDS]
        rows[name] = {"lr": setting.lr, "tried": tried, "runs": runs}
        print(f"  {name}: {setting.lr}, {[round(total(one), 4) for one in runs]}", flush=True)
    return {"about": _about(STEPS_16), "costs": costs(16), "real": _real(16), "rows": rows}


@recipe("11_norm")
def without_pixel_norm() -> dict:
    """Leave pixel norm out, at rates of its own, with G's first layer as it is and four times."""
    rows, plain = {}, INVENTIONS["no pixel norm"][0]
    for name, loud in (("no pixel norm", False), ("no pixel norm, as loud", True)):
        tries = at_rates(replace(plain, loud=loud), 1e-3, 2e-3, 4e-3)
        setting, tried = searched(tries, TUNING, STEPS_16 // 2)
        runs = [run(setting, seed, STEPS_16)[0] for seed in SEEDS]
        rows[name] = {"lr": setting.lr, "tried": tried, "runs": runs}
        print(f"  {name}: {tried}, {[round(total(one), 4) for one in runs]}", flush=True)
    return {"about": _about(STEPS_16), "rows": rows}


@recipe("11_norm_of_z")
def norm_of_z_alone() -> dict:
    """Normalise z but no features, as loud as with the norm, at the rate of the other rows."""
    plain = INVENTIONS["no pixel norm"][0]
    setting = replace(plain, lr=4e-3, loud=True, norm_z=True)
    runs = [run(setting, seed, STEPS_16)[0] for seed in SEEDS]
    print(f"  {[round(total(one), 4) for one in runs]}", flush=True)
    rows = {"norm of z alone, as loud": {"lr": setting.lr, "tried": [], "runs": runs}}
    return {"about": _about(STEPS_16), "rows": rows}


@recipe("11_growing")
def growing_against_full_size() -> dict:
    """Play on glyphs of 32 pixels, growing from 8 or not, for the same multiply-adds."""
    rows = {}
    for name, tries in TRIES.items():
        setting, tried = searched(tries, TUNING, STEPS // 2)
        print(f"  {name}: {tried}", flush=True)
        found = [run(setting, seed, STEPS, shares=8) for seed in SEEDS]
        chosen = {"lr": setting.lr, "phase": setting.phase, "tried": tried}
        rows[name] = {**chosen, "runs": [one for one, _ in found]}
        print(f"  {name}: {[(total(one), one['scores']) for one, _ in found]}", flush=True)
    result = {"costs": costs(32), "real": _real(32), "rows": rows}
    return {"about": _about(STEPS), **result}


@recipe("11_further")
def beyond_the_edge() -> dict:
    """Search on where 11_growing's searches ended, and play what is better there."""
    before = json.loads((MODELS / "11_growing.json").read_text())["data"]["rows"]
    rows = {}
    for name, tries in FURTHER.items():
        setting, tried = searched(tries, TUNING, STEPS // 2)
        rows[name] = {"lr": setting.lr, "phase": setting.phase, "tried": tried, "runs": []}
        best = min(one["distance"] for one in before[name]["tried"])
        print(f"  {name}: {tried}, before {best}", flush=True)
        if min(one["distance"] for one in tried) < best:
            found = [run(setting, seed, STEPS, shares=8) for seed in SEEDS]
            rows[name]["runs"] = [one for one, _ in found]
            print(f"  {name}: {[(total(one), one['scores']) for one, _ in found]}", flush=True)
    return {"about": _about(STEPS), "rows": rows}


@recipe("11_stages")
def stages_of_growth() -> dict:
    """Play both sides of 11_growing once more, from its first seed, and keep pictures."""
    rows = json.loads((MODELS / "11_growing.json").read_text())["data"]["rows"]
    _, eight, sixteen, full = (cost / costs(32)[-1] for cost in costs(32))
    phase = rows["growing"]["phase"]  # then the ends of stages and the middles of fades are at
    moments = [eight, eight + sixteen / 2, eight + 2 * sixteen, eight + 2 * sixteen + full / 2]
    moments = [*(phase * moment for moment in moments), 1.0]
    films = {}
    for name, plan in (("growing", "grow"), ("full size", "full")):
        setting = Setting(32, plan, rows[name]["lr"], phase=phase)
        films[name] = film(setting, SEEDS[0], STEPS, moments, 8)
    return {"about": {**_about(STEPS), "seeds": [SEEDS[0]]}, "films": films}
