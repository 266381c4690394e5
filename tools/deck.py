"""Read a chapter's notebook as a talk: what it asks, shows, states and answers, in its order.

A slide says what the page says, shorter: of an answer its bold sentences, of a figure its caption.
The rest of the words goes into the speaker's notes.
"""

import re
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

sys.path.append(str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parent / "sphinx_ext"))

from chapters import Chapter
from figures import drawing, unpack
from plain_notebooks import KINDS, OPENING, OPTION, Fence
from quiz import LETTERS, arranged, read_quiz

ANSWER = re.compile(r"What |How to read|Diagnosis")
BOLD = re.compile(r"\*\*(.+?)\*\*\s*", re.S)
COUNTED = re.compile(r"\*\*\d+\.\*\* ")
EMPTY_LEAD = re.compile(r"\*\*(What happened|How to read it|Diagnosis)\.\*\*\s*")
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\([^)\s]+\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
VARIANT = re.compile(r":::\{div\} (on-page|in-notebook|on-paper)\n(.*?)\n:::(?:\n|$)", re.S)
EMBEDDED = re.compile(r'<img[^>]*src="(data:image/[^"]+)"')
MASKED = re.compile(r"\$\$.*?\$\$|\$[^$]+\$|`[^`]*`", re.S)
SENTENCE = re.compile(r"(?<=[.!?])[)\"”*]*\s+(?=[A-Z$`*\"“(\x00])")
LONGEST_CLAIM = 190
LONGEST_OUTPUT = 16  # lines


@dataclass(frozen=True)
class Picture:
    """A figure: where it is, a path or a data: address, and its texts."""

    source: str
    alt: str
    caption: str = ""


@dataclass
class Slide:
    """What one slide shows; `later` comes with the next key, `notes` are the speaker's."""

    kind: str
    title: str
    section: str = ""
    body: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    picture: Picture | None = None
    output: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Item:
    """A piece of a notebook: heading, text, fence, figure or output."""

    kind: str
    text: str = ""
    level: int = 0
    fence: Fence | None = None
    picture: Picture | None = None


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph; full stops in formulas and code end none."""
    masked: list[str] = []

    def mask(match: re.Match) -> str:
        masked.append(match[0])
        return f"\x00{len(masked) - 1}\x00"

    parts = SENTENCE.split(MASKED.sub(mask, text))
    found: list[str] = []
    for part in parts:
        whole = re.sub(r"\x00(\d+)\x00", lambda match: masked[int(match[1])], part)
        if found and re.search(r"\b(al|vs|cf|resp)\.$", found[-1]):
            found[-1] += f" {whole}"
        else:
            found.append(whole)
    return [sentence for sentence in found if sentence.strip()]


def split_blocks(text: str) -> list[str]:
    """Return paragraphs, lists and displayed formulas of a Markdown text."""
    return [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]


def markdown_items(source: str) -> Iterator[Item]:
    """Yield the pieces of a Markdown cell."""
    fence, kept, code = None, [], False
    for line in [*source.splitlines(), "# "]:
        opening = None if fence or code else OPENING.match(line)
        if fence:
            if line.rstrip() == fence.mark:
                yield Item("fence", fence=opened(fence))
                fence = None
            else:
                fence.lines.append(line)
            continue
        heading = None if code else re.match(r"(#+) (.*)", line)
        if heading or opening:
            yield from (Item("text", text=block) for block in split_blocks("\n".join(kept)))
            kept = []
        if opening:
            fence = Fence(*opening.groups())
        elif heading and heading[2]:
            yield Item("heading", text=heading[2], level=len(heading[1]))
        elif not heading:
            code ^= line.startswith("```")
            kept.append(line)


def opened(fence: Fence) -> Fence:
    """Return a fence whose options have been read."""
    lines = list(fence.lines)
    while lines and (option := OPTION.match(lines[0])):
        fence.options[option[1]] = option[2]
        del lines[0]
    fence.lines = lines
    return fence


def output_items(cell) -> Iterator[Item]:
    """Yield the figures and the printed text of a code cell."""
    about = cell.metadata.get("mystnb", {})
    alt = about.get("image", {}).get("alt", "")
    caption = about.get("figure", {}).get("caption", "")
    for output in cell.outputs:
        data = output.get("data", {})
        embedded = EMBEDDED.search("".join(data.get("text/html", "")))
        if output.output_type == "stream" and output.name == "stdout":
            yield Item("output", text="".join(output.text).rstrip())
        elif "image/png" in data:
            yield Item("figure", picture=Picture(address_of(output), alt, caption))
        elif embedded:
            yield Item("figure", picture=Picture(embedded[1], alt, caption))


def address_of(output: dict) -> str:
    """Return a stored figure as an address: the drawing, where it carries one, else the picture."""
    if packed := drawing(output).get("svg"):
        return f"data:image/svg+xml;base64,{b64encode(unpack(packed).encode()).decode()}"
    return "data:image/png;base64," + "".join(output["data"]["image/png"]).replace("\n", "")


def items(path: Path) -> Iterator[Item]:
    """Yield the pieces of a notebook, without what is folded as "Deeper"."""
    deeper = 0
    for cell in nbformat.read(path, as_version=4).cells:
        if "remove-cell" in cell.metadata.get("tags", []):
            continue
        found = markdown_items(cell.source) if cell.cell_type == "markdown" else output_items(cell)
        for item in found:
            if item.kind == "heading" and (not deeper or item.level <= deeper):
                deeper = item.level if item.text.startswith("Deeper: ") else 0
            if not deeper:
                yield item


def claims(text: str) -> list[str]:
    """Return what an answer claims: its bold sentences, each with the next one if that is short."""
    found = []
    text = EMPTY_LEAD.sub("", text)
    if not text.strip():
        return []
    for block in split_blocks(text):
        if COUNTED.match(block):
            found += [sentences(part)[0] for part in COUNTED.split(block) if part.strip()]
        elif lead := BOLD.match(block):
            claim, rest = f"**{lead[1].strip()}**", sentences(block[lead.end() :])
            if rest and len(claim) + len(rest[0]) < LONGEST_CLAIM:
                claim += rest[0] if rest[0][0] in ",;:" else f" {rest[0]}"
            found.append(claim)
    if not found:
        found = sentences(split_blocks(text)[0])[:2]
    return found[:5]


def bare(text: str) -> str:
    """Return Markdown without its links and pictures; their words stay."""
    return LINK.sub(r"\1", PICTURE.sub("", text))


class Talk:
    """Collects the slides of a chapter while its pieces go by."""

    def __init__(self) -> None:
        self.slides: list[Slide] = []
        self.section = ""
        self.topic = ""  # the nearest heading
        self.asked = ""  # by the last prediction, if it has no answer yet
        self.shown: list[Item] = []  # since then
        self.before: list[str] = []  # words of this section before its first slide

    def add(self, slide: Slide) -> None:
        """Add a slide; the words before it are its notes."""
        slide.section = slide.section or self.section
        slide.notes = self.before + slide.notes
        self.before = []
        self.slides.append(slide)

    def say(self, text: str) -> None:
        """Let the speaker say something: with the last slide if it is of this section, else the next."""
        if self.slides and self.slides[-1].section == self.section:
            self.slides[-1].notes.append(text)
        else:
            self.before.append(text)

    def answer(self, text: str, title: str = "") -> None:
        """Add what came out, with the figure or the print that shows it."""
        pictures = [item.picture for item in self.shown if item.kind == "figure"]
        prints = [item.text for item in self.shown if item.kind == "output"]
        prints = [text for text in prints if text.count("\n") < LONGEST_OUTPUT]
        said = [item.text for item in self.shown if item.kind == "text"]
        slide = Slide("answer", title or "What happened", later=claims(text), notes=[*said, text])
        slide.body = [self.asked] if self.asked else []
        slide.picture = pictures[0] if pictures else None
        slide.output = "" if pictures or not prints else prints[-1]
        self.add(slide)
        for picture in pictures[1:]:
            self.figure(picture, "")
        self.asked, self.shown = "", []

    def close(self) -> None:
        """End a prediction whose answer is in the text, or in nothing but what was shown."""
        texts = [item.text for item in self.shown if item.kind == "text"]
        if self.asked and any(item.kind != "text" for item in self.shown):
            self.shown = [item for item in self.shown if item.kind != "text"]
            self.answer("\n\n".join(texts), "What came out")
        else:
            for item in self.shown:
                if item.kind == "figure":
                    self.figure(item.picture, "")
                elif item.kind == "text":
                    self.say(item.text)
        self.asked, self.shown = "", []

    def figure(self, picture: Picture, before: str) -> None:
        """Add a figure under the question that stands before it."""
        lead = BOLD.match(before)
        title = (
            lead[1].removeprefix("Question: ").rstrip(".") if lead else self.topic or self.section
        )
        self.add(Slide("figure", title[:1].upper() + title[1:], picture=picture))

    def fence(self, fence: Fence) -> None:
        """Add what a box holds."""
        body = "\n".join(fence.lines).strip()
        if fence.title == "Predict":
            self.close()
            self.asked = re.sub(r"^\*\*Predict\.\*\*\s*", "", body)
            self.add(Slide("predict", "Predict", body=[self.asked]))
        elif ANSWER.match(fence.title):
            if self.shown or self.asked:
                self.answer(body, fence.title)
            else:
                self.add(Slide("answer", fence.title, later=claims(body), notes=[body]))
        elif fence.kind == "prf:theorem":
            self.close()
            self.add(Slide("theorem", KINDS[fence.kind], body=[body]))
        elif fence.kind == "prf:proof":
            self.say(f"*Proof.* {body}")
        elif fence.title.startswith("Myth"):
            self.close()
            self.myth(fence.title, body)
        elif fence.kind == "div" and "demo" in fence.title.split():
            self.close()
            self.demo(body)
        elif fence.kind in ("admonition", "dropdown"):
            self.say(body)

    def myth(self, title: str, body: str) -> None:
        """Add a myth, and with the next key what is wrong with it."""
        lead = BOLD.match(body)
        told = body[lead.end() :] if lead else body
        why = " ".join(told.split())
        words = title.removeprefix("Myth: ")
        slide = Slide("myth", "Myth", body=[f"“{words[:1].upper()}{words[1:]}.”"], notes=[why])
        slide.later = [" ".join(sentences(why)[:2])]
        self.add(slide)

    def demo(self, body: str) -> None:
        """Add a demo's questions beside its picture."""
        body = VARIANT.sub(lambda match: match[2] if match[1] == "on-paper" else "", body).strip()
        picture = PICTURE.search(body)
        lead = BOLD.match(body)
        tasks = re.findall(r"(?m)^\d+\. .*(?:\n(?!\n|\d+\. ).*)*", body)
        slide = Slide("demo", lead[1].rstrip(".,:") if lead else self.topic, notes=[bare(body)])
        words = bare(body[lead.end() if lead else 0 :]).strip(" ,:\n")
        told = sentences(words[:1].upper() + words[1:])
        slide.body = ["\n".join(tasks)] if tasks else told[:2]
        if picture:
            slide.picture = Picture(f"book/{picture[2]}", picture[1])
        self.add(slide)

    def clinic(self, texts: list[Item]) -> None:
        """Add the bug clinic's patient."""
        words = [item.text for item in texts if item.kind == "text"]
        pictures = [item.picture for item in texts if item.kind == "figure"]
        told = " ".join(words[0].split())
        asked = sentences(" ".join(words[-1].split()))[-3:] if len(words) > 1 else []
        slide = Slide("predict", "What is wrong?", notes=words)
        slide.body = [" ".join(sentences(told)[:3]), *([" ".join(asked)] if asked else [])]
        slide.picture = pictures[0] if pictures else None
        self.add(slide)


def goals(found: list[Item]) -> list[str]:
    """Return the list of what a reader will be able to do."""
    text = "\n\n".join(
        item.text if item.kind == "text" else "\n".join(item.fence.lines)
        for item in found
        if item.kind in ("text", "fence")
    )
    after = text.partition("**What you will be able to do**")[2]
    return [re.split(r"\n\s*\n(?=\*\*|\S)", after.strip())[0]] if after else []


def exercises(found: list[Item]) -> list[str]:
    """Return the names of a chapter's exercises as a list."""
    names = [item.text for item in found if item.kind == "heading" and item.level == 3]
    return ["\n".join(names)]


def quiz_slides(chapter: Chapter) -> Iterator[Slide]:
    """Yield the questions of a chapter's quiz in the order of its page."""
    questions = read_quiz(chapter.files["quiz"])
    for number, (question, choices) in enumerate(
        zip(questions, arranged(questions, chapter.number)), 1
    ):
        slide = Slide("quiz", f"Question {number}", "Quiz", [question.ask])
        if question.shown:
            slide.body.append(question.shown)
        slide.body += [f"**{letter}** {choice.text}" for letter, choice in zip(LETTERS, choices)]
        for letter, choice in zip(LETTERS, choices):
            verdict = "right" if choice.number == 0 else "wrong"
            slide.notes.append(f"**{letter}, {verdict}.** {choice.why}")
            if choice.number == 0:
                slide.later = [f"**{letter}.** {choice.why}"]
        yield slide


def slides(chapter: Chapter, part: str, about: str, alt: str) -> list[Slide]:
    """Return the slides of a chapter."""
    found = list(items(chapter.notebook))
    talk, title = Talk(), found[0].text
    cover = Picture(str(chapter.files["picture"]), alt)
    talk.add(Slide("title", title, part, [f"{about}."], picture=cover))
    first = next(i for i, item in enumerate(found) if item.kind == "heading" and item.level == 2)
    if wanted := goals(found[:first]):
        talk.add(Slide("list", "What you will be able to do", title, wanted))
    groups: list[tuple[str, list[Item]]] = []
    before = ""
    for item in found[1:]:
        if item.kind == "heading" and item.level == 2:
            groups.append((item.text, []))
        elif groups:
            groups[-1][1].append(item)
        elif item.kind == "figure":
            talk.section = talk.topic = title
            talk.figure(item.picture, before)
        before = item.text
    for name, group in groups:
        plain = re.sub(r"^\d+\. ", "", name)
        talk.section = talk.topic = plain
        if plain == "Exercises":
            talk.add(Slide("list", "Exercises", body=exercises(group)))
        elif plain == "Quiz":
            for slide in quiz_slides(chapter):
                talk.add(slide)
        elif plain in ("What you learned", "Read next"):
            listed = [item.text for item in group if re.match(r"[-*\d]", item.text)]
            talk.add(Slide("list", plain, body=listed[:1]))
        else:
            walk(talk, plain, group)
    return talk.slides


def walk(talk: Talk, name: str, group: list[Item]) -> None:
    """Go through one section."""
    if name.startswith("Bug clinic"):
        end = next((i for i, item in enumerate(group) if item.kind == "fence"), len(group))
        talk.clinic(group[:end])
        group = group[end:]
    before = ""
    for item in group:
        if item.kind == "heading":
            talk.close()
            talk.topic, before = item.text, ""
        elif item.kind == "fence":
            talk.fence(item.fence)
        elif talk.asked:
            talk.shown.append(item)
        elif item.kind == "figure":
            talk.figure(item.picture, before)
        elif item.kind == "text":
            talk.say(item.text)
            before = item.text
    talk.close()
