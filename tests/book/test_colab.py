"""What runs in Colab, as far as reading the code can tell.

When last read, Colab had Python 3.13, torch 2.11, NumPy 2.1, matplotlib 3.10, ipywidgets 7.7 and
IPython 7.34. `make test-colab` runs the widgets under the last two, and the workflow's matrix runs
the package under torch 2.6 and 2.11. Here: names that are newer than that, in the package and in
all notebooks, packages that Colab does not bring, and cells that Colab could not run.
"""

import ast
import re
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = sorted((ROOT / "gan_course").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "book").rglob("*.ipynb"))

# The package is installed with --no-deps, so it may only import what is there.
PRESENT = {
    "IPython", "PIL", "click", "gan_course", "ipywidgets", "matplotlib", "numpy", "pooch",
    "requests", "scipy", "sklearn", "torch", "tqdm",
    "matplotlib_inline",  # IPython and every kernel of it stand on it
}  # fmt: skip
# By module: names that Colab's version does not have, from the release notes.
NEWER = {
    "ipywidgets": {
        "ColorsInput", "DatetimePicker", "FloatsInput", "IntsInput", "NaiveDatetimePicker", "Stack",
        "TagsInput", "TimePicker",
    },
    "torch": {"Muon", "grouped_mm", "hash_tensor", "scaled_grouped_mm", "scaled_mm", "varlen_attn"},
    "numpy": {"matvec", "vecmat"},
    "matplotlib": {"grouped_bar", "okabe_ito", "petroff6", "petroff8"},
}  # fmt: skip
NEW_OPTIONS = {"tabbable", "description_allow_html", "titles", "tooltips_allow_html"}


def notebook_code(path: Path) -> str:
    """Return the code of a notebook without its magics."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    return re.sub(r"^(\s*)[%!].*$", r"\1pass", code, flags=re.M)


def parsed(path: Path) -> ast.Module:
    """Return the code of a module or notebook, read as Python 3.10 would."""
    text = notebook_code(path) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    return ast.parse(text, str(path), feature_version=(3, 10))


def imported(tree: ast.Module) -> set[str]:
    """Return the top-level packages that the code imports, wherever in it."""
    plain = [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and not n.level]
    return {name.split(".")[0] for name in [*plain, *(node.module for node in froms)]}


def names(tree: ast.Module) -> set[str]:
    """Return all attributes and imported names that the code uses."""
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return attributes | {alias.name for node in froms for alias in node.names}


def options(tree: ast.Module) -> set[str]:
    """Return the keyword arguments that the code passes to ipywidgets."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    widgets = [call for call in calls if ast.unparse(call.func).startswith("ipywidgets.")]
    return {keyword.arg for call in widgets for keyword in call.keywords}


@pytest.mark.parametrize("path", [*PACKAGE, *NOTEBOOKS], ids=lambda path: path.stem)
def test_colab_has_what_the_code_uses(path: Path):
    tree = parsed(path)
    own = {"__future__", *sys.stdlib_module_names}
    assert not imported(tree) - own - PRESENT, "Colab does not bring this package"
    used = imported(tree) & set(NEWER)
    newer = {name for module in used for name in NEWER[module]} & names(tree)
    assert not newer, "newer than Colab's version"
    assert not options(tree) & NEW_OPTIONS, "an option of ipywidgets 8"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_installs_the_package_before_anything_else_and_uses_no_other_magic(path: Path):
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    magics = [line for cell in code for line in re.findall(r"^\s*([%!]\S+ \S+)", cell, flags=re.M)]
    assert magics == ["%pip install"] and "%pip" in code[0]


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("import ipywidgets\nipywidgets.TagsInput()", "newer"),
        ("import ipywidgets\nipywidgets.Tab(titles=['a'])", "option"),
        ("import pandas", "does not bring"),
        ("try: pass\nexcept* ValueError: pass", "3.11"),
    ],
)
def test_the_check_finds_what_colab_lacks(tmp_path, code, complaint):
    path = tmp_path / "module.py"
    path.write_text(code)
    with pytest.raises((AssertionError, SyntaxError), match=complaint):
        test_colab_has_what_the_code_uses(path)
