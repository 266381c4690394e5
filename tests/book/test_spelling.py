"""The spell-checker reads prose and nothing else, and the book passes it."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from prose import plain, sentences  # noqa: E402
from spelling import OWN_WORDS, complaint, misspelt, words  # noqa: E402


@pytest.mark.parametrize(
    "word", ["colour", "normalise", "labelled", "centre", "optimizer", "sizes"]
)
def test_british_words_are_right(word):
    assert complaint(word) == ""


@pytest.mark.parametrize("word", ["color", "normalize", "labeled", "center", "behavior"])
def test_american_words_are_named_as_such(word):
    assert complaint(word) == "American"


@pytest.mark.parametrize("word", ["recieve", "discriminater", "seperate"])
def test_misspelt_words_are_unknown(word):
    assert complaint(word) == "unknown"


def test_names_with_capitals_inside_and_possessives_are_no_words():
    assert words("WGAN's critic, the VAE and Fréchet's distance") == [
        "critic",
        "the",
        "and",
        "Fréchet",
        "distance",
    ]


@pytest.mark.parametrize(
    "markdown",
    [
        "```python\nmisspelt_code = 1\n```",
        "the loss $\\mathrm{wrnog}$ and `wrnog`",
        "$$\\operatorname{wrnog}$$",
        "[link](https://example.org/wrnog)",
        ":::{admonition} Title\n:class: wrnog\n:::",
    ],
)
def test_code_formulas_addresses_and_options_are_not_prose(markdown):
    assert "wrnog" not in plain(markdown) and "misspelt" not in plain(markdown)


def test_what_a_link_a_table_and_a_box_say_is_prose():
    text = plain(
        ":::{dropdown} Wrnog title\n**Hello** [there](x.md)\n\n| wrnog | cell |\n|---|---|\n:::"
    )
    assert "Hello there" in text and "wrnog" in text


def test_sentences_end_where_they_end():
    found = sentences(
        "First one (Arjovsky et al. 2017). Is it? Then: Second one.\n\nA line without an end"
    )
    assert len(found) == 5


def test_the_word_list_is_sorted_and_holds_nothing_twice():
    listed = [
        line for line in OWN_WORDS.read_text("utf-8").splitlines() if not line.startswith("#")
    ]
    names = [word for word in listed if word[0].isupper()]
    others = [word for word in listed if not word[0].isupper()]
    assert names == sorted(set(names)) and others == sorted(set(others))


def test_the_book_is_spelt_right():
    """`make lint` looks at docstrings, too."""
    found = {
        word: places
        for word, places in misspelt().items()
        if any(place.startswith(("book/", "README")) for place in places)
    }
    assert not found, "run `python tools/spelling.py`"
