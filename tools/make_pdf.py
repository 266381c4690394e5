"""Make of the built book one PDF, with contents, bookmarks and links inside: `make pdf`.

    python tools/make_pdf.py                                 the book, into the built site
    python tools/make_pdf.py --pages intro --to FILE           some pages, elsewhere

All pages become one long page, which a browser prints by the style of a printed page: so a link to
another chapter is a link inside, and one numbering goes through. It is printed twice, because only
the first print tells on which sheets the contents have to point. Tags, alternative texts and bookmarks
are the browser's; the bookmarks are then grouped by parts. Left out is the reference of the package,
eighty pages to search in, not to read: links to it lead to the site.
"""

import argparse
import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
import yaml
from playwright.sync_api import sync_playwright

sys.path.append(str(Path(__file__).resolve().parent))

from look import find_browser
from one_page import HEADING, PERMALINK, ROOT, SITE, Page, pages_of_the_book, plain, whole

NAME = "gans-played-and-proved.pdf"

# Where the built pages lead to the file; made again, it replaces what it wrote before.
OFFERED = re.compile(r'<(p|li) class="whole-book">.*?</\1>', re.S)
MENU = re.compile(r'dropdown-download-buttons">.*?<ul class="dropdown-menu">', re.S)
BUTTONS = re.compile(r'<div class="cover-buttons docutils">.*?</div>', re.S)
ITEM = (
    '<li class="whole-book"><a href="{address}" class="btn btn-sm dropdown-item" '
    'title="The whole book ({what})"><span class="btn__icon-container">'
    '<i class="fas fa-file-pdf"></i></span><span class="btn__text-container">'
    "The whole book</span></a></li>"
)
LINE = '<p class="whole-book"><a href="{address}">The whole book to take along</a> ({what})</p>'

ALL_READY = """Promise.all([...document.images].map((picture) => {
  picture.loading = "eager";
  return picture.decode().catch(() => Promise.reject(new Error("no picture: " + picture.src)));
}))"""
NUMBER = """(numbers) => document.querySelectorAll(".contents li span")
  .forEach((place, at) => { place.textContent = numbers[at]; })"""


def numbers(path: Path, places: list[str]) -> list[int]:
    """Return on which sheet of a PDF each place stands, from 1."""
    with pikepdf.open(path) as pdf:
        sheets = {page.objgen: number for number, page in enumerate(pdf.pages, 1)}
        targets = pdf.Root.Dests
        return [sheets[targets[f"/{place}"][0].objgen] for place in places]


def printed(text: str, to: Path) -> None:
    """Print a book of one page of HTML, with the numbers of its sheets in its contents."""
    places = re.findall(r'<li class="(?:page|section)"><a href="#([^"]*)">', text)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        source = Path(folder) / "book.html"
        source.write_text(text, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=find_browser())
        tab = browser.new_context(offline=True).new_page()
        tab.set_default_timeout(600_000)  # milliseconds
        tab.goto(source.as_uri())
        tab.evaluate(ALL_READY)
        settings = {"prefer_css_page_size": True, "print_background": True}
        tab.pdf(path=to, **settings)
        found = numbers(to, places)
        tab.evaluate(NUMBER, [str(number) for number in found])
        tab.pdf(path=to, tagged=True, outline=True, **settings)
        browser.close()
    if numbers(to, places) != found:
        sys.exit("make_pdf.py: the numbers in the contents have moved what they count.")


def flat(items: list[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    """Yield bookmarks in the order of the book."""
    for item in items:
        yield item
        yield from flat(item.children)


def finish(path: Path, text: str, pages: list[Page], config: dict, about: str) -> None:
    """Put the bookmarks in order, say who made the book, and pack it."""
    titles = [plain(PERMALINK.sub("", words)) for _, words in HEADING.findall(text)]
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        with pdf.open_outline() as outline:
            for item, title in zip(flat(outline.root), titles, strict=True):
                item.title = title  # the browser loses the space where a heading's line ends
            first, *rest = list(outline.root)
            outline.root.clear()
            outline.root.append(first)  # the contents
            parts: dict[str, pikepdf.OutlineItem] = {}
            for page, item in zip(pages, rest, strict=True):
                if not page.part:
                    outline.root.append(item)
                    continue
                if page.part not in parts:
                    parts[page.part] = pikepdf.OutlineItem(page.part, item.destination)
                    outline.root.append(parts[page.part])
                parts[page.part].children.append(item)
        with pdf.open_metadata(set_pikepdf_as_editor=False) as about_it:
            about_it["dc:title"] = config["title"]
            about_it["dc:creator"] = [config["author"]]
            about_it["dc:description"] = about
            about_it["dc:language"] = {"en"}
        pdf.docinfo["/Creator"] = "tools/make_pdf.py"
        pdf.Root.Lang = "en"
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.save(path, object_stream_mode=pikepdf.ObjectStreamMode.generate, recompress_flate=True)


def make(pages: list[Page], to: Path, built: Path = SITE) -> None:
    """Make a PDF of some pages of the built book."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    first = (built / f"{pages[0].path}.html").read_text(encoding="utf-8")
    about = re.search(r'<meta name="description" content="([^"]*)"', first)
    to.parent.mkdir(parents=True, exist_ok=True)
    text = whole(pages, config, built)
    printed(text, to)
    finish(to, text, pages, config, html.unescape(about[1]) if about else "")


def offer(file: Path, sheets: int, built: Path = SITE) -> None:
    """Let the cover and the download menus of a built site lead to a file in it."""
    what = f"PDF, {sheets} pages, {file.stat().st_size / 1e6:.0f} MB"
    for path in [built / "index.html", *built.glob("book/**/*.html")]:
        up = "../" * (len(path.relative_to(built).parts) - 1)
        text = OFFERED.sub("", path.read_text(encoding="utf-8"))
        item = ITEM.format(address=up + file.name, what=what)
        text = MENU.sub(lambda match, item=item: match[0] + item, text, count=1)
        if path.stem in ("index", "intro"):  # the cover, twice
            line = LINE.format(address=up + file.name, what=what)
            text = BUTTONS.sub(lambda match, line=line: match[0] + line, text, count=1)
        path.write_text(text, encoding="utf-8")


def main() -> None:
    """Make the PDF and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", nargs="*", help="names of pages, as 01_background; all if none")
    parser.add_argument("--to", type=Path, default=SITE / NAME)
    arguments = parser.parse_args()
    if not SITE.exists():
        sys.exit("make_pdf.py prints the built book: run `make book` first.")
    pages = pages_of_the_book(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    if arguments.pages:
        pages = [page for page in pages if page.path.removeprefix("book/") in arguments.pages]
    make(pages, arguments.to)
    with pikepdf.open(arguments.to) as pdf:
        sheets = len(pdf.pages)
    if arguments.to == SITE / NAME:
        offer(arguments.to, sheets)
    print(f"{arguments.to}: {sheets} pages, {arguments.to.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
