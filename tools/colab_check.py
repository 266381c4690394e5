"""Run the widgets with the versions that Colab has: `make test-colab`.

    python tools/colab_check.py                        tests, and chapter 4 in a kernel
    python tools/colab_check.py book/04_dcgan.ipynb    tests, and these notebooks

A notebook runs in its plain form, the one that Colab opens.

Colab brings ipywidgets 7.7 and IPython 7.34, the book's own environment ipywidgets 8. So a second
environment, `.venv/colab`, gets the old ones and borrows everything else, torch above all, from the
environment of the Python that runs this. What is checked of torch's and NumPy's versions is in
tests/book/test_colab.py.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from nbclient import NotebookClient

sys.path.append(str(Path(__file__).resolve().parent))

from plain_notebooks import plain_notebook
from set_address import address

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv" / "colab"
PYTHON = FOLDER / "bin" / "python"
PINS = ["ipywidgets==7.7.1", "ipython==7.34.0", "ipykernel==6.17.1"]
# What these need and newer versions no longer do; the rest is borrowed.
ALSO = [
    "backcall==0.2.0", "decorator==5.2.1", "ipython-genutils==0.2.0", "jedi==0.19.2", "parso==0.8.4",
    "pickleshare==0.7.5",
]  # fmt: skip
WIDGET = "application/vnd.jupyter.widget-view+json"


def make_environment() -> None:
    """Create the second environment, once: its own packages first, then the borrowed ones."""
    if not PYTHON.exists():
        venv.create(FOLDER, with_pip=True)
    install = [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", *PINS, *ALSO]
    subprocess.run(install, check=True)
    own = next((FOLDER / "lib").glob("python*/site-packages"))
    borrowed = [sysconfig.get_paths()["purelib"], str(ROOT)]
    (own / "zz_borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")


def make_kernel() -> None:
    """Describe the kernel `colab` to Jupyter, inside the environment."""
    kernel = {"argv": [str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    folder = FOLDER / "share" / "jupyter" / "kernels" / "colab"
    folder.mkdir(parents=True, exist_ok=True)
    described = kernel | {"display_name": "as in Colab", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(described), encoding="utf-8")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # this old kernel's debugger warns
    os.environ["JUPYTER_PATH"] = str(FOLDER / "share" / "jupyter")


def widgets_shown(path: Path) -> int:
    """Run a notebook in that kernel; return how many widgets its cells have shown."""
    notebook = plain_notebook(path, address())
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, kernel_name="colab", resources=where).execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    return sum(WIDGET in output.get("data", {}) for output in outputs)


def main() -> None:
    """Run the tests of the widgets, then the notebooks."""
    make_environment()
    make_kernel()
    tests = ["tests/widgets/test_widgets.py", "tests/book/test_colab.py"]
    subprocess.run([PYTHON, "-m", "pytest", "-q", *tests], cwd=ROOT, check=True)
    paths = [Path(name).resolve() for name in sys.argv[1:]] or [ROOT / "book" / "04_dcgan.ipynb"]
    for path in paths:
        shown = widgets_shown(path)
        print(f"{path.name}: ran as in Colab, widgets shown: {shown}", flush=True)
        if not shown:
            sys.exit(f"{path.name} shows no widget in Colab's kernel: does a cell end in one?")


if __name__ == "__main__":
    main()
