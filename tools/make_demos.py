"""Make the data and the static pictures of the demos in the page: `make demos`.

    python tools/make_demos.py                 all of them
    python tools/make_demos.py dirac           this one

A demo is a module of `tools/demos` with two functions: `data()` returns what its script needs, plain
values and float32 or float16 arrays, and `picture()` draws what a reader sees where no script runs. They read the
models that `make models` stored, so a demo shows the chapter's own networks.
"""

import argparse
import base64
import importlib
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "book" / "_static" / "demos"
sys.path.insert(0, str(ROOT / "tools"))


def packed(value: object) -> str:
    """Return an array as base64 of little-endian float32, or float16 where it is: ui.js unpacks it."""
    if isinstance(value, np.ndarray):
        kind = "<f2" if value.dtype == np.float16 else "<f4"
        return base64.b64encode(value.astype(kind).tobytes()).decode()
    raise TypeError(f"a demo's data are plain values and NumPy arrays, got {type(value).__name__}.")


def script(name: str, data: dict) -> str:
    """Return the classic script that hands `data` to the demo `name`, as `demoData[name]`."""
    text = json.dumps(data, default=packed, separators=(",", ":"), sort_keys=True)
    return (
        "// Made by tools/make_demos.py: do not edit.\n"
        "window.demoData = window.demoData || {};\n"
        f"demoData[{json.dumps(name)}] = {text};\n"
    )


def names() -> list[str]:
    """Return the names of all demos; a module `sampler_cgan` makes the demo `sampler-cgan`."""
    modules = sorted((ROOT / "tools" / "demos").glob("[a-z]*.py"))
    return [path.stem.replace("_", "-") for path in modules]


def make(name: str, folder: Path = FOLDER) -> None:
    """Write `data/NAME.js` and `NAME.png` of one demo."""
    module = importlib.import_module(f"demos.{name.replace('-', '_')}")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "data" / f"{name}.js").write_text(script(name, module.data()), encoding="utf-8")
    figure = module.picture()
    figure.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None})


def main() -> None:
    """Make the demos that were asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(names())}")
    asked = parser.parse_args().names or names()
    if unknown := set(asked) - set(names()):
        sys.exit(f"no demo is called {', '.join(sorted(unknown))}; there are {', '.join(names())}.")
    for name in asked:
        make(name)
        print(f"{name}: {(FOLDER / 'data' / f'{name}.js').stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
