"""The book as one PDF: a chapter and its solutions are made by the command, read by another library."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest
from browsing import SITE

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))
PAGES = ("02_value_function", "solutions/02_value_function")
TITLE = "02. The value function and the JS divergence"
ANSWER = re.compile(r'<p class="sd-card-text"><strong>([^<]{20,})</strong>')
RAW_TEX = re.compile(r"\\[(\[]|\\(?:frac|mathbb|operatorname|left|bigl|ln|sigma)\b|\$\$")


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> pypdf.PdfReader:
    """Return the PDF of two pages."""
    to = tmp_path_factory.mktemp("pdf") / "two.pdf"
    command = [sys.executable, ROOT / "tools/make_pdf.py", "--pages", *PAGES, "--to", to]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return pypdf.PdfReader(to)


@pytest.fixture(scope="module")
def texts(reader) -> list[str]:
    """Return the words of each sheet, with single spaces."""
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def bookmarks(reader: pypdf.PdfReader, items=None, depth: int = 0) -> list[tuple[int, str, int]]:
    """Return all bookmarks with their depth and the number of their sheet."""
    found = []
    for item in reader.outline if items is None else items:
        if isinstance(item, list):
            found += bookmarks(reader, item, depth + 1)
        else:
            found.append((depth, item.title, reader.get_destination_page_number(item) + 1))
    return found


def test_no_sheet_is_empty_and_none_shows_raw_tex(texts):
    assert len(texts) > 25
    assert [number for number, text in enumerate(texts, 1) if len(text) < 20] == []
    assert [(number, RAW_TEX.search(text)) for number, text in enumerate(texts, 1)] == [
        (number, None) for number in range(1, len(texts) + 1)
    ]


def test_sheets_are_numbered_and_bear_their_chapters_title(texts):
    for number, text in enumerate(texts[1:], 2):
        assert re.search(rf"(^|\D){number}($|\D)", text[:80] + text[-80:]), number
    assert TITLE in texts[10] and "Solutions to chapter 2" in texts[-1]


def test_bookmarks_go_by_parts_chapters_and_sections(reader, texts):
    marks = bookmarks(reader)
    assert [mark[:2] for mark in marks if mark[0] == 0] == [
        (0, "Contents"),
        (0, "Part I: Foundations"),
        (0, "Solutions"),
    ]
    assert [title[:2] for depth, title, _ in marks if depth == 1] == ["02", "So"]
    assert (2, "What you learned") in [mark[:2] for mark in marks]
    for depth, title, sheet in marks:
        assert depth == 0 or title[:8] in texts[sheet - 1], title


def test_the_contents_name_the_sheets_of_the_bookmarks(reader, texts):
    contents = texts[1]
    sheets = {title: sheet for depth, title, sheet in bookmarks(reader) if depth in (1, 2)}
    assert len(sheets) > 20
    for title in (TITLE, "Myths", "What you learned"):
        assert re.search(rf"{re.escape(title)} {sheets[title]}\b", contents), title


def test_what_folds_away_on_the_screen_is_in_it(texts):
    text = (SITE / "book" / f"{PAGES[0]}.html").read_text(encoding="utf-8")
    answers = ANSWER.findall(text)
    assert answers
    whole = " ".join(texts)
    assert [answer for answer in answers if answer not in whole and "&" not in answer] == []
    assert whole.count("Answers to the quiz") == 1


def test_links_lead_to_other_chapters_inside_and_never_to_this_machine(reader):
    inner, outer = set(), set()
    for page in reader.pages[2:]:
        for note in page.get("/Annots", []):
            link = note.get_object()
            if "/Dest" in link:
                inner.add(str(link["/Dest"]))
            elif "/URI" in link.get("/A", {}):
                outer.add(str(link["/A"]["/URI"]))
    assert any(target.startswith("/solutions-02_value_function") for target in inner)
    assert any("arxiv.org" in target for target in outer)
    assert not [target for target in outer if not re.match("https?://", target)]


def test_formulas_can_be_found_and_heard(texts):
    assert any("σ(a) = 1/(1 + e^(− a))" in text for text in texts)


def test_the_cover_and_the_download_menus_lead_to_it_once(tmp_path):
    from make_pdf import offer

    pages = (
        "index.html",
        "book/intro.html",
        "book/03_vanilla_gan.html",
        "book/solutions/refresher.html",
    )
    for page in pages:
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SITE / page, tmp_path / page)
    file = tmp_path / "whole.pdf"
    file.write_bytes(bytes(3_000_000))
    offer(file, 300, tmp_path)
    offer(file, 310, tmp_path)
    for page, count in zip(pages, (2, 2, 1, 1)):
        text = (tmp_path / page).read_text(encoding="utf-8")
        links = re.findall(r'href="([^"]*whole\.pdf)"', text)
        assert len(links) == count, page
        assert all(((tmp_path / page).parent / link).resolve() == file for link in links)
        assert text.count("310 pages, 3 MB") == count and "300 pages" not in text


def test_it_says_what_it_is_and_keeps_the_texts_of_its_figures(reader):
    assert reader.metadata.title == "GANs, played and proved"
    assert reader.metadata.author
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"]
    texts = [
        str(thing["/Alt"])
        for number in range(1, reader.trailer["/Size"])
        if isinstance(thing := reader.get_object(number), pypdf.generic.DictionaryObject)
        and "/Alt" in thing
    ]
    assert any("Left," in text for text in texts) and all(text.strip() for text in texts)
