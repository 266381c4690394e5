"""Write the tables of the book's appendix from the numbers kept in `benchmarks/results`.

`python -m benchmarks speed --json benchmarks/results/speed.json`, and `quality` likewise, measure;
this only sets what they stored, so a table and its numbers cannot part.
"""

from __future__ import annotations

import argparse
import json
import statistics

from .report import RESULTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's options, of which there are none.

    Args:
        parser: of the command `tables`.
    """


def run(options: argparse.Namespace) -> None:
    """Writes each table beside its numbers.

    Args:
        options: none.
    """
    for name, text in tables().items():
        (RESULTS / name).write_text(text, encoding="utf-8")
        print(f"wrote {name}")


def tables() -> dict[str, str]:
    """Returns the tables as Markdown, by the names of their files."""
    speed = json.loads((RESULTS / "speed.json").read_text())
    quality = json.loads((RESULTS / "quality.json").read_text())
    compiled = json.loads((RESULTS / "compiled.json").read_text())
    return {
        "speed.md": speed_table(speed["rows"]),
        "compiled.md": speed_table(compiled["rows"]),
        "glyphs.md": glyphs_table(quality["glyphs"]),
        "points.md": points_table(quality["points"]),
        "grid.md": grid_table(json.loads((RESULTS / "grid.json").read_text())["rows"]),
        **_of_devices(),
    }


def _of_devices() -> dict[str, str]:
    """Return the tables of what was measured on single devices, each named in its file's name."""
    found = {}
    for file in sorted(RESULTS.glob("roofline_*.json")):
        content = json.loads(file.read_text())
        found[f"{file.stem}.md"] = layers_table(content["layers"])
        found[f"{file.stem}_games.md"] = games_table(content["games"])
    return found


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    """Returns a table, its first column set left and all others right.

    Args:
        heads: of the columns.
        rows: of cells.
    """
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def speed_table(rows: list[dict]) -> str:
    """Returns images per second and, of each way to train, the ratio to the textbook loop.

    Args:
        rows: as `benchmarks.speed.Row`.
    """
    loops = list(dict.fromkeys(row["loop"] for row in rows if row["loop"] != "textbook"))
    networks: dict[str, dict[str, dict]] = {}
    for row in rows:
        networks.setdefault(row["network"], {})[row["loop"]] = row
    heads = ["network", "textbook, images/s", *(f"`{loop}`" for loop in loops), "of matmul"]
    cells = []
    for name, by_loop in networks.items():
        ratios = [_ratio(by_loop.get(loop)) for loop in loops]
        share = f"{100 * by_loop['train']['share']:.0f} %"
        cells.append([name, f"{by_loop['textbook']['images_per_second']:,.0f}", *ratios, share])
    return markdown(heads, cells)


def _ratio(row: dict | None) -> str:
    return f"{row['ratio']:.2f} ({row['lowest']:.2f}–{row['highest']:.2f})" if row else "-"


def layers_table(rows: list[dict]) -> str:
    """Return times and shares of the roofline, layer by layer.

    Args:
        rows: as `benchmarks.roofline.layer_rows` returns them.
    """
    heads = ["layer", "output", "operations a byte", "forward, ms", "to input", "to weights"]
    several = len({row["batch"] for row in rows}) > 1
    cells = []
    for row in rows:
        forward, times = row["forward"], f"{row['count']} × " if row["count"] > 1 else ""
        size = "×".join(map(str, row["output"])) if row["count"] == 1 else ""
        cells.append(
            [
                f"{row['batch']}: " * several + times + row["layer"],
                size,
                f"{forward['operations'] / forward['bytes']:,.1f}",
                *(_pass(row.get(name)) for name in ("forward", "input", "weights")),
            ]
        )
    return markdown(heads, cells)


def _pass(one: dict | None) -> str:
    """Return the milliseconds of a pass and its share of the roofline."""
    if one is None or not one["seconds"]:
        return "-"
    return f"{1e3 * one['seconds']:.3g} ({one['least'] / one['seconds']:.0%})"


def games_table(rows: list[dict]) -> str:
    """Return the speed of whole steps and its share of the matmul ceiling.

    Args:
        rows: as `benchmarks.roofline.game_rows` returns them.
    """
    cells = [
        [
            f"{row['batch']}, {row['game']}",
            f"{row['images_per_second']:,.0f}",
            f"{row['flops'] / 1e12:.3g}",
            f"{row['share']:.0%}",
        ]
        for row in rows
    ]
    return markdown(["batch, game", "images/s", "TFLOP/s", "of matmul"], cells)


def glyphs_table(rows: list[dict]) -> str:
    """Returns seconds to the stated quality, and what each game reached at the end.

    Args:
        rows: as `benchmarks.quality.glyphs_table` returns them.
    """
    heads = ["game", "seconds to the distance", "to the accuracy", "in all"]
    heads += ["Fréchet", "precision", "recall", "accuracy"]
    names = ("to_frechet", "to_accuracy", "seconds", "frechet", "precision", "recall", "accuracy")
    digits = (0, 0, 0, 1, 2, 2, 3)
    return markdown(heads, [[row["game"], *_cells(row, names, digits)] for row in rows])


def points_table(rows: list[dict]) -> str:
    """Returns what games on the ring and the grid are worth, over several seeds.

    Args:
        rows: as `benchmarks.quality.points_table` returns them.
    """
    heads = ["data, game", "seconds", "modes", "fewest", "high quality", "spread", "reverse KL"]
    names = ("seconds", "modes", "fewest", "high_quality", "spread", "reverse_kl")
    digits = (0, 1, 0, 3, 2, 3)
    cells = [[f"{row['data']}, {row['game']}", *_cells(row, names, digits)] for row in rows]
    return markdown(heads, cells)


def grid_table(rows: list[dict]) -> str:
    """Returns the means over the seeds of the recipe for the grid, one change left out each time.

    Args:
        rows: one of each run, as `recipes/grid.py --ablation --json` stores them.
    """
    heads = ["game", "seconds", "modes", "high quality", "spread", "reverse KL"]
    names = ("seconds", "modes", "high_quality", "spread", "reverse_kl")
    games = dict.fromkeys(row["game"] for row in rows)
    means = [_means([row for row in rows if row["game"] == game], names) for game in games]
    cells = zip(games, means, strict=True)
    return markdown(heads, [[game, *_cells(mean, names, (0, 1, 3, 2, 3))] for game, mean in cells])


def _means(runs: list[dict], names: tuple[str, ...]) -> dict[str, float]:
    return {name: statistics.mean(run[name] for run in runs) for name in names}


def _cells(row: dict, names: tuple[str, ...], digits: tuple[int, ...]) -> list[str]:
    values = [row.get(name) for name in names]
    return ["-" if v is None else f"{v:.{d}f}" for v, d in zip(values, digits, strict=True)]
