"""Exercises in the page: each one a card that opens, with questions, hints and the way to its notebook.

The notebooks know nothing of it. For the section `### 2. Title ★★` of chapter 3 the page takes from
`exercises/03.yml`, beside the page, an entry. All words are Markdown; `value` and `of` are Python, so
that no number is copied:

    - exercise: 2
      kind: derive and code    what it asks for
      minutes: 15
      parts:                   what can be answered in the page
        - id: width            names the part where a reader's answers are kept
          ask: How wide ...?
          value: (-4.5 / log(1 - 0.6)) ** 0.5
          within: 0.02
          agrees: width(0.6)   optional, for the tests: the same from the solution's own code
          right: why it is right
          mistakes:            optional: other numbers that tell what went wrong
            - {of: 1 / 0.6, why: ...}
          else: one sentence for all other numbers
        - id: which            or choices, as a quiz has them
          ask: ...
          right: {choice: ..., why: ...}
          wrong: [{choice: ..., why: ...}, ...]
          holds: optional, for the tests: why the right choice is right, in Python
        - id: runs             or rows to match with options
          ask: ...
          options: [...]
          rows: [{row: A, is: an option, why: shown where the row is wrong}, ...]
          right: ...
      hints: [two to four of them, the gentlest first]

Without a script everything is open and the answers are folded. With `exercises.js` cards fold and open,
answers are checked and hints come one by one.
"""

import json
import math
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path.append(str(Path(__file__).resolve().parents[1]))  # last: tools/demos is not our demos.py

from chapters import Chapter, chapters
from progress import exercises
from quiz import LETTERS, arranged, element, html, read_question
from set_address import colab

HEADING = re.compile(r"(?m)^### (\d+)\. .*★$")
UNANSWERED = "Not answered yet."
FIELDS = {
    "value": {"value", "within", "right", "else"},
    "wrong": {"right", "wrong"},
    "rows": {"options", "rows", "right"},
}
OPTIONAL = {
    "value": {"mistakes", "shown", "agrees"},
    "wrong": {"shown", "holds"},
    "rows": {"shown"},
}
INTRO = (
    "Here in the page each exercise has a question that is checked at once, and hints that open one by "
    "one. Its code is written and checked in the notebook."
)


def names() -> dict:
    """Return what an expression may use."""
    return {name: getattr(math, name) for name in ("exp", "log", "sqrt", "ceil")}


def computed(expression: str | float) -> float:
    """Return the number that a `value` or an `of` stands for."""
    return float(eval(str(expression), names()))  # our own file, as a cell of a notebook


def kind_of(part: dict) -> str:
    """Return what a part asks for: "value", "wrong" (choices) or "rows".

    Raises:
        ValueError: it has no known form, or a field too many or too few.
    """
    for kind, fields in FIELDS.items():
        known = fields | {"id", "ask"}
        if kind in part:
            if known <= set(part) <= known | OPTIONAL[kind]:
                return kind
            raise ValueError(
                f"{part.get('id')}: needs {sorted(known)}, may have {sorted(OPTIONAL[kind])}, and has "
                f"{sorted(part)}"
            )
    raise ValueError(f"{part.get('id')}: give `value`, `wrong` or `rows`")


def read_exercises(path: Path) -> dict[int, dict]:
    """Return the entries of a file of exercises by their numbers.

    Raises:
        ValueError: an entry lacks something, has an unknown field or too few hints.
    """
    return _checked(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=16)  # each exercise of a chapter asks for the chapter's file
def _checked(text: str) -> dict[int, dict]:
    entries = yaml.safe_load(text) or []
    for entry in entries:
        if set(entry) != {"exercise", "kind", "minutes", "parts", "hints"}:
            raise ValueError(f"an exercise has no such fields: {sorted(entry)}")
        if not 2 <= len(entry["hints"]) <= 4:
            raise ValueError(f"exercise {entry['exercise']}: give 2 to 4 hints")
        for part in entry["parts"]:
            kind_of(part)
    return {entry["exercise"]: entry for entry in entries}


def chapter_of(app: Sphinx, page: str) -> Chapter | None:
    """Return the chapter whose page this is."""
    found = (one for one in chapters(Path(app.srcdir)) if page == f"book/{one.file}")
    return next(found, None)


def file_of(app: Sphinx, chapter: Chapter) -> Path:
    """Return the file with what the page adds to a chapter's exercises."""
    return Path(app.srcdir, "book", "exercises", f"{chapter.number}.yml")


def add_to_source(app: Sphinx, page: str, source: list[str]) -> None:
    """Let each exercise of a chapter be followed by what the page adds to it."""
    chapter = chapter_of(app, page)
    if chapter is None:
        return
    notebook = json.loads(source[0])
    with_pages(notebook["cells"], chapter.number, file_of(app, chapter).exists())
    source[0] = json.dumps(notebook)


def with_pages(cells: list[dict], chapter: str, questions: bool) -> list[dict]:
    """Return a notebook's cells, changed: each exercise is followed by the directive of its page."""
    for cell in cells:
        text = "".join(cell["source"])
        heading = HEADING.match(text) if cell["cell_type"] == "markdown" else None
        if heading:
            arguments = f"{chapter} {heading[1]} {cell['id']}"
            cell["source"] = f"{text}\n\n:::{{exercise-page}} {arguments}\n:::"
        elif text.startswith("## Exercises\n") and questions:
            cell["source"] = f"{text}\n\n{INTRO}"
    return cells


@dataclass(frozen=True)
class Outcome:
    """What an answer means: its name for the script, which answer it is, why, and its number."""

    name: str
    answer: str
    why: str
    number: float | None = None


def shortest(number: float, within: float) -> str:
    """Return a number with the digits that its tolerance leaves."""
    digits = max(0, -math.floor(math.log10(within))) if within else 6
    text = f"{number:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class ExercisePage(SphinxDirective):
    """`:::{exercise-page} 03 2 CELL`: what the page adds to exercise 2 of chapter 3."""

    required_arguments = 3
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return questions, hints and links."""
        chapter, number, cell = self.arguments
        path = Path(self.env.relfn2path(f"exercises/{chapter}.yml")[1])
        self.env.note_dependency(str(path))
        if not path.exists():
            return [self.links(number, cell)]
        try:
            entry = read_exercises(path)[int(number)]
        except (KeyError, ValueError, yaml.YAMLError) as error:
            raise self.error(f"{path.name}, exercise {number}: {error}") from error
        name = f"exercise-{number}"
        parts = [self.part(f"{name}-{part['id']}", part) for part in entry["parts"]]
        questions = element(
            "div",
            *parts,
            _class="exercise-parts",
            data_key=f"{chapter}/answer/{number}",
            data_facts=f"{entry['kind']} · about {entry['minutes']} min",
        )
        return [questions, *self.hints(entry["hints"]), self.links(number, cell)]

    def part(self, id: str, part: dict) -> html:
        """Return one question with what it is answered with."""
        kind = kind_of(part)
        shown = nodes.container(classes=["exercise-shown"])
        if "shown" in part:
            self.state.nested_parse(self.lines(part["shown"]), self.lineno, shown)
        fields, outcomes, data = getattr(self, f"part_{kind}")(id, part)
        return element(
            "fieldset",
            element("legend", self.text(part["ask"])),
            *([shown] if "shown" in part else []),
            *fields,
            element(
                "button", nodes.Text("Check"), _class="exercise-check", type="button", hidden=""
            ),
            element("div", _class="exercise-verdict", role="status"),
            self.key(outcomes),
            _class="exercise-part",
            data_part=part["id"],
            data_kind=kind,
            **data,
        )

    def part_value(self, id: str, part: dict) -> tuple[list, list[Outcome], dict]:
        """Return the field for a number, and what the numbers mean."""
        within = float(part["within"])
        value = computed(part["value"])
        outcomes = [Outcome("right", shortest(value, within), part["right"], value)]
        for place, mistake in enumerate(part.get("mistakes", [])):
            number = computed(mistake["of"])
            answer = f"Not {shortest(number, within)}"
            outcomes.append(Outcome(f"mistake-{place}", answer, mistake["why"], number))
        outcomes.append(Outcome("else", "Anything else", part["else"]))
        field = element(
            "input",
            type="text",
            inputmode="decimal",
            autocomplete="off",
            id=id,
            aria_label="Your answer",
        )
        row = element("div", nodes.Text("Your answer: "), field, _class="exercise-number")
        return [row], outcomes, {"data_within": str(within)}

    def part_wrong(self, id: str, part: dict) -> tuple[list, list[Outcome], dict]:
        """Return the choices, and what each one means."""
        question = read_question({key: part[key] for key in ("id", "ask", "right", "wrong")})
        choices = arranged([question], id)[0]
        turn = sum(map(ord, id)) % len(choices)  # not the same letter in every exercise
        choices = choices[turn:] + choices[:turn]
        fields, outcomes = [], []
        for letter, choice in zip(LETTERS, choices):
            own = f"{id}-{letter.lower()}"
            name = "right" if choice.number == 0 else f"choice-{choice.number}"
            radio = element("input", type="radio", name=id, id=own, value=name)
            label = element("label", self.text(f"**{letter}** {choice.text}"), _for=own)
            fields.append(element("div", radio, label, _class="quiz-choice"))
            word = "right" if choice.number == 0 else "wrong"
            outcomes.append(Outcome(name, f"{letter}, {word}", choice.why))
        return fields, outcomes, {}

    def part_rows(self, id: str, part: dict) -> tuple[list, list[Outcome], dict]:
        """Return rows of choices, and what to say where one is wrong."""
        rows, outcomes = [], []
        for place, row in enumerate(part["rows"]):
            options = [element("option", nodes.Text("choose"), value="")]
            options += [element("option", nodes.Text(str(name))) for name in part["options"]]
            select = element("select", *options, id=f"{id}-{place}", autocomplete="off")
            label = element("label", self.text(row["row"]), _for=f"{id}-{place}")
            answer = {"data_answer": str(row["is"])}
            rows.append(element("div", label, select, _class="exercise-row", **answer))
            outcomes.append(Outcome(f"row-{place}", f"{row['row']}: {row['is']}", row["why"]))
        return rows, [*outcomes, Outcome("right", "All right", part["right"])], {}

    def key(self, outcomes: list[Outcome]) -> html:
        """Return what all answers mean, folded."""
        items = []
        for outcome in outcomes:
            number = {} if outcome.number is None else {"data_number": repr(outcome.number)}
            answer = self.text(f"**{outcome.answer}.**")
            why = self.text(outcome.why, classes=["exercise-why"])
            line = (answer, nodes.Text(" "), why)
            items.append(element("li", *line, data_outcome=outcome.name, **number))
        summary = element("summary", nodes.Text("Answer"))
        return element("details", summary, element("ul", *items), _class="exercise-key")

    def hints(self, hints: list[str]) -> list[html]:
        """Return the hints, each folded."""
        folds = []
        for place, hint in enumerate(hints, 1):
            summary = element("summary", nodes.Text(f"Hint {place} of {len(hints)}"))
            body = element("div", self.text(hint))
            folds.append(element("details", summary, body, _class="exercise-hint"))
        return [element("div", *folds, _class="exercise-hints")]

    def links(self, number: str, cell: str) -> html:
        """Return the ways to the notebook and to the solution."""
        file = self.env.docname.removeprefix("book/")
        slug = self.env.config.public_address
        in_colab = f"{colab(slug, f'book/{file}.ipynb')}#scrollTo={cell}" if slug else ""
        places = {
            "Open this exercise in Colab": in_colab,
            "Download the notebook": f"../_sources/book/{file}.ipynb",
            "The solution": f"solutions/{file}.html#exercise-{number}",
        }
        links: list[nodes.Node] = []
        for text, place in filter(all, places.items()):  # no Colab where there is no address
            download = {"download": ""} if text.startswith("Download") else {}
            links.append(element("a", nodes.Text(text), href=place, **download))
        return element("p", *links, _class="exercise-links")

    def text(self, markdown: str, classes: tuple | list = ()) -> nodes.inline:
        """Return words that were read as one line of Markdown."""
        children, _ = self.state.inline_text(" ".join(str(markdown).split()), self.lineno)
        return nodes.inline("", "", *children, classes=list(classes))

    def lines(self, markdown: str) -> nodes.Node:
        """Return a block of Markdown as a directive's body is handed on."""
        return type(self.content)(markdown.splitlines(), source=self.get_source_info()[0])


def name_sections(app: Sphinx, doctree: nodes.document) -> None:
    """Give each exercise, and each solution, an address that its title does not change."""
    page = app.env.docname
    found = exercises(doctree) if page.startswith(("book/0", "book/1", "book/solutions/")) else {}
    for number, section in found.items():
        name = f"exercise-{number}"
        if name not in section["ids"]:
            section["ids"].append(name)


def first_sentence(section: nodes.section) -> list[nodes.Node]:
    """Return a copy of the first sentence of a section, without links."""
    paragraph = section.next_node(nodes.paragraph)
    sentence: list[nodes.Node] = []
    for node in paragraph.children if paragraph else []:
        if isinstance(node, nodes.Text) and (end := re.search(r"[.?:](?= |$)", node)):
            text = str(node)[: end.end()]
            return [*sentence, nodes.Text(text.removesuffix(":") + "…" * text.endswith(":"))]
        sentence += [child.deepcopy() for child in _plain(node)]
    return sentence


def _plain(node: nodes.Node) -> list[nodes.Node]:
    return list(node.children) if isinstance(node, nodes.reference) else [node]


def facts_of(section: nodes.section) -> str:
    """Return what an exercise asks for and how long it takes, in a few words."""
    added = (node["attributes"].get("data-facts") for node in section.findall(html))
    return next(filter(None, added), "open")


def fold(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Make a card of each exercise: its heading, and what is below it in a fold with a first sentence."""
    if app.builder.format != "html" or chapter_of(app, page) is None:
        return
    for section in exercises(doctree).values():
        for output in list(section.findall(nodes.container)):
            if "cell_output" in output["classes"] and output.astext().strip() == UNANSWERED:
                output.parent.remove(output)
        facts = element("span", nodes.Text(facts_of(section)), _class="exercise-facts")
        begin = nodes.inline("", "", *first_sentence(section), classes=["exercise-first"])
        summary = element("summary", facts, begin)
        body = element("div", *section.children[1:], _class="exercise-body")
        details = element("details", summary, body, _class="exercise-fold", open="", data_fold="")
        section[1:] = [details]
        section["classes"].append("exercise-card")


def add_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Let pages with exercises load their script and style, and no others."""
    if doctree is not None and chapter_of(app, page) is not None:
        app.add_css_file("exercises.css")
        app.add_js_file("folds.js", loading_method="defer")
        app.add_js_file("exercises.js", loading_method="defer")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_directive("exercise-page", ExercisePage)
    app.connect("source-read", add_to_source)
    app.connect("doctree-read", name_sections)
    app.connect("doctree-resolved", fold, priority=900)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
