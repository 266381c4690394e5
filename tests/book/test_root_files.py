"""The cover at the root, structured data and preview pictures: the parts that need no built book."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "sphinx_ext"), str(ROOT / "tools")]

from chapters import chapters  # noqa: E402
from root_files import seen_from_root  # noqa: E402
from share_pictures import PICTURE_SIZE, broken, font, pictures  # noqa: E402
from structured_data import goals, in_plain_words, minutes  # noqa: E402


@pytest.mark.parametrize(
    "there, here",
    [
        ('<a href="01_x.html#y">', '<a href="book/01_x.html#y">'),
        ('<script src="../_static/a.js?v=1">', '<script src="_static/a.js?v=1">'),
        ('<form action="../search.html">', '<form action="search.html">'),
        ('<html data-content_root="../">', '<html data-content_root="./">'),
        ('<source srcset="../_images/a.webp 1x, ../b.webp 2x">', '<source srcset="_images/a.webp 1x, b.webp 2x">'),
        ('<img data-dark="../_images/a.webp">', '<img data-dark="_images/a.webp">'),
        ('<a href="#top">', '<a href="#top">'),
        ('<a href="https://x.org/a">', '<a href="https://x.org/a">'),
        ('<a href="mailto:a@b.org">', '<a href="mailto:a@b.org">'),
        ('<img src="data:image/png;base64,AA">', '<img src="data:image/png;base64,AA">'),
        ('<p data-chapter="03">', '<p data-chapter="03">'),
        ('<a href="#">', '<a href="#">'),
        ('<pre>href="a.html"</pre>', '<pre>href="a.html"</pre>'),
    ],
)  # fmt: skip
def test_the_cover_s_links_are_moved_to_the_root(there, here):
    assert seen_from_root(there, "book") == here


def test_goals_are_read_from_a_chapter_s_header_in_plain_words():
    for chapter in chapters():
        found = goals(chapter.notebook)
        assert 4 <= len(found) <= 7, chapter.file
        assert not [text for text in found if re.search(r"[$\\`{}]|\]\(", text)], chapter.file


@pytest.mark.parametrize(
    "text, plain",
    [
        ("the *implicit* one, **by** `name`", "the implicit one, by name"),
        (r"$D^* = \log (p / q)$ again", "D^* = log (p / q) again"),
        ("as in [chapter 2](02_x.ipynb)", "as in chapter 2"),
    ],
)
def test_markdown_becomes_plain_words(text, plain):
    assert in_plain_words(text) == plain


def test_times_are_written_as_iso_8601_has_them():
    assert [minutes(45), minutes(60), minutes(315)] == ["PT45M", "PT1H", "PT5H15M"]


def test_every_chapter_and_the_cover_have_a_small_picture_of_the_size_that_previews_ask_for(
    tmp_path,
):
    drawn = pictures(ROOT, "GANs, played and proved")
    assert set(drawn) == {"cover", *(chapter.file for chapter in chapters())}
    for name, picture in drawn.items():
        picture.save(tmp_path / f"{name}.png", optimize=True)
        assert picture.size == PICTURE_SIZE
        assert (tmp_path / f"{name}.png").stat().st_size < 150_000, name


def test_a_long_title_is_broken_between_words():
    lines = broken("Objectives, penalties and what they have in common", font(40, bold=True), 400)
    assert " ".join(lines) == "Objectives, penalties and what they have in common"
    assert all(font(40, bold=True).getlength(line) <= 400 for line in lines)
