"""How long a chapter takes to read: the rule, and what is folded because it can be left out."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "sphinx_ext"), str(ROOT / "tools")]

from deeper import fold  # noqa: E402
from reading import LINES, PICTURES, WORDS, Header, read, stated  # noqa: E402


def text(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": [source]}


def code(lines: int, *tags: str, pictures: int = 0) -> dict:
    return {
        "cell_type": "code",
        "metadata": {"tags": [*tags]},
        "source": ["x = 1\n"] * lines + ["\n"],
        "outputs": [{"data": {"image/png": ""}}] * pictures,
    }


def notebook(folder: Path, *cells: dict) -> Path:
    path = folder / "09_case.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "cells, minutes",
    [
        ([text("word " * 10 * WORDS)], 10),
        ([text("word " * (10 * WORDS + 1))], 15),  # rounded up to fives
        ([text("a [link](https://example.org/a/b-c) " * 5 * WORDS)], 10),  # its address is not read
        ([text("$a + b$ " * 10 * WORDS)], 10),  # a formula in a line is a word
        ([text("$$a + b$$ " * 75)], 10),  # a displayed one is twenty
        ([text(":::{note}\n" + "word " * 10 * WORDS + "\n:::")], 10),
        ([code(10 * LINES)], 10),
        ([code(10 * LINES, "hide-input", pictures=5 * PICTURES)], 5),  # a picture is seen
        ([code(10 * LINES, "remove-cell", pictures=5)], 0),
        ([text("::::{div} demo demo-plane\n::::\n" * 5 * PICTURES)], 5),
        ([text(":::{div} on-paper\n" + "word " * 9 * WORDS + "\n:::\n" + "word " * WORDS)], 5),
        ([text(":::{div} on-page\n" + "word " * 9 * WORDS + "\n:::\n" + "word " * WORDS)], 10),
    ],
)
def test_the_rule(tmp_path, cells, minutes):
    assert read(notebook(tmp_path, *cells)).core == minutes


def test_exercises_come_on_top_and_what_is_deeper_is_counted_apart(tmp_path):
    words = "word " * 5 * WORDS
    path = notebook(
        tmp_path,
        text(f"# Cats\n{words}"),
        text("## 1. Fur"),
        text("### Deeper: why"),
        code(5 * LINES),
        text("#### Still deeper"),
        text(f"### Back again\n```\n# no heading\n```\n{words}"),
        text("## Deeper: more\nword"),
        text("## 5. Exercises\n" + words),
        code(3),
        text("### 1. Not deeper\n" + words),
        text("## Quiz"),
    )
    reading = read(path)
    assert (reading.core, reading.deeper, reading.cells) == (15, 10, 4)


def test_a_header_says_both_times(tmp_path):
    header = (
        "**Time:** about 40 minutes to read, 10 more under *Deeper*; about 30 s to run on two cores"
    )
    said = stated(notebook(tmp_path, text(f"# Cats\n\n{header} (measured).")))
    assert said == Header(40, 10, "30 s")
    said = stated(notebook(tmp_path, text(header.replace(", 10 more under *Deeper*", ""))))
    assert said == Header(40, 0, "30 s")
    assert stated(notebook(tmp_path, text("**Time:** about 30 s"))) is None


def section(title: str, *children: nodes.Node) -> nodes.section:
    return nodes.section("", nodes.title("", title), *children)


def page(builder: str) -> nodes.document:
    from docutils.utils import new_document

    document = new_document("page")
    deeper = section("Deeper: p < q", nodes.paragraph("", "inside"), section("part"))
    proof = nodes.section("", nodes.paragraph("", "a proof's content has no title"))
    document += section("Chapter", section("Core", nodes.paragraph("", "read me"), proof), deeper)
    fold(SimpleNamespace(builder=SimpleNamespace(format=builder)), document, "page")
    return document


def test_a_deeper_section_is_folded_below_its_heading_with_all_that_belongs_to_it():
    deeper = page("html").children[0][2]
    kinds = [type(child) for child in deeper]
    assert kinds == [nodes.title, nodes.raw, nodes.paragraph, nodes.section, nodes.raw]
    assert deeper[1].astext() == (
        '<details class="deeper"><summary aria-label="Show this part: p &lt; q">'
        "Show this part</summary>"
    )
    assert deeper[4].astext() == "</details>"


def test_other_sections_and_other_formats_stay_as_they_are():
    assert not list(page("html").children[0][1].findall(nodes.raw))
    assert not list(page("latex").findall(nodes.raw))
