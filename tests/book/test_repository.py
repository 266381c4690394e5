"""Promises that hold for the repository as a whole."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import gan_course

ROOT = Path(__file__).resolve().parents[2]

HEAVY = ["matplotlib", "sklearn", "ipywidgets", "scipy.optimize", "tqdm", "pooch", "IPython"]
SKIPPED = {".git", ".venv", "_build", "build", "vendor", "__pycache__", ".ruff_cache"}
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(gan_course.__path__, "gan_course.")
)


def own_texts() -> list[Path]:
    """Return the repository's own text files."""
    kinds = {".py", ".md", ".ipynb", ".yml", ".toml", ".txt", ".cfg", ".cff", ".bib", ".css", ".js"}
    paths = [path for path in ROOT.rglob("*") if not SKIPPED & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.suffix in kinds or path.name == "Makefile"]


def public_objects(module_name: str) -> list:
    """Return the functions and classes that a module defines for others."""
    module = importlib.import_module(module_name)
    return [
        value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module_name
    ]


def offered(module) -> list:
    """Return the functions and classes that a module names in its `__all__`."""
    things = [getattr(module, name) for name in getattr(module, "__all__", [])]
    return [thing for thing in things if inspect.isfunction(thing) or inspect.isclass(thing)]


def takes_tensors(function) -> bool:
    """Return whether a parameter of the function is a tensor."""
    annotations = [str(p.annotation) for p in inspect.signature(function).parameters.values()]
    return any("Tensor" in annotation for annotation in annotations)


def test_importing_the_package_is_light():
    code = (
        "import sys, numpy, torch; before = set(sys.modules); import gan_course;"
        f"print([name for name in {HEAVY} if name in set(sys.modules) - before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_public_objects_are_documented(name):
    assert importlib.import_module(name).__doc__, "the module needs a docstring"
    for thing in public_objects(name):
        generated = (thing.__doc__ or "").startswith(f"{thing.__name__}(")  # by @dataclass
        assert thing.__doc__ and not generated, f"{thing.__name__} needs a docstring"


@pytest.mark.parametrize("name", MODULES)
def test_functions_of_tensors_name_their_shapes(name):
    for function in filter(inspect.isfunction, public_objects(name)):
        if takes_tensors(function):
            assert re.search(r"\[[\w ,.*+-]+\]", function.__doc__), f"{function.__name__}: shapes?"


def test_everything_offered_stands_in_the_api_page():
    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    on_page = {
        id(thing)
        for name in re.findall(r"automodule:: (\S+)", page)
        for thing in offered(importlib.import_module(name))
    }
    for name in ["gan_course", *MODULES]:
        for thing in offered(importlib.import_module(name)):
            assert id(thing) in on_page, f"{name}.{thing.__name__} is missing in book/api.md"


def test_no_file_names_a_folder_of_somebodys_machine():
    for path in own_texts():
        found = re.search(r"/(home|root|Users|work)/\w+", path.read_text(encoding="utf-8"))
        assert not found, f"{path.relative_to(ROOT)}: {found.group()}"


def test_the_code_is_licensed_and_so_is_the_text():
    assert "MIT License" in (ROOT / "LICENSE").read_text()
    assert "CC BY 4.0" in (ROOT / "LICENSE-TEXT.md").read_text()


def test_citation_package_and_list_of_changes_speak_of_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    package = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M)[1]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = citation["date-released"]
    day = f"{released.day} {released:%B} {released.year}"
    assert citation["version"] == package
    assert re.search(rf"^## Version {re.escape(package)}, {day}$", changes, re.M)
