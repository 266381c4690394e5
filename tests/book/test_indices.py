"""The built lists hold what the notebooks hold, and lead to it."""

import html
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from chapters import chapters  # noqa: E402
from report import myths  # noqa: E402

SITE = ROOT / "_build" / "html" / "book"
PAGE = SITE / "indices.html"
CHAPTERS = [chapter.notebook for chapter in chapters()]

pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="no book was built")


def part(name: str) -> str:
    """Return one section of the page."""
    return PAGE.read_text("utf-8").split(f'<section id="{name}">')[1].split("</section>")[0]


def markdown() -> str:
    """Return all Markdown of the chapters."""
    notebooks = [nbformat.read(path, as_version=4) for path in CHAPTERS]
    cells = [cell for notebook in notebooks for cell in notebook.cells]
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_every_myth_is_listed():
    boxes = re.findall(r"^:::\{dropdown\} Myth: (.*)$", markdown(), re.M)
    listed = html.unescape(re.sub(r"<[^>]+>", "", part("myths"))).replace("’", "'")
    for belief in boxes:
        assert belief.replace("`", "").replace("’", "'")[1:] in listed, belief
    assert part("myths").count("<li>") == myths(markdown())


def test_every_chapter_has_its_bug_clinic():
    assert part("bug-clinics").count("<li>") == len(CHAPTERS)


def test_every_theorem_is_listed():
    assert part("theorems").count("<li>") == len(
        re.findall(r"^:::\{prf:theorem\}", markdown(), re.M)
    )


def test_every_figure_of_a_chapter_is_listed_with_its_picture():
    drawn = sum(
        any(kind.startswith("image/") for output in cell.outputs for kind in output.get("data", {}))
        for path in CHAPTERS
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    )
    shown = part("figures").count("<img") - part("figures").count('class="figure-dark"')
    assert part("figures").count("<li>") == shown == drawn
    for picture in re.findall(r'<img[^>]* src="([^"]+)"', part("figures")):
        assert (SITE / picture).exists(), picture


def test_every_link_leads_to_a_place_that_exists():
    ids = {
        f"{path.stem}.html": set(
            re.findall(r'id="([^"]+)"', (SITE / f"{path.stem}.html").read_text("utf-8"))
        )
        for path in CHAPTERS
    }
    for name in ("myths", "bug-clinics", "theorems", "figures"):
        links = re.findall(r'href="(\d\d\w+\.html)#([^"]+)"', part(name))
        assert links
        for page, anchor in links:
            assert anchor in ids[page], f"{page}#{anchor}"
