"""A quiz in the page: `:::{quiz} 03` shows the questions of `quizzes/03.yml`, beside the page.

A quiz file is a list of questions. Their words are Markdown, formulas and code spans included:

    - id: what-d-sees          names the question where a reader's answers are kept
      ask: What does $D$ see?
      shown: |                 optional: a table or a piece of code below the question
        ...
      right: {choice: ..., why: ...}
      wrong:                   two to four of them
        - {choice: ..., why: ...}
      on_page: ["0.693"]       optional, for the tests: numbers that the chapter prints
      holds: 2 * 3 == 6        optional, for the tests: why the right choice is right, in Python

The page that comes out works without a script: the answers stand in a folded box. With `quiz.js`
a choice is checked at once and explained.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LETTERS = "ABCDE"
INTRO = (
    "Choose an answer and check it: each choice is explained. You may try again; the score counts "
    "first tries, and stays in your browser."
)


@dataclass(frozen=True)
class Choice:
    """One answer and why it is right or wrong; `number` is its place in the file, the right one 0."""

    text: str
    why: str
    number: int


@dataclass(frozen=True)
class Question:
    """A question with its choices in the order of the file: the right one first."""

    id: str
    ask: str
    choices: tuple[Choice, ...]
    shown: str = ""
    on_page: tuple[str, ...] = ()
    holds: str = ""


def read_question(entry: dict) -> Question:
    """Return a question as its file gives it.

    Raises:
        ValueError: a field is missing, or unknown, or the number of choices is not 3 to 5.
    """
    unknown = set(entry) - {"id", "ask", "shown", "right", "wrong", "on_page", "holds"}
    if unknown or not {"id", "ask", "right", "wrong"} <= set(entry):
        raise ValueError(
            "a question needs id, ask, right and wrong, and may have shown, on_page and holds; "
            f"this one has {sorted(entry)}"
        )
    answers = [entry["right"], *entry["wrong"]]
    if not 3 <= len(answers) <= len(LETTERS):
        raise ValueError(f"{entry['id']}: give 3 to 5 choices, not {len(answers)}")
    if any(set(answer) != {"choice", "why"} for answer in answers):
        raise ValueError(f"{entry['id']}: every choice needs exactly `choice` and `why`")
    choices = tuple(
        Choice(str(answer["choice"]), answer["why"], number)
        for number, answer in enumerate(answers)
    )
    rest = {name: entry[name] for name in ("shown", "holds") if name in entry}
    on_page = tuple(map(str, entry.get("on_page", ())))
    return Question(entry["id"], entry["ask"], choices, on_page=on_page, **rest)


def read_quiz(path: Path) -> list[Question]:
    """Return the questions of a quiz file."""
    return [read_question(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def arranged(questions: list[Question], seed: str) -> list[tuple[Choice, ...]]:
    """Return the choices of each question in the order of the page, the same at every build.

    The places of the right choices are drawn from a shuffled deck, not one by one, so that in each
    quiz they are spread evenly over first, second, ... and last.
    """
    random = Random(seed)
    deck = list(range(len(questions)))
    random.shuffle(deck)
    orders = []
    for question, card in zip(questions, deck, strict=True):
        right, *wrong = question.choices
        random.shuffle(wrong)
        place = card * len(question.choices) // len(questions)
        orders.append((*wrong[:place], right, *wrong[place:]))
    return orders


def counted(number: int) -> str:
    """Return a small number as the first word of a sentence."""
    words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
    return words[number] if number < len(words) else str(number)


def minutes(questions: list[Question]) -> int:
    """Return how long a quiz takes: 150 words a minute, and twenty seconds to think about each question."""
    texts = [f"{q.ask} {q.shown} {choice.text}" for q in questions for choice in q.choices[:1]]
    texts += [choice.text for q in questions for choice in q.choices[1:]]
    return math.ceil(sum(len(text.split()) for text in texts) / 150 + len(questions) / 3)


class html(nodes.General, nodes.Element):  # noqa: N801, docutils names its nodes in lower case
    """An HTML element that docutils has no node for; other formats show its content only."""


def element(tag: str, *children: nodes.Node, **attributes: str) -> html:
    """Return `<tag class=...>children</tag>`."""
    names = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
    ids = [names.pop("id")] if "id" in names else []
    return html("", *children, tag=tag, ids=ids, attributes=names)


def open_tag(translator, node: html) -> None:
    """Write the start of an element."""
    empty = node["tag"] == "input"
    translator.body.append(
        translator.starttag(node, node["tag"], "", empty=empty, **node["attributes"])
    )


def close_tag(translator, node: html) -> None:
    """Write the end of an element."""
    if node["tag"] != "input":
        translator.body.append(f"</{node['tag']}>\n")


def pass_by(translator, node: html) -> None:
    """Write nothing, in formats that are not HTML."""


class Quiz(SphinxDirective):
    """`:::{quiz} 03`: the body is for readers of the raw notebook, and is not shown."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the whole quiz."""
        name = self.arguments[0]
        path = Path(self.env.relfn2path(f"quizzes/{name}.yml")[1])
        self.env.note_dependency(str(path))
        try:
            questions = read_quiz(path)
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise self.error(f"quiz {name}: {error}") from error
        orders = arranged(questions, name)
        parts = [
            self.question(f"quiz-{name}-{number}", number, question, choices)
            for number, (question, choices) in enumerate(zip(questions, orders), 1)
        ]
        intro = nodes.paragraph("", INTRO)
        score = element("p", _class="quiz-score", role="status")
        quiz = element(
            "div", intro, *parts, score, id=f"quiz-{name}", _class="quiz", data_quiz=name
        )
        begin = f"{counted(len(questions))} questions, about {minutes(questions)} minutes"
        state = element("span", _class="quiz-state")
        summary = element("summary", element("strong", nodes.Text(begin)), state)
        return [element("details", summary, quiz, _class="quiz-fold", open="", data_fold="")]

    def question(self, id: str, number: int, question: Question, choices) -> html:
        """Return one question with its choices and, folded, its answers."""
        shown = nodes.container(classes=["quiz-shown"])
        if question.shown:
            self.state.nested_parse(self.lines(question.shown), self.lineno, shown)
        return element(
            "fieldset",
            element("legend", self.text(f"**{number}.** {question.ask}")),
            *([shown] if question.shown else []),
            *(self.choice(id, letter, choice) for letter, choice in zip(LETTERS, choices)),
            element("button", nodes.Text("Check"), _class="quiz-check", type="button", hidden=""),
            element("div", _class="quiz-verdict", role="status"),
            self.answers(choices),
            _class="quiz-question",
            data_question=question.id,
        )

    def choice(self, id: str, letter: str, choice: Choice) -> html:
        """Return a radio button with its label."""
        own = f"{id}-{letter.lower()}"
        radio = element("input", type="radio", name=id, id=own, value=str(choice.number))
        label = element("label", self.text(f"**{letter}** {choice.text}"), _for=own)
        return element("div", radio, label, _class="quiz-choice")

    def answers(self, choices) -> html:
        """Return the explanations of all choices, folded."""
        items = [
            element(
                "li",
                self.text(f"**{letter}, {'right' if choice.number == 0 else 'wrong'}.**"),
                nodes.Text(" "),
                self.text(choice.why, classes=["quiz-why"]),
                data_choice=str(choice.number),
            )
            for letter, choice in zip(LETTERS, choices)
        ]
        summary = element("summary", nodes.Text("Answers"))
        return element("details", summary, element("ul", *items), _class="quiz-key")

    def text(self, markdown: str, classes: tuple | list = ()) -> nodes.inline:
        """Return the words of a question, read as one line of Markdown."""
        children, _ = self.state.inline_text(" ".join(markdown.split()), self.lineno)
        return nodes.inline("", "", *children, classes=list(classes))

    def lines(self, markdown: str) -> nodes.Node:
        """Return a block of Markdown as a directive's body is handed on."""
        return type(self.content)(markdown.splitlines(), source=self.get_source_info()[0])


def add_script(app: Sphinx, page: str, template: str, context: dict, doctree) -> None:
    """Let pages with a quiz load its script and style, and no others."""
    if doctree is not None and any("data-quiz" in n["attributes"] for n in doctree.findall(html)):
        app.add_css_file("quiz.css")
        app.add_js_file("folds.js", loading_method="defer")
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    others = {name: (pass_by, pass_by) for name in ("latex", "text", "man", "texinfo")}
    app.add_node(html, html=(open_tag, close_tag), **others)
    app.add_directive("quiz", Quiz)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
