"""`make report` counts what is there."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from chapters import chapters  # noqa: E402
from report import Row, count, hints, lines, myths, total  # noqa: E402


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [count(chapter) for chapter in chapters()]


def test_every_chapter_has_what_a_chapter_should_have(rows):
    for row in rows:
        assert 4 <= row.exercises <= 7 and row.quiz == 10, row
        assert row.wrong >= 4 * row.exercises, row  # three with a hint of their own, one unforeseen
        assert row.hints >= row.demands >= row.exercises, row
        assert row.myths >= 1 and row.predict >= 4 and row.figures >= 4, row


def test_chapters_keep_their_promises_of_time(rows):
    assert all(row.seconds <= (60 if row.chapter < "04" else 90) for row in rows)


def test_the_table_has_a_line_for_each_chapter_and_their_sums(rows):
    table = list(lines(rows))
    assert len(table) == len(rows) + 2 and len(set(map(len, table))) == 1
    assert total(rows).exercises == sum(row.exercises for row in rows)
    assert total(rows).longest == max(row.longest for row in rows)


def test_hints_are_counted_with_those_for_known_mistakes():
    source = "expect_close(got, want, 'one', f'two {x}', mistakes=[(0, 'three', 'four'), (w('a'), 'five')])"
    assert hints(ast.parse(source).body[0].value) == 5


def test_myths_are_counted_by_their_folds():
    one = ":::{dropdown} Myth: it is so\n:color: warning\n**Myth: it is so.** No.\n:::\n"
    other = ":::{dropdown} What happened\n**It is no myth.** No.\n:::\n"
    assert (myths(one), myths(other), myths(one + other + one)) == (1, 0, 2)
