"""The HTML of the built book: `make book` first."""

import json
import os
import re
import shutil
import subprocess
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)
# What a checker says of the theme's HTML and no extension of ours can mend; keep it short.
ALLOWED: tuple[str, ...] = ()

pytestmark = pytest.mark.skipif(not PAGES, reason="no book was built")


class Reader(HTMLParser):
    """Collects a page's ids, its links, and the places of elements that matter here."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.doctype = ""
        self.title = ""
        self.headings: list[str] = []
        self._inside: list[str] = []

    def handle_decl(self, decl: str) -> None:
        self.doctype = decl.lower()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named[name] or "" for name in ("href", "src") if name in named]
        self._inside += [tag] if tag in ("title", "h1") else []
        self.headings += [""] if tag == "h1" else []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("title", "h1"):
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside == ["title"]:
            self.title += data
        elif self._inside == ["h1"]:
            self.headings[-1] += data


@cache
def read(path: Path) -> Reader:
    """Return what a page holds."""
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_a_page_is_html_with_a_title_and_no_empty_heading(path):
    page = read(path)
    assert page.doctype == "doctype html"
    assert page.title.strip()
    assert page.headings and all(heading.strip() for heading in page.headings)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_no_two_things_of_a_page_bear_one_id(path):
    ids = read(path).ids
    assert sorted(ids) == sorted(set(ids)), sorted({name for name in ids if ids.count(name) > 1})


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_links_inside_the_book_lead_somewhere(path):
    broken = []
    for link in read(path).links:
        address = urlsplit(link)
        if address.scheme or address.netloc or link == "#":
            continue
        target = (path.parent / unquote(address.path)).resolve() if address.path else path
        if not target.is_file():
            broken.append(link)
        elif target.suffix == ".html" and address.fragment:
            broken += [] if unquote(address.fragment) in read(target).ids else [link]
    assert not broken


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(SITE)))
def test_no_formula_is_left_as_it_was_typed(path):
    text = re.sub(r"<(script|pre|code)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert not re.search(r"\\[(\[]|\\begin\{", text)


def checker() -> list[str] | None:
    """Return the command of the Nu HTML checker, if there is one."""
    if jar := os.environ.get("VNU_JAR"):
        return ["java", "-Xss4m", "-jar", jar]
    return ["vnu"] if shutil.which("vnu") else None


def test_the_checker_of_html_finds_nothing():
    command = checker()
    if command is None:
        pytest.skip(
            "needs the Nu HTML checker: `npm install -g vnu-jar`, or the path of vnu.jar in VNU_JAR"
        )
    # All pages in one run: the checker starts slowly, and reads fast.
    options = ["--format", "json", "--errors-only", "--exit-zero-always"]
    pages = map(str, PAGES)
    run = subprocess.run([*command, *options, *pages], capture_output=True, text=True)
    found = [
        f"{message['url'].rpartition('/html/')[2]}:{message.get('lastLine')} {message['message']}"
        for message in json.loads(run.stderr)["messages"]
        if not message["message"].startswith(ALLOWED or ("\0",))
    ]
    assert not found, f"{len(found)}: {found[:20]}"
