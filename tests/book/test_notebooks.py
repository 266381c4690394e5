"""Every notebook is stored as its readers need it: executed, small, described, installable."""

import re
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

from reading import HIDDEN, read, stated  # noqa: E402

MINUTES, CELLS = 45, 62  # of a chapter's core
DRAWING = re.compile(
    r"(plt|ax|axes|figure|fig|[a-z_]*ax[a-z_]*(\[.*?\])?)\.|for .* in zip\(.*ax|[)\]}]+,?$"
)
LARGEST = 1_500_000  # bytes: more is slow to open in Colab and on a phone
COLAB_CELL = """\
# This needs the package gan_course. Colab gets it here; in a Jupyter of your own, run once:
#     pip install git+{address}
import sys

if "google.colab" in sys.modules:
    %pip install -q --no-deps git+{address}"""


def code_cells(notebook: nbformat.NotebookNode) -> list:
    """Return the notebook's code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def image_cells(notebook: nbformat.NotebookNode) -> list:
    """Return the code cells with a stored picture."""
    return [
        cell
        for cell in code_cells(notebook)
        if any(kind.startswith("image/") for out in cell.outputs for kind in out.get("data", {}))
    ]


def alternative_text(cell: nbformat.NotebookNode) -> str:
    """Return what a reader hears who cannot see the cell's picture."""
    return cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")


def test_notebook_is_of_the_current_format_with_the_python3_kernel(notebook):
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"


def test_notebook_is_small(notebook_path: Path):
    size = notebook_path.stat().st_size
    assert size < LARGEST, f"{size} bytes: draw fewer or smaller figures"


def test_cells_were_executed_from_top_to_bottom(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"


def test_stored_outputs_hold_no_error_nor_warning(notebook):
    for cell in code_cells(notebook):
        for output in cell.outputs:
            wanted = "raises-exception" in cell.metadata.get("tags", [])
            assert output.output_type != "error" or wanted, cell.source
            assert output.get("name") != "stderr", f"{cell.source}\n{output.text}"


def test_first_code_cell_installs_the_package_in_colab_and_says_how_elsewhere(notebook):
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    assert code_cells(notebook)[0].source == COLAB_CELL.format(address=address), (
        "run `python tools/set_address.py`"
    )


def test_every_picture_says_what_it_shows(notebook):
    for cell in image_cells(notebook):
        text = alternative_text(cell)
        assert len(text) > 20, f"needs mystnb.image.alt in its metadata:\n{cell.source}"


def test_no_two_pictures_say_the_same(notebook):
    texts = [alternative_text(cell) for cell in image_cells(notebook)]
    assert len(set(texts)) == len(texts)


def test_a_cell_shows_one_picture(notebook):
    """MyST gives one alternative text to all pictures of a cell."""
    for cell in image_cells(notebook):
        pictures = [
            out for out in cell.outputs if any(k.startswith("image/") for k in out.get("data", {}))
        ]
        assert len(pictures) == 1, cell.source


def test_stored_outputs_name_no_place_in_memory(notebook):
    """An address changes with every run, so it would be a difference in every commit."""
    for cell in code_cells(notebook):
        text = str([out.get("text", out.get("data", {}).get("text/plain")) for out in cell.outputs])
        assert not re.search(r"\bat 0x[0-9a-f]{6,}", text), cell.source


def test_chapter_has_a_solutions_notebook(chapter: Path):
    assert (chapter.parent / "solutions" / chapter.name).exists()


def test_chapter_links_its_solutions(chapter: Path):
    assert f"solutions/{chapter.name}" in chapter.read_text(encoding="utf-8")


def test_chapter_header_gives_both_times_and_the_reading_is_what_the_rule_says(chapter: Path):
    assert stated(chapter), "say how long it takes to read and, measured, to run on two cores"
    reading, said = read(chapter), stated(chapter)
    assert (said.core, said.deeper) == (reading.core, reading.deeper)


def test_the_core_of_a_chapter_is_one_sitting(chapter: Path):
    """What is not needed stands under "Deeper" or in an appendix."""
    reading = read(chapter)
    assert reading.core <= MINUTES
    assert reading.cells <= CELLS


def test_code_that_only_draws_is_hidden(chapter: Path):
    """A reader learns nothing from it, and may open it."""
    for cell in code_cells(nbformat.read(chapter, as_version=4)):
        lines = [line.strip() for line in cell.source.splitlines() if line.strip()]
        drawing = sum(map(bool, map(DRAWING.match, lines)))
        if len(lines) > 6 and drawing > 0.6 * len(lines):
            assert HIDDEN & {*cell.metadata.get("tags", [])}, cell.source


def test_readme_opens_the_chapter_in_colab(chapter: Path):
    assert f"/blob/notebooks/book/{chapter.name})" in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("page", ["intro.md", "references.bib", "glossary.md", "api.md"])
def test_the_book_has_its_appendices(page):
    assert (ROOT / "book" / page).exists()
