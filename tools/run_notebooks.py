"""Execute notebooks and store their outputs, so that running twice leaves no difference.

    python tools/run_notebooks.py                     every notebook of the book whose code changed
    python tools/run_notebooks.py book/03_x.ipynb     these only
    python tools/run_notebooks.py --force             even where nothing changed
    python tools/run_notebooks.py --check             execute nothing; fail where outputs are stale

What is stored is canonical: execution counts 1..n, ids made of the cells' content, no timings and
no versions. The notebook remembers a hash of its own code, and is executed again where that no
longer fits. A change in the package is not noticed: after one that matters, use --force.
"""

import argparse
import hashlib
import sys
import time
from collections import Counter
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

sys.path.append(str(Path(__file__).resolve().parent))

from figures import drawing

ROOT = Path(__file__).resolve().parents[1]
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEEP_DRAWINGS = f"""
import sys
sys.path.append({str(ROOT / "tools")!r})
from figures import keep_drawings
keep_drawings()
del keep_drawings, sys.path[-1], sys
"""
CELL_METADATA = {"tags", "mystnb", "cellView", "jupyter"}  # what a reader's tools understand


class CrossedLegend(Exception):
    """A figure whose legend cannot be read in peace."""


def notebooks(paths: list[Path]) -> list[Path]:
    """Return the given notebooks, or all those of the book."""
    return paths or sorted(
        path for path in (ROOT / "book").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )


def code_hash(notebook: nbformat.NotebookNode) -> str:
    """Return a hash of what the outputs were computed from; the Colab cell does nothing here."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    code = "\0".join(source for source in cells if "google.colab" not in source)
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def is_fresh(notebook: nbformat.NotebookNode) -> bool:
    """Return whether the stored outputs were computed from the code as it stands."""
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    return counts == list(range(1, len(counts) + 1)) and notebook.metadata.get(
        "gan_course", {}
    ).get("code") == code_hash(notebook)


def canonical_outputs(outputs: list, count: int) -> list:
    """Join the pieces of a stream, cut by chance, and drop live widgets: no page can run them."""
    kept = []
    for output in outputs:
        last = kept[-1] if kept else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        elif WIDGET not in output.get("data", {}):
            kept.append(output)
        if output.output_type == "execute_result":
            output.execution_count = count
    return kept


def canonical(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop what changes from run to run or from editor to editor, and number the cells."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": KERNEL,
            "language_info": {"name": "python"},
            "gan_course": {"code": code_hash(notebook)},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    names, count = Counter(), 0
    for cell in notebook.cells:
        name = hashlib.sha256(f"{cell.cell_type}\0{cell.source}".encode()).hexdigest()[:8]
        names[name] += 1
        cell.id = name if names[name] == 1 else f"{name}-{names[name]}"
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in sorted(cell.metadata.items()) if key in CELL_METADATA}
        )
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = canonical_outputs(cell.outputs, count)
    return notebook


def execute(path: Path, notebook: nbformat.NotebookNode, timeout: int) -> float:
    """Run the notebook in its own folder; return the seconds it took.

    A cell that is gone afterwards lets its figures keep their drawings.
    """
    start = time.perf_counter()
    notebook.cells.insert(0, nbformat.v4.new_code_cell(KEEP_DRAWINGS))
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    del notebook.cells[0]
    return time.perf_counter() - start


def crossed_legends(notebook: nbformat.NotebookNode) -> list[str]:
    """Return a sentence for each legend that something runs through."""
    return [
        f"In the figure of {first_line(cell)!r}, {sentence}"
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for sentence in drawing(output).pop("crossed", [])
    ]


def first_line(cell: nbformat.NotebookNode) -> str:
    """Return the line by which a reader finds a cell."""
    return cell.source.split("\n")[0]


def bring_up_to_date(path: Path, force: bool, timeout: int) -> str:
    """Execute the notebook if its outputs are stale, tidy it in any case; return what was done."""
    notebook = nbformat.read(path, as_version=4)
    done = "up to date"
    if force or not is_fresh(notebook):
        done = f"executed in {execute(path, notebook, timeout):.1f} s"
        if crossed := crossed_legends(notebook):
            raise CrossedLegend("\n".join(crossed))
    text = nbformat.writes(canonical(notebook)) + "\n"
    if text != path.read_text(encoding="utf-8"):
        path.write_text(text, encoding="utf-8")
    return done


def main() -> int:
    """Execute what changed, or with --check only say what did."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--force", action="store_true", help="execute even where nothing changed")
    parser.add_argument("--check", action="store_true", help="only say which outputs are stale")
    parser.add_argument("--timeout", type=int, default=600, help="seconds per cell")
    arguments = parser.parse_args()
    failures = 0
    for path in notebooks(arguments.paths):
        try:
            if arguments.check:
                fresh = is_fresh(nbformat.read(path, as_version=4))
                failures += not fresh
                print(f"{path}: {'up to date' if fresh else 'STALE: run make notebooks'}")
            else:
                done = bring_up_to_date(path, arguments.force, arguments.timeout)
                print(f"{path}: {done}", flush=True)
        except (CellExecutionError, CrossedLegend) as error:
            failures += 1
            print(f"{path}: a cell failed, nothing was written\n{error}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
