"""What a deck says is what its chapter says: nothing is left out that a talk needs."""

import re

import nbformat
import pytest
from chapters import chapters
from deck import Slide, claims, sentences, slides

DECKS = {chapter.file: slides(chapter, "Part", "About", "Alt") for chapter in chapters()}
every_deck = pytest.mark.parametrize("name", DECKS)


def of_kind(deck: list[Slide], kind: str) -> list[Slide]:
    """Return the slides of one kind."""
    return [slide for slide in deck if slide.kind == kind]


def visible(name: str) -> str:
    """Return a chapter's words, without what is folded as "Deeper"."""
    chapter = next(chapter for chapter in chapters() if chapter.file == name)
    cells = nbformat.read(chapter.notebook, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"(?ms)^(#{2,3}) Deeper: .*?(?=^#{2,3} (?!Deeper)|\Z)", "", text)


@every_deck
def test_a_deck_begins_with_title_and_goals_and_ends_with_what_was_learned(name):
    titles = [slide.title for slide in DECKS[name]]
    assert titles[0].startswith(name[:2]) and titles[1] == "What you will be able to do"
    assert DECKS[name][1].body[0].count("\n") >= 3
    assert "What you learned" in titles[-2:] and "Exercises" in titles
    exercises = DECKS[name][titles.index("Exercises")]
    assert exercises.body[0].count("★") >= 6 and exercises.body[0].count("\n") >= 3


@every_deck
def test_a_deck_asks_every_prediction_and_states_every_theorem(name):
    text, deck = visible(name), DECKS[name]
    asked = [slide for slide in of_kind(deck, "predict") if slide.title == "Predict"]
    assert len(asked) == text.count("{admonition} Predict")
    assert len(of_kind(deck, "theorem")) == text.count("{prf:theorem}")
    assert len(of_kind(deck, "myth")) == text.count("{dropdown} Myth") > 0
    assert len([slide for slide in deck if slide.title == "What is wrong?"]) == (
        "## Bug clinic" in text or "Bug clinic" in re.findall(r"## \d+\. (.+)", text)
    )


@every_deck
def test_answers_come_with_the_next_key_and_the_whole_text_is_in_the_notes(name):
    for slide in [*of_kind(DECKS[name], "answer"), *of_kind(DECKS[name], "myth")]:
        assert slide.later or slide.picture or slide.output, slide.title
        assert all(len(claim) < 420 for claim in slide.later), slide.later


@every_deck
def test_a_deck_holds_the_ten_questions_with_one_right_answer_each(name):
    quiz = of_kind(DECKS[name], "quiz")
    assert [slide.title for slide in quiz] == [f"Question {number}" for number in range(1, 11)]
    for slide in quiz:
        assert re.match(r"\*\*[A-E]\.\*\* ", slide.later[0]) and len(slide.later) == 1
        assert sum(", right.**" in note for note in slide.notes) == 1


@every_deck
def test_every_figure_of_a_deck_has_its_text(name):
    pictures = [slide.picture for slide in DECKS[name] if slide.picture]
    assert len(pictures) >= 4
    assert all(picture.alt for picture in pictures)


def test_a_sentence_does_not_end_in_a_formula_in_code_or_after_a_name():
    text = "By Lin et al. (2018) $a = 0.5. B$ holds. So `x. Y` is code. End"
    assert sentences(text) == [
        "By Lin et al. (2018) $a = 0.5. B$ holds.",
        "So `x. Y` is code.",
        "End",
    ]


def test_an_answer_claims_its_bold_sentences():
    text = "**It falls.** Slowly. And more.\n\nWords.\n\n**It rests**, as it should. More."
    assert claims(text) == ["**It falls.** Slowly.", "**It rests**, as it should."]
    assert claims("**1.** Yes. Since. **2.** No. But.") == ["Yes.", "No."]
    assert claims("**What happened.** One. Two. Three.") == ["One.", "Two."]
