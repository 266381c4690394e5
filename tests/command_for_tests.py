"""The command line, called as a function."""

import contextlib
import io
import json
from pathlib import Path

import torch

from gan_course.cli import main

SMALL = "--data digits --size 8 --width 4 --batch 8 --report 2 --device cpu"


def command(line):
    """Runs a command in this process; returns its exit code, output and error."""
    out, err = io.StringIO(), io.StringIO()
    words = line.split() if isinstance(line, str) else line
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(words)
    except SystemExit as end:
        return end.code, out.getvalue(), err.getvalue()


def refused(line, *parts, code=2):
    """Checks that a command ends with its code, and one line on stderr that says all this."""
    returned, _, err = command(line)
    assert returned == code, err
    assert err.startswith("Error: ") and err.count("\n") == 1 and len(err) < 400, err
    for part in parts:
        assert part in err, err


def trained(line):
    """Runs a command that has to succeed; returns its output."""
    code, out, err = command(line)
    assert code == 0, err
    return out


def history(folder="run"):
    """The records of a run."""
    return [json.loads(line) for line in Path(folder, "history.jsonl").read_text().splitlines()]


def weights(path):
    """The weights in a generator's file."""
    return torch.load(path, weights_only=True)["generator"]


def equal(a, b):
    """Whether two files hold the same generator."""
    return all(torch.equal(weights(a)[key], weights(b)[key]) for key in weights(a))
