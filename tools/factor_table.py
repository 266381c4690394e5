"""The rows of the table of factors in book/data.md: `python tools/factor_table.py` writes them."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gan_course.data import FACTORS, Factor  # noqa: E402
from gan_course.stored import load_run  # noqa: E402

PAGE = ROOT / "book" / "data.md"
HEAD = "| factor | what its value means | read back |\n|---|---|---|\n"


def row(factor: Factor, score: float) -> str:
    """Return one line of the table: name, unit, how well the judge reads it."""
    kinds = ", ".join(
        f"{k} {name}" + (f" ({share:.0%})" if factor.shares else "")
        for k, (name, share) in enumerate(zip(factor.kinds, factor.shares or factor.kinds))
    )
    unit = f"{factor.unit}: {kinds}" if kinds else factor.unit
    return f"| `{factor.name}` | {unit.replace(' .. ', ' … ')} | {score:.2f} |\n"


def rows() -> str:
    """Return all lines, with the stored scores of the judge."""
    scores = load_run("13_judge")["data"]["scores"]
    return "".join(row(factor, scores[factor.name]) for factor in FACTORS)


def written(text: str) -> str:
    """Return the page with fresh rows below the table's head."""
    before, after = text.split(HEAD)
    return before + HEAD + rows() + "\n" + after.split("\n\n", 1)[1].lstrip("\n")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
