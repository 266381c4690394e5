"""Make slides for teachers of the chapters' notebooks: `make slides`, into the built site.

    python tools/make_slides.py                     all chapters, into _build/html/slides
    python tools/make_slides.py --to FOLDER 06      some of them, elsewhere

A deck is one file of HTML that needs nothing else: no network, no program, no folder beside it. What
it says is the chapter's (`deck.py`), so it never needs an update of its own.
"""

import argparse
import base64
import html
import io
import re
import sys
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from PIL import Image

sys.path.append(str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parent / "sphinx_ext"))

import yaml
from chapters import ROOT, Chapter, parts
from deck import Picture, Slide, bare, slides
from formulas import Formula, draw, sheet
from light_images import embedded

LOOKS = ROOT / "book" / "_static"
SITE = ROOT / "_build" / "html"
TAG = re.compile(r"\\tag\{[^}]*\}")
HELD = re.compile("\x00(\\d+)\x00")
EMBEDDED = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} (slides)</title>
<style>{style}</style>
</head>
<body>
{glyphs}<main>
{slides}
</main>
<script>{script}</script>
</body>
</html>
"""
INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slides: {title}</title>
<style>{style}</style>
<script>{script}</script>
</head>
<body class="index">
<main>
<h1>Slides</h1>
<p>One deck for each chapter, made of the chapter itself: its goals, predictions, theorems, figures, myths, its
bug clinic and its quiz. Each deck is one file; save it, and it works without a network. In a deck, ? tells the keys.</p>
<ul>
{items}
</ul>
<p><a href="../book/teachers.html">Notes for teachers</a></p>
</main>
</body>
</html>
"""

# The list has the theme of the site, else of the system, as the decks have.
THEME = """
let theme = null;
try { theme = localStorage.getItem("theme"); } catch { /* a browser that keeps nothing */ }
const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.documentElement.dataset.theme = ["dark", "light"].includes(theme) ? theme : system;
"""


class Writer:
    """Turns Markdown into HTML, and keeps the formulas until all are known."""

    def __init__(self) -> None:
        self.formulas: dict[Formula, int] = {}
        self.markdown = MarkdownIt("commonmark", {"typographer": True})
        self.markdown.enable(["table", "smartquotes"])
        self.markdown.use(dollarmath_plugin, renderer=self.hold, allow_labels=True)

    def hold(self, tex: str, options: dict) -> str:
        """Return what stands for a formula until it is drawn."""
        tex = TAG.sub("", tex).strip()
        formula = (tex, bool(options.get("display_mode")))
        return f"\x00{self.formulas.setdefault(formula, len(self.formulas))}\x00"

    def block(self, text: str) -> str:
        """Return paragraphs and lists."""
        return self.markdown.render(bare(text)).strip()

    def line(self, text: str) -> str:
        """Return the words of one line."""
        return self.markdown.renderInline(bare(text)).strip()

    def slide(self, slide: Slide, number: int, of: int) -> str:
        """Return one slide with its notes."""
        heading = "h1" if slide.kind == "title" else "h2"
        body = "".join(map(self.block, slide.body))
        later = "".join(map(self.block, slide.later))
        notes = "".join(map(self.block, slide.notes))
        shown = picture(slide.picture, self) if slide.picture else ""
        output = f'<pre tabindex="0">{html.escape(slide.output)}</pre>' if slide.output else ""
        label = html.escape(f"{number} of {of}", quote=True)
        side = " beside" if shown and (body or later) and slide.kind != "title" else ""
        return (
            f'<section class="slide {slide.kind}{side}" id="s{number}" aria-label="{label}">\n'
            f'<div class="sheet"><p class="section">{self.line(slide.section)}</p>'
            f"<{heading}>{self.line(slide.title)}</{heading}>"
            f'<div class="content"><div class="words">{body}'
            + (f'<div class="later">{later}</div>' if later else "")
            + f"</div>{output}{shown}</div>"
            f'<p class="place">{number}</p></div>\n'
            f'<aside class="notes" aria-label="Notes">{notes}</aside>\n</section>'
        )


def picture(shown: Picture, writer: Writer) -> str:
    """Return a figure with what it shows."""
    source = shown.source
    if not source.startswith("data:"):
        path = Path(source) if Path(source).is_absolute() else ROOT / source
        content = base64.b64encode(path.read_bytes()).decode()
        source = f"data:image/png;base64,{content}"
    source = EMBEDDED.sub(embedded, source)
    width, height = size(source)
    caption = writer.line(shown.caption) if shown.caption else ""
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    alt = html.escape(shown.alt, quote=True)
    wide = " wide" if width > 1.9 * height else ""
    return (
        f'<figure class="shown{wide}"><img src="{source}" alt="{alt}" '
        f'width="{width}" height="{height}">{caption}</figure>'
    )


def size(source: str) -> tuple[int, int]:
    """Return width and height of an embedded picture."""
    content = base64.b64decode(source.partition(",")[2])
    if "svg" in source[:30]:
        found = re.search(rb'viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', content)
        return round(float(found[1])), round(float(found[2]))
    with Image.open(io.BytesIO(content)) as opened:
        return opened.size


def decks(wanted: list[tuple[Chapter, str, dict]]) -> dict[str, tuple[str, int]]:
    """Return for each chapter's file its deck and the number of its slides."""
    writer, written = Writer(), {}
    for chapter, part, entry in wanted:
        found = slides(chapter, part, entry["about"], entry["alt"])
        text = "\n".join(writer.slide(s, n, len(found)) for n, s in enumerate(found, 1))
        written[chapter.file] = (found[0].title, text, len(found))
    listed = list(writer.formulas)
    drawings, glyphs = draw(listed)
    for formula in listed:
        if drawings[formula].error:
            raise ValueError(f"a slide's formula: {drawings[formula].error}: {formula[0]}")
    style = (LOOKS / "slides/slides.css").read_text(encoding="utf-8")
    style = (LOOKS / "formulas.css").read_text(encoding="utf-8") + style
    script = (LOOKS / "slides/slides.js").read_text(encoding="utf-8")
    made = {}
    for name, (title, text, count) in written.items():
        drawn = HELD.sub(lambda match: drawings[listed[int(match[1])]].html, text)
        page = PAGE.format(
            title=html.escape(title),
            style=style,
            script=script,
            slides=drawn,
            glyphs=sheet(drawn, glyphs),
        )
        made[name] = (page, count)
    return made


def make(folder: Path, numbers: list[str] | None = None) -> dict[str, int]:
    """Write the decks of the chapters into a folder; return the number of slides of each."""
    wanted = [
        (Chapter(entry["file"]), part["part"], entry)
        for part in parts()
        for entry in part["chapters"]
        if not numbers or entry["file"][:2] in numbers
    ]
    made = decks(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    for name, (page, _) in made.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    items = "\n".join(
        f'<li><a href="{chapter.file}.html">{int(chapter.number)}. {html.escape(entry["about"])}</a>: '
        f"{made[chapter.file][1]} slides</li>"
        for chapter, _, entry in wanted
    )
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    style = (LOOKS / "slides/slides.css").read_text(encoding="utf-8")
    index = INDEX.format(title=html.escape(config["title"]), style=style, script=THEME, items=items)
    (folder / "index.html").write_text(index, encoding="utf-8")
    return {name: count for name, (_, count) in made.items()}


def main() -> None:
    """Make the decks and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapters", nargs="*", help="their two digits; all if none")
    parser.add_argument("--to", type=Path, default=SITE / "slides")
    arguments = parser.parse_args()
    for name, count in make(arguments.to, arguments.chapters).items():
        path = arguments.to / f"{name}.html"
        print(f"{path}: {count} slides, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
