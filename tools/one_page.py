"""The built book, or some of its pages, as one long page of HTML: what `make pdf` prints.

Places get the name of their page before them, so that a link to another chapter is one inside. The
formulas' MathML, which no PDF takes, becomes a text that lies on them unseen.
"""

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

sys.path.append(str(Path(__file__).resolve().parent))

from said import in_one_line
from set_address import address, site

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
SOLUTIONS = "Solutions"
LEFT_OUT = {"book/api"}

ARTICLE = re.compile(r'<article class="bd-article">(.*?)</article>', re.S)
STYLES = re.compile(r'<link [^>]*rel="stylesheet"[^>]*>')
LEFT_AWAY = re.compile(r'<script\b.*?</script>|<img class="figure-dark"[^>]*>', re.S)
GLYPHS = re.compile(r'<svg class="formula-glyphs"[^>]*><defs>(.*?)</defs></svg>', re.S)
GLYPH = re.compile(r"<path [^>]*/>")
TAG = re.compile(r"<[a-zA-Z][^<>]*>")
PLACE = re.compile(r'(?<=\s)(id|name|for|aria-labelledby|aria-describedby)="([^"]*)"')
LINK = re.compile(r'(?<=\s)href="([^"]*)"')
SOURCE = re.compile(r'(?<=\s)src="([^"]*)"')
HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", re.S)
FORMULA = re.compile(
    r"(<mjx-container\b[^>]*>)(<svg\b.*?</svg>)<mjx-assistive-mml\b[^>]*>(<math\b.*?</math>)"
    r"</mjx-assistive-mml></mjx-container>",
    re.S,
)
PERMALINK = re.compile(r'<a class="headerlink".*?</a>', re.S)
DRAWING = re.compile(r"<svg\b.*?</svg>", re.S)

LOOKS = """
@page { size: A4; }
@page :first { @bottom-center { content: none; } }
article { break-before: page; }
mjx-container { position: relative; }
.said { color: transparent; font: 5px/1 sans-serif; inset: 0; overflow: hidden; position: absolute; white-space: nowrap; }
.bd-main .bd-content .bd-article h1:first-of-type { display: block; }
.title-page { height: 250mm; padding-top: 45mm; }
.title-page p:first-child { font-size: 34pt; font-weight: 700; line-height: 1.1; margin: 0 0 8mm; }
.title-page p { font-size: 12pt; max-width: 150mm; }
.title-page img { margin: 6mm 0 12mm; width: 100%; }
.title-page p.made { color: #48566b; font-size: 10pt; }
.contents { break-before: page; columns: 2; column-gap: 10mm; font-size: 9pt; }
.contents h1 { column-span: all; font-size: 22pt; font-style: normal; }
.contents ul { list-style: none; margin: 0; padding: 0; }
.contents li { display: flex; gap: 1em; line-height: 1.4; margin: 0; break-inside: avoid; }
.contents li a { color: inherit; flex: 1; text-decoration: none; }
.contents li.page { font-weight: 600; margin-top: 0.35em; break-after: avoid; }
.contents li.section { padding-left: 1.6em; }
.contents p { color: var(--course-accent); font-weight: 600; margin: 1.1em 0 0; break-after: avoid; }
"""


@dataclass(frozen=True)
class Page:
    """One page of the book: its path without ending, `book/solutions/03_x`, and the part it is in."""

    path: str
    part: str

    @property
    def name(self) -> str:
        """Return what its places are called by: `solutions-03_x`."""
        return self.path.removeprefix("book/").replace("/", "-")


def pages_of_the_book(toc: dict) -> list[Page]:
    """Return all pages in the order of print: solutions are a part of their own, before the last."""
    found, solutions = [Page(toc["root"], "")], []
    last = toc["parts"][-1]["caption"]
    for part in toc["parts"]:
        if part["caption"] == last:
            found += solutions
        for entry in part["chapters"]:
            found.append(Page(entry["file"], part["caption"]))
            for section in entry.get("sections", []):
                solutions.append(Page(section["file"], SOLUTIONS))
    return [page for page in found if page.path not in LEFT_OUT]


def joined(page: Page, target: str, inside: set[str]) -> str | None:
    """Return where a link of a page leads: to a place inside, out to the net or the site, or None."""
    if re.match(r"\w+:", target):
        return target
    file, _, fragment = target.partition("#")
    folder = PurePosixPath(page.path).parent
    path = os.path.normpath(folder / file).removesuffix(".html") if file else page.path
    if path not in inside:
        slug = address()
        return f"{site(slug)}/{os.path.normpath(folder / target)}" if slug else None
    name = Page(path, "").name
    return f"#{name}--{fragment}" if fragment else f"#{name}"


def labelled(match: re.Match) -> str:
    """Return a formula with its signs lying unseen on it, to be found, copied and heard."""
    opening, drawing, mathml = match.groups()
    signs = html.escape(in_one_line(mathml.replace("&nbsp;", "\xa0")))
    return f'{opening}{drawing}<span class="said">{signs}</span></mjx-container>'


def content(page: Page, inside: set[str], built: Path) -> tuple[str, str]:
    """Return a page's article, its places and links made those of one long page, and its glyphs."""
    text = (built / f"{page.path}.html").read_text(encoding="utf-8")
    article = FORMULA.sub(labelled, LEFT_AWAY.sub("", ARTICLE.search(text)[1]))
    glyphs = "".join(GLYPHS.findall(article))
    home = (built / page.path).parent

    def place(match: re.Match) -> str:
        kind, names = match.groups()
        return f'{kind}="{" ".join(f"{page.name}--{name}" for name in names.split())}"'

    def link(match: re.Match) -> str:
        if match[1].startswith("#MJX"):
            return match[0]
        target = joined(page, html.unescape(match[1]), inside)
        return f'href="{html.escape(target)}"' if target else ""

    def source(match: re.Match) -> str:
        if re.match(r"\w+:", match[1]):
            return match[0]
        return f'src="{(home / match[1]).resolve().as_uri()}"'

    def tag(match: re.Match) -> str:
        changed = PLACE.sub(place, match[0]) if "MJX" not in match[0] else match[0]
        return SOURCE.sub(source, LINK.sub(link, changed)).replace(' loading="lazy"', "")

    return TAG.sub(tag, GLYPHS.sub("", article)), glyphs


def headings(page: Page, article: str) -> Iterator[tuple[str, str, str]]:
    """Yield what the contents show of a page: its level, its place, its words with their formulas."""
    for match in HEADING.finditer(article):
        level, words = match[1], PERMALINK.sub("", match[2])
        ids = re.findall(r'<section\b[^>]*\bid="([^"]*)"', article[: match.start()])
        if level == "1":
            yield "page", page.name, words
        elif level == "2" and re.match(r"\d", page.name) and ids:
            yield "section", ids[-1], words


def contents(pages: list[Page], articles: list[str]) -> str:
    """Return the table of contents, with room for the numbers."""
    rows, part = [], ""
    for page, article in zip(pages, articles):
        if page.part != part:
            part = page.part
            rows.append(f"</ul><p>{html.escape(part)}</p><ul>")
        for kind, place, words in headings(page, article):
            words = re.sub(r"</?a\b[^>]*>", "", words)
            rows.append(f'<li class="{kind}"><a href="#{place}">{words}</a><span>000</span></li>')
    return f'<div class="contents"><h1>Contents</h1><ul>{"".join(rows)}</ul></div>'


def title_page(config: dict, about: str, built: Path) -> str:
    """Return the first sheet."""
    made = subprocess.run(
        ["git", "log", "-1", "--format=%cs"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    banner = next((built / "_images").glob("banner*"), None)
    picture = f'<img src="{banner.as_uri()}" alt="A band of a hundred generated digits.">'
    home = site(slug) if (slug := address()) else ""
    lines = [
        f'<p class="made">Alive, with its demos: <a href="{home}">{home}</a></p>' if home else "",
        f'<p class="made">{html.escape(config["author"])}</p>',
        f'<p class="made">Made from the pages of {made}.</p>' if made else "",
        '<p class="made">Text and figures under CC BY 4.0, code under the MIT licence.</p>',
    ]
    return (
        f'<div class="title-page"><p>{html.escape(config["title"])}</p>'
        f"<p>{html.escape(about)}</p>{picture if banner else ''}{''.join(lines)}</div>"
    )


def running_heads(pages: list[Page], articles: list[str]) -> str:
    """Return rules that put a page's title above its sheets."""
    rules = []
    for number, (page, article) in enumerate(zip(pages, articles)):
        title = plain(PERMALINK.sub("", HEADING.search(article)[2]))
        words = title.replace("\\", "\\\\").replace('"', '\\"')
        rules.append(
            f'[id="{page.name}"] {{ page: p{number}; }}\n@page p{number} {{ @top-right '
            f'{{ content: "{words}"; color: #48566b; font: 8pt sans-serif; }} }}'
        )
    return "\n".join(rules)


def plain(words: str) -> str:
    """Return a heading's words without tags and drawings."""
    return " ".join(html.unescape(re.sub(r"<[^<>]+>", "", DRAWING.sub("", words))).split())


def whole(pages: list[Page], config: dict, built: Path = SITE) -> str:
    """Return the book as one page of HTML."""
    inside = {page.path for page in pages}
    parts = [content(page, inside, built) for page in pages]
    articles = [article for article, _ in parts]
    first = (built / f"{pages[0].path}.html").read_text(encoding="utf-8")
    about = re.search(r'<meta name="description" content="([^"]*)"', first)
    about = html.unescape(about[1]) if about else ""
    styles: dict[str, None] = {}
    for page in pages:
        text = (built / f"{page.path}.html").read_text(encoding="utf-8")
        for link in STYLES.findall(text):
            path = ((built / page.path).parent / re.search(r'href="([^"?]*)', link)[1]).resolve()
            styles[f'<link rel="stylesheet" href="{path.as_uri()}">'] = None
    glyphs = dict.fromkeys(GLYPH.findall("".join(drawn for _, drawn in parts)))
    body = "".join(
        f'<article class="bd-article" id="{page.name}">{article}</article>'
        for page, article in zip(pages, articles)
    )
    script = (built / "_static" / "print.js").as_uri()
    title = html.escape(config["title"])
    return (
        '<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light" class="as-book">'
        f'<head><meta charset="utf-8"><title>{title}</title>{"".join(styles)}'
        f"<style>{LOOKS}{running_heads(pages, articles)}</style>"
        f'<script defer src="{script}"></script></head><body>'
        f'<svg class="formula-glyphs" aria-hidden="true" width="0" height="0"><defs>{"".join(glyphs)}'
        f'</defs></svg><main class="bd-main"><div class="bd-content">'
        f'<div class="bd-article-container">{title_page(config, about, built)}'
        f"{contents(pages, articles)}{body}</div></div></main></body></html>"
    )
