"""Print what each chapter offers, counted from its sources: `make report`. Nothing is written.

exercises  functions that a learner writes, each with a check
demands    properties that the checks of a chapter demand of the answers
hints      sentences that say what is wrong with an answer, written out in the checks
wrong      wrong answers stored in the tests: each must fail, most of them with the hint meant for them
quiz       questions at the end of the chapter, every choice explained
minutes    to read, without exercises and what is folded, and seconds to run: as the header says
words      of prose, formulas and code not counted; longest: the longest sentence, in words
"""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from types import ModuleType

import nbformat

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / place) for place in ("tools", "tests", "tests/check", ".")]

from chapters import Chapter, chapters  # noqa: E402
from prose import notebook_prose, read_quiz, sentences  # noqa: E402
from reading import stated  # noqa: E402
from unfinished import unfinished  # noqa: E402

from gan_course.check import exercises  # noqa: E402


@dataclass(frozen=True)
class Row:
    """One chapter, counted."""

    chapter: str
    exercises: int
    demands: int
    hints: int
    wrong: int
    quiz: int
    theorems: int
    myths: int
    predict: int
    figures: int
    minutes: int
    seconds: int
    words: int
    longest: int


def check_files(module: ModuleType) -> list[Path]:
    """Return the files that hold the checks of a chapter, its helpers included."""
    tools = {f"gan_course.check.{name}" for name in ("core", "expect", "stubs")}
    functions = [
        inspect.unwrap(value) for value in vars(module).values() if inspect.isfunction(value)
    ]
    homes = {function.__module__ for function in functions} | {module.__name__}
    homes = {name for name in homes if name.startswith("gan_course.check.")} - tools
    return sorted(Path(sys.modules[name].__file__) for name in homes)


def called(call: ast.Call) -> str:
    """Return the name of the function that a call calls."""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def demands(path: Path) -> list[ast.Call]:
    """Return the calls that demand a property of an answer."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if called(call) in ("expect", "expect_close")]


def is_text(node: ast.AST) -> bool:
    """Return whether a node is a string that is written out."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def hints(call: ast.Call) -> int:
    """Return how many hints a demand has, those for known mistakes included."""
    count = sum(is_text(argument) for argument in call.args)
    for keyword in call.keywords:
        if keyword.arg == "mistakes":
            tuples = [node for node in ast.walk(keyword.value) if isinstance(node, ast.Tuple)]
            count += sum(is_text(part) for mistake in tuples for part in mistake.elts[1:])
    return count


def wrong_answers(number: str) -> int:
    """Return how many wrong answers the tests of a chapter store."""
    proofs = importlib.import_module(f"test_check_chapter{number}").PROOFS
    return sum(len(proof.wrong) + len(proof.unforeseen) for proof in proofs)


def myths(markdown: str) -> int:
    """Return how many myths a chapter refutes."""
    return len(re.findall(r"(?m)^:::\{dropdown\} Myth: ", markdown))


def longest_sentence(path: Path) -> int:
    """Return the number of words of a chapter's longest sentence."""
    pieces = [piece for piece in notebook_prose(path) if "picture" not in piece.place]
    return max(len(sentence.split()) for piece in pieces for sentence in sentences(piece.text))


def count(chapter: Chapter) -> Row:
    """Count what a chapter offers."""
    number, path = chapter.number, chapter.notebook
    cells = nbformat.read(path, as_version=4).cells
    markdown = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    module = importlib.import_module(f"gan_course.check.chapter{number}")
    calls = [call for file in check_files(module) for call in demands(file)]
    prose = [piece.text for piece in notebook_prose(path) if "picture" not in piece.place]
    header = stated(path)
    return Row(
        chapter=chapter.file,
        exercises=len(exercises(module)),
        demands=len(calls),
        hints=sum(map(hints, calls)),
        wrong=wrong_answers(number),
        quiz=len(read_quiz(chapter.files["quiz"])),
        theorems=len(re.findall(r"(?m)^:::\{prf:theorem\}", markdown)),
        myths=myths(markdown),
        predict=len(re.findall(r"(?m)^:::\{admonition\} Predict", markdown)),
        figures=sum("image/png" in str(cell.get("outputs", "")) for cell in cells),
        minutes=header.core,
        seconds=int(header.runs.split()[0]),
        words=sum(len(re.findall(r"\w+", text)) for text in prose),
        longest=longest_sentence(path),
    )


def total(rows: list[Row]) -> Row:
    """Return the sums of all columns, and the longest sentence of all."""
    columns = list(zip(*(astuple(row)[1:] for row in rows), strict=True))
    return Row("all chapters", *map(sum, columns[:-1]), longest=max(columns[-1]))


def lines(rows: list[Row]) -> Iterator[str]:
    """Yield the table, aligned."""
    names = [field.name for field in fields(Row)]
    table = [names, *(list(map(str, astuple(row))) for row in [*rows, total(rows)])]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        name, *numbers = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        yield "  ".join([cells[0].ljust(len(name)), *numbers])


def main() -> None:
    """Print the table, and below it what is left to write."""
    print("\n".join(lines([count(chapter) for chapter in chapters()])))
    if left := unfinished():
        print(f"\n{len(left)} lines are unfinished:", *left, sep="\n  ")


if __name__ == "__main__":
    main()
