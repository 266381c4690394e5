"""When each file of the repository changed last: the date of its last commit.

    python tools/dates.py book/03_x.ipynb        prints the date of each file

The dates are those of the commits, not of this machine, so every build of one commit gives the same.
A file whose date nobody can know has none: without git, in a copy of the files alone, and in a shallow
clone where the file is as old as the clone's first commit or older.
"""

import datetime
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MARK = "\N{RECORD SEPARATOR}"


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints, "" where it fails or is missing."""
    command = ["git", "-c", "core.quotepath=off", *arguments]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8")
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def _is_own(root: Path) -> bool:
    """Return whether the folder is a repository of its own, not one inside somebody else's."""
    top = _git(root, "rev-parse", "--show-toplevel").strip()
    return bool(top) and Path(top).resolve() == root.resolve()


@cache
def last_changes(root: Path = ROOT) -> dict[str, datetime.date]:
    """Return the date of the last commit of each file, by its path in the repository."""
    dates: dict[str, datetime.date] = {}
    if not _is_own(root):
        return dates
    shallow = Path(root, _git(root, "rev-parse", "--git-path", "shallow").strip())
    oldest = set(shallow.read_text().split()) if shallow.is_file() else set()
    log = _git(root, "log", "-m", "--first-parent", f"--format={MARK}%H %cs", "--name-only")
    unknown: set[str] = set()
    for entry in log.split(MARK)[1:]:
        head, *files = entry.split("\n")
        commit, date = head.split()
        for file in filter(None, files):
            if commit in oldest:
                unknown.add(file)
            elif file not in unknown:
                dates.setdefault(file, datetime.date.fromisoformat(date))
    return dates


def in_words(date: datetime.date) -> str:
    """Return "27 November 2026"."""
    return f"{date.day} {date:%B} {date.year}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        known = last_changes().get(Path(name).resolve().relative_to(ROOT).as_posix())
        print(f"{name}: {in_words(known) if known else 'unknown'}")
