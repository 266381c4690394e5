"""Tell search engines what the cover and the chapters are, in the words of `schema.org`.

The cover is a Course with its parts and their chapters; a chapter is a LearningResource: what it
teaches, how long it takes to read, that it is free. All of it is read from the chapters' headers.
"""

import json
import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.append(str(Path(__file__).resolve().parents[1]))

from chapters import parts
from course_map import read_chapter
from descriptions import description, of_chapters
from page_head import SUBTITLE, address_of, changed_on, version

LICENSES = {
    "text": "https://creativecommons.org/licenses/by/4.0/",
    "code": "https://opensource.org/license/mit",
}
IN_A_LIST = ("@type", "@id", "url", "name", "position", "description", "teaches", "timeRequired")
GOALS = re.compile(r"\*\*What you will be able to do\*\*\n\n((?:(?:- |\d+\. ).*\n?)+)")


def in_plain_words(text: str) -> str:
    """Return Markdown without its marks, formulas as they are typed but for TeX's own signs."""
    pieces = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).split("$")
    for at, piece in enumerate(pieces):
        marks = r"[\\{}]" if at % 2 else r"[*`]"  # every other one is a formula
        pieces[at] = re.sub(marks, "", piece)
    return " ".join("".join(pieces).split())


def goals(notebook: Path) -> list[str]:
    """Return what a reader of a chapter will be able to do, as its header lists it."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    listed = GOALS.search("".join(cells[0]["source"]) + "\n")
    lines = listed[1].splitlines() if listed else []
    return [in_plain_words(re.sub(r"^(- |\d+\. )", "", line)).rstrip(".;") for line in lines]


def minutes(number: int) -> str:
    """Return a time as ISO 8601 writes it: "PT1H15M"."""
    hours, rest = divmod(number, 60)
    return "PT" + f"{hours}H" * bool(hours) + f"{rest}M" * bool(rest)


def common(app: Sphinx, page: str) -> dict:
    """Return what holds for every page."""
    root = Path(app.srcdir)
    changed = changed_on(app, page)
    facts = {
        "@id": address_of(app, page),
        "url": address_of(app, page),
        "description": description(page, app.env.metadata[page], root),
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": LICENSES["text"],
        "version": version(root),
        "dateModified": changed.isoformat() if changed else "",
        "author": {"@type": "Organization", "name": app.config.author},
    }
    return {name: value for name, value in facts.items() if value != ""}


def chapter(app: Sphinx, page: str) -> dict:
    """Return a chapter as a LearningResource."""
    notebook = Path(app.srcdir) / f"{page}.ipynb"
    read = read_chapter(notebook)
    return {
        "@type": "LearningResource",
        "name": read.title,
        "position": int(of_chapters(Path(app.srcdir))[page]["file"][:2]),
        "learningResourceType": ["chapter", "notebook", "exercise"],
        "teaches": goals(notebook),
        "timeRequired": minutes(read.reading),
        **common(app, page),
    }


def brief(app: Sphinx) -> dict:
    """Return the course as its chapters name it."""
    found = {"@type": "Course", "name": app.config.html_title or app.config.project}
    address = address_of(app, app.config.root_doc)
    return found | ({"@id": address, "url": address} if address else {})


def course(app: Sphinx) -> dict:
    """Return the course with its parts and chapters."""
    root = Path(app.srcdir)
    pages = {page: chapter(app, page) for page in of_chapters(root)}
    reading = sum(read_chapter(root / f"{page}.ipynb").reading for page in pages)
    return {
        **brief(app),
        "alternateName": SUBTITLE[0].upper() + SUBTITLE[1:],
        "about": ["generative adversarial networks", "deep learning", "PyTorch"],
        "educationalLevel": "Intermediate",
        "coursePrerequisites": "Python and a little PyTorch",
        "timeRequired": minutes(reading),
        **common(app, app.config.root_doc),
        "license": list(LICENSES.values()),
        "provider": {"@type": "Organization", "name": app.config.author},
        "offers": {"@type": "Offer", "category": "Free", "price": 0, "priceCurrency": "USD"},
        "hasCourseInstance": {
            "@type": "CourseInstance",
            "courseMode": "Online",
            "courseWorkload": minutes(reading),
        },
        "hasPart": [part(entry, pages) for entry in parts(root)],
    }


def part(entry: dict, pages: dict[str, dict]) -> dict:
    """Return a part of the course with its chapters, each by what matters in a list."""
    listed = [pages[f"book/{chapter['file']}"] for chapter in entry["chapters"]]
    listed = [{name: facts[name] for name in IN_A_LIST if name in facts} for facts in listed]
    return {
        "@type": "LearningResource",
        "name": entry["part"],
        "hasPart": listed,
    }


def add_data(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Give the cover and each chapter their data."""
    if page == app.config.root_doc:
        data = course(app)
    elif page in of_chapters(Path(app.srcdir)):
        data = chapter(app, page) | {"isPartOf": brief(app)}
    else:
        return
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    context["structured_data"] = text.replace("</", "<\\/")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("html-page-context", add_data)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
