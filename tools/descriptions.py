"""What each page is about, in one written sentence: for search engines and link previews.

A page of text has it as `description` in its front matter, a chapter in `book/chapters.yml`; for the
few others it stands here.
"""

import ast
from functools import cache
from pathlib import Path

from chapters import ROOT, parts

OTHERS = {
    "book/refresher": "Ten minutes of the PyTorch that GANs lean on: losses on logits, which parameters get a gradient, detach and freezing, gradients of gradients, and train and eval mode.",
    "book/solutions/refresher": "Worked answers to the exercises of the ten-minute refresher of PyTorch for GANs, each with the reason why it is right.",
    "genindex": "All functions, classes, methods and command-line options of the course's package in alphabetical order.",
    "py-modindex": "The modules of the course's PyTorch package gan_course, each with a link to its documentation.",
    "prf-prf": "The theorems and definitions of the course, each with a link to the page on which it is proved.",
    "search": "Search the course on generative adversarial networks: its chapters, its glossary and the documentation of its package.",
    "_modules/index": "The source code of the course's PyTorch package gan_course, module by module, with links from every function to its documentation.",
}


@cache
def of_chapters(root: Path = ROOT) -> dict[str, dict]:
    """Return the entries of `book/chapters.yml` by page: "book/03_vanilla_gan"."""
    return {f"book/{entry['file']}": entry for part in parts(root) for entry in part["chapters"]}


def description(page: str, meta: dict | None = None, root: Path = ROOT) -> str:
    """Return the sentence of a page, "" where nobody has written one.

    Args:
        page: as Sphinx names it, "book/03_vanilla_gan".
        meta: the page's front matter.
        root: of the repository.
    """
    chapter = of_chapters(root).get(page.replace("/solutions/", "/"))
    if written := (meta or {}).get("description") or OTHERS.get(page):
        return written
    if chapter and "/solutions/" in page:
        number, about = int(chapter["file"][:2]), chapter["about"]
        return (
            f"Worked answers to all exercises of chapter {number} of the course "
            f"({about[0].lower()}{about[1:]}), each run, checked and explained."
        )
    if chapter:
        return chapter["description"]
    return _of_module(page.removeprefix("_modules/"), root) if page.startswith("_modules/") else ""


def _of_module(name: str, root: Path) -> str:
    """Return the first sentence of a module's docstring, after its name."""
    for path in (root / f"{name}.py", root / name / "__init__.py"):
        if path.is_file():
            about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            return f"Source code of {name.replace('/', '.')}. {' '.join(about.split(chr(10) * 2)[0].split())}"
    return ""
