"""Make of each notebook a plain one, for Colab, GitHub and any Jupyter: `make plain`.

    python tools/plain_notebooks.py                     all of them, into _build/plain
    python tools/plain_notebooks.py --to FOLDER         into another folder

The notebooks of the book are written for the rendered page. Here their fences become what Markdown
has everywhere: theorems and predictions are quotes, answers fold away as `<details>`, a demo is its
picture and a link to the page where it lives. Links are absolute; where the book has no public
address they are only their words, and pictures travel inside the notebook. A figure's
caption stands below it. Code and outputs stay as they are, but for the cell that installs, and so
do the cells' ids.

The folder looks as the branch `notebooks` does, which Colab opens: book/03_x.ipynb and a README.
"""

import argparse
import base64
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

sys.path.append(str(Path(__file__).resolve().parent))

from figures import KEY, numbered
from set_address import address, public, site

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
PLAIN = ROOT / "_build" / "plain"

OPENING = re.compile(r"^(:{3,}|`{3,})\{([\w:-]+)\} ?(.*)$")
OPTION = re.compile(r"^:(\w+): ?(.*)$")
LINK = re.compile(
    r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?!https?://|#|mailto:|attachment:)([^)\s]+)\)"
)
KINDS = {"prf:theorem": "Theorem", "prf:proof": "Proof", "prf:definition": "Definition"}
START = """\
**Run the next cell first.** In Colab it installs the package `gan_course`, in about ten seconds and without touching torch; anywhere else it does nothing.

In Colab you can ask for a GPU under *Runtime*, *Change runtime type*. Nothing here needs one. What it buys, measured on an H200 beside one thread of a processor: a GAN of points in the plane trains about 6 times as fast, a DCGAN of 32×32 pixels about 200 times ([all numbers]({site}/book/measured.html#on-a-gpu)). Colab's free GPU is a smaller one, and we have not measured it.

This notebook is made from [the page of the book]({page}), which also holds its demos and its quiz."""
START_WITHOUT_ADDRESS = """\
**Run this where the course is installed:** start Jupyter there with `make lab`. This copy was made where the course had no public address, so it cannot install the package by itself, and its links to other pages are left out."""
INSTALL_WITHOUT_ADDRESS = """\
# This needs the package gan_course, which comes with the course: start Jupyter there by `make lab`.
import gan_course"""
README = """\
# Notebooks for Colab, GitHub and any Jupyter

Made by `make plain` {commit}: change nothing here, it is written anew. {links}

Code: MIT licence. Text and figures: CC BY 4.0.
"""


@dataclass
class Fence:
    """A `:::` block: what it is, and the lines inside."""

    mark: str
    kind: str
    title: str
    options: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where a notebook stands in the book, and where the book stands in the net.

    Attributes:
        slug: OWNER/REPO; None where the book has no public address.
        folder: of the notebook, below `book`: "" or "solutions".
        name: of the notebook, without its ending.
    """

    slug: str | None
    folder: str
    name: str

    @property
    def site(self) -> str:
        """Return the address of the rendered book, "" if there is none."""
        return site(self.slug) if self.slug else ""

    @property
    def page(self) -> str:
        """Return the address of the notebook's own page."""
        return self.absolute(f"{self.name}.ipynb")

    def absolute(self, target: str) -> str:
        """Return the address in the net of a link as the notebook writes it."""
        path, _, anchor = target.partition("#")
        parts = [*filter(None, ["book", *self.folder.split("/")]), *path.split("/")]
        while ".." in parts:
            at = parts.index("..")
            del parts[at - 1 : at + 1]
        if "_static" in parts:  # served from the site's root
            parts = parts[parts.index("_static") :]
        whole = re.sub(r"\.(ipynb|md)$", ".html", "/".join(parts))
        return f"{self.site}/{whole}" + f"#{anchor}" * bool(anchor)


def plain_text(text: str, place: Place) -> str:
    """Return Markdown that every reader of notebooks shows as it is meant."""
    text = "\n".join(_blocks(public(text, place.slug).splitlines(), place))
    return LINK.sub(lambda match: _link(*match.groups(), place), text)


def _link(mark: str, words: str, target: str, place: Place) -> str:
    """Return a link or picture of the book as it works far from the book."""
    if place.site:
        return f"{mark}[{words}]({place.absolute(target)})"
    return f"![{words}](attachment:{Path(target).name})" if mark else words


def _attached(text: str, folder: Path) -> dict[str, dict[str, str]]:
    """Return the pictures that a text shows, as a notebook carries them inside."""
    paths = [folder / target for mark, _, target in LINK.findall(text) if mark]
    return {
        path.name: {f"image/{path.suffix[1:]}": base64.b64encode(path.read_bytes()).decode()}
        for path in paths
    }


def _blocks(lines: list[str], place: Place) -> list[str]:
    """Return lines with every fence replaced, the inner ones first."""
    out, fence, code = [], None, False
    for line in lines:
        opening = None if fence or code else OPENING.match(line)
        if opening:
            fence = Fence(*opening.groups())
        elif fence and line.rstrip() == fence.mark:
            out += _replaced(fence, place)
            fence = None
        elif fence:
            fence.lines.append(line)
        else:
            code ^= line.startswith("```")
            out.append(line)
    if fence:
        raise ValueError(f"{place.name}: a fence {fence.mark}{{{fence.kind}}} is not closed")
    return out


def _replaced(fence: Fence, place: Place) -> list[str]:
    """Return what stands for a fence."""
    while fence.lines and (option := OPTION.match(fence.lines[0])):
        fence.options[option[1]] = option[2]
        del fence.lines[0]
    body = _blocks("\n".join(fence.lines).strip().splitlines(), place)
    title = fence.title or KINDS.get(fence.kind, "")
    if fence.kind == "dropdown" or "dropdown" in fence.options.get("class", ""):
        return ["<details>", f"<summary>{title}</summary>", "", *body, "", "</details>"]
    if fence.kind == "div":
        return _division(fence.title.split(), body, place)
    if fence.kind == "quiz":
        return body
    if title and not body[0].startswith("**"):
        body = [f"**{title}.**", "", *body]
    return _quoted(body)


def _division(classes: list[str], body: list[str], place: Place) -> list[str]:
    """Return what stands for a `{div}`: a demo is its picture, with what paper and a notebook say of it."""
    if "on-page" in classes:
        return []
    if "demo" not in classes:
        return body
    said = re.sub(r"\n{3,}", "\n\n", "\n".join(body)).strip().splitlines()
    link = ["", f"[It moves in the page]({place.page})."] if place.site else []
    return _quoted([*said, *link])


def _quoted(lines: list[str]) -> list[str]:
    return [f"> {line}".rstrip() for line in lines]


def plain_notebook(path: Path, slug: str | None) -> nbformat.NotebookNode:
    """Return the plain form of one of the book's notebooks.

    Args:
        path: the notebook.
        slug: OWNER/REPO; None where the book has no public address.

    Raises:
        ValueError: a fence is not closed.
    """
    folder = path.parent.relative_to(BOOK).as_posix().removeprefix(".")
    place = Place(slug, folder, path.stem)
    notebook = nbformat.read(path, as_version=4)
    first = next(i for i, cell in enumerate(notebook.cells) if "google.colab" in cell.source)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            if not slug and (pictures := _attached(cell.source, path.parent)):
                cell.attachments = nbformat.from_dict(pictures)
            cell.source = plain_text(cell.source, place)
    if slug:
        install = public(notebook.cells[first].source, slug)
        start = START.format(site=place.site, page=place.page)
    else:
        install, start = INSTALL_WITHOUT_ADDRESS, START_WITHOUT_ADDRESS
    notebook.cells[first].source = install
    notebook.cells.insert(first, nbformat.v4.new_markdown_cell(start, id="start"))
    with_captions(path, notebook)
    for cell in notebook.cells:
        cell.metadata["id"] = cell.id  # where Colab looks for it: .../03_x.ipynb#scrollTo=ID
    return notebook


def with_captions(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Write below each figure its number and caption; drawings for the page are left out."""
    captions = {cell.id: (label, cell) for cell, label in numbered(path, notebook.cells)}
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        for output in cell.get("outputs", []):
            output.get("metadata", {}).get("image/png", {}).pop(KEY, None)
        if cell.id in captions:
            label, drawn = captions[cell.id]
            figure = drawn.metadata.mystnb.figure
            text = f'<a id="{figure.name}"></a>**{label}.** {figure.caption}'
            cells.append(nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-caption"))
    notebook.cells = cells


def sources() -> list[Path]:
    """Return all notebooks of the book."""
    return sorted([*BOOK.glob("*.ipynb"), *(BOOK / "solutions").glob("*.ipynb")])


def readme(slug: str | None) -> str:
    """Return what the branch says about itself."""
    commit = os.environ.get("GITHUB_SHA", "")[:12]
    commit = f"from commit {commit} of the course" if commit else "from the course"
    links = f"[The course]({site(slug)}/), [its source](https://github.com/{slug})." if slug else ""
    return README.format(commit=commit, links=links)


def main(arguments: list[str] | None = None) -> None:
    """Write all plain notebooks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=PLAIN, help="the folder to write to")
    folder = parser.parse_args(arguments).to
    slug = address()
    for path in sources():
        written = folder / path.relative_to(ROOT)
        written.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(plain_notebook(path, slug), written)
        print(written)
    (folder / "README.md").write_text(readme(slug), encoding="utf-8")


if __name__ == "__main__":
    main()
