"""The quizzes: complete, true where that can be computed, and without a giveaway."""

import math
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "sphinx_ext"), str(ROOT / "tools")]

from chapters import chapters  # noqa: E402
from quiz import Question, arranged, read_question, read_quiz  # noqa: E402

NAMES = [chapter.number for chapter in chapters()]
QUIZZES = {name: read_quiz(ROOT / "book" / "quizzes" / f"{name}.yml") for name in NAMES}
QUESTIONS = [(name, question) for name, quiz in QUIZZES.items() for question in quiz]


def chapter(name: str) -> nbformat.NotebookNode:
    """Return the notebook of a chapter."""
    (path,) = (ROOT / "book").glob(f"{name}_*.ipynb")
    return nbformat.read(path, as_version=4)


def printed(name: str) -> str:
    """Return what a chapter says and prints."""
    texts = []
    for cell in chapter(name).cells:
        outputs = [str(output.get("text", "")) for output in cell.get("outputs", [])]
        texts += [cell.source, *outputs] if cell.cell_type == "markdown" else outputs
    return "\n".join(texts)


def wins(question: Question, better) -> float:
    """Return 1 if the right choice's length beats all others, a share of 1 if it ties, else 0."""
    lengths = [len(choice.text) for choice in question.choices]
    best = better(lengths)
    return (lengths[0] == best) / lengths.count(best)


def test_a_chapter_has_ten_questions_each_with_a_name_of_its_own():
    for name, quiz in QUIZZES.items():
        assert len(quiz) == 10, name
        assert len({question.id for question in quiz}) == 10, name


def test_every_chapter_shows_its_quiz_once():
    for name in NAMES:
        shown = [cell for cell in chapter(name).cells if f":::{{quiz}} {name}\n" in cell.source]
        assert len(shown) == 1, name


@pytest.mark.parametrize(
    ("name", "question"), QUESTIONS, ids=lambda value: getattr(value, "id", value)
)
def test_every_choice_is_explained_and_no_two_are_alike(name, question):
    assert question.ask.rstrip().endswith(("?", ".")), question.ask
    assert all(len(choice.why) > 20 for choice in question.choices)
    assert len({choice.text for choice in question.choices}) == len(question.choices)
    assert len({choice.why for choice in question.choices}) == len(question.choices)


@pytest.mark.parametrize(
    ("name", "question"), QUESTIONS, ids=lambda value: getattr(value, "id", value)
)
def test_numbers_taken_from_the_chapter_stand_there(name, question):
    page = printed(name)
    for number in question.on_page:
        assert number in page, f"chapter {name} does not print {number!r} (any more)"


@pytest.mark.parametrize(
    ("name", "question"),
    [(n, q) for n, q in QUESTIONS if q.holds],
    ids=lambda v: getattr(v, "id", v),
)
def test_a_computed_answer_is_right(name, question):
    assert eval(question.holds, vars(math)), question.holds  # our own files


def test_places_of_the_right_choices_are_balanced():
    places = [0] * 4
    for name, quiz in QUIZZES.items():
        for order in arranged(quiz, name):
            place = [choice.number for choice in order].index(0)
            places[place * 4 // len(order)] += 1
    spread = 0.06 * len(QUESTIONS)  # quizzes with three choices have no fourth place
    assert all(abs(place - len(QUESTIONS) / 4) <= spread for place in places), places


def test_places_differ_from_quiz_to_quiz():
    patterns = {
        tuple([choice.number for choice in order].index(0) for order in arranged(quiz, name))
        for name, quiz in QUIZZES.items()
    }
    assert len(patterns) == len(QUIZZES)


def test_arranging_twice_gives_the_same_page_and_loses_no_choice():
    quiz = QUIZZES["03"]
    assert arranged(quiz, "03") == arranged(quiz, "03") != arranged(quiz, "04")
    for question, order in zip(quiz, arranged(quiz, "03"), strict=True):
        assert set(order) == set(question.choices)


@pytest.mark.parametrize("better", [max, min])
def test_the_length_of_a_choice_gives_nothing_away(better):
    """Who always takes the longest (or the shortest) choice does no better than by guessing."""
    chances = [1 / len(question.choices) for _, question in QUESTIONS]
    spread = math.sqrt(sum(chance * (1 - chance) for chance in chances))
    assert sum(wins(question, better) for _, question in QUESTIONS) <= sum(chances) + spread


RIGHT = {"choice": "yes", "why": "so"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"id": "x", "ask": "?", "right": RIGHT}, "needs id, ask, right and wrong"),
        ({"id": "x", "ask": "?", "right": RIGHT, "wrong": [RIGHT]}, "3 to 5 choices, not 2"),
        (
            {"id": "x", "ask": "?", "right": {"choice": "yes"}, "wrong": [RIGHT, RIGHT]},
            "needs exactly",
        ),
        ({"id": "x", "ask": "?", "right": RIGHT, "wrong": [RIGHT] * 2, "hint": ""}, "hint"),
    ],
)
def test_a_question_that_lacks_something_is_refused_by_name(entry, message):
    with pytest.raises(ValueError, match=message):
        read_question(entry)
