"""The book's public address: found where the book is built, written where nothing can look it up.

    python tools/set_address.py                               write the address that is found
    python tools/set_address.py https://github.com/me/gans    write this one
    python tools/set_address.py --check                       say where the placeholder still stands

Pages, badges, launch buttons and generated notebooks need no hand: whatever builds them asks
`address()`, which knows the repository that a workflow runs in, or the one a clone came from. Only
files that GitHub shows as they are (README, CITATION.cff, notebooks) hold the address in writing.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "_config.yml"
PLACEHOLDER = "OWNER/REPO"
BRANCH = "notebooks"  # where the workflow puts the notebooks for Colab
SLUG = r"[\w-]+/[\w.-]*\w"
IN_CONFIG = re.compile(rf"(?<=\n  url: https://github\.com/){SLUG}")
REMOTE = re.compile(r"github\.com[:/]([\w-]+/[\w.-]+?)(?:\.git)?/?$")
TO_PLACEHOLDER = re.compile(
    r"(?<!!)\[([^\[\]]*)\]\(https://(?:github\.com/OWNER/REPO"
    r"|colab\.research\.google\.com/github/OWNER/REPO|owner\.github\.io/REPO)[^)]*\)"
)


def written() -> str:
    """Return the address as it stands in _config.yml and is repeated in files: OWNER/REPO."""
    return IN_CONFIG.search(CONFIG.read_text(encoding="utf-8")).group()


def address() -> str | None:
    """Return the public address, OWNER/REPO of GitHub; None where there is none.

    It is the repository in which a workflow runs, else the one that git calls origin, else what
    stands in _config.yml.
    """
    found = os.environ.get("GITHUB_REPOSITORY", "") or _of_remote() or written()
    return found if re.fullmatch(SLUG, found) and found != PLACEHOLDER else None


def _of_remote() -> str:
    """Return OWNER/REPO of git's origin; "" where it is not on GitHub or this is no clone."""
    top, url = _git("rev-parse", "--show-toplevel"), _git("remote", "get-url", "origin")
    match = REMOTE.search(url)
    return match[1] if match and top and Path(top).resolve() == ROOT else ""


def _git(*arguments: str) -> str:
    """Return what git prints, "" where it fails or is missing."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def site(slug: str) -> str:
    """Return the address of the rendered book: BOOK_SITE if it is set, else GitHub Pages' own."""
    return os.environ.get("BOOK_SITE", "").rstrip("/") or _pages(slug)


def _pages(slug: str) -> str:
    owner, repo = slug.split("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}" if repo.lower() == host else f"https://{host}/{repo}"


def colab(slug: str, notebook: str) -> str:
    """Return where Colab opens one of the plain notebooks, by its path: "book/03_x.ipynb"."""
    return f"https://colab.research.google.com/github/{slug}/blob/{BRANCH}/{notebook}"


def files() -> list[Path]:
    """Return the files that may repeat the address."""
    pages = [path for kind in ("*.ipynb", "*.md") for path in (ROOT / "book").rglob(kind)]
    texts = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CITATION.cff")]
    return sorted(path for path in texts + pages if path.exists())


def with_address(text: str, new: str, old: str = PLACEHOLDER) -> str:
    """Return the text with one OWNER/REPO in the place of another, in every kind of address."""
    end = r"(?![\w-]|\.(?!git\b)\w)"
    text = re.sub(re.escape(_pages(old)) + end, lambda match: site(new), text)
    before = r"(github\.com[/:]|githubusercontent\.com/|\.com/github/)"
    return re.sub(before + re.escape(old) + end, lambda match: match[1] + new, text)


def public(text: str, slug: str | None) -> str:
    """Return a text of the repository with the address under which it is published.

    Where there is none, links that could lead nowhere are only their words, and nothing is cloned.
    """
    if slug:
        return with_address(with_address(text, slug), slug, written())
    text = TO_PLACEHOLDER.sub(lambda match: match[1], text)
    return re.sub(rf"(?m)^git clone \S+{PLACEHOLDER}.*\n", "", text)


def placeholders(path: Path) -> list[int]:
    """Return the lines in which the placeholder still stands."""
    lines = path.read_text(encoding="utf-8").splitlines()
    marks = (PLACEHOLDER, _pages(PLACEHOLDER))
    return [at for at, line in enumerate(lines, 1) if any(mark in line for mark in marks)]


def check() -> int:
    """Say where the placeholder still stands, in a workflow as a warning; return how many files."""
    found = {path: lines for path in [CONFIG, *files()] if (lines := placeholders(path))}
    for path, lines in found.items():
        name = path.relative_to(ROOT)
        text = (
            f"{PLACEHOLDER} still stands in {len(lines)} lines; `make address` writes the address"
        )
        inside = "GITHUB_ACTIONS" in os.environ
        print(f"::warning file={name},line={lines[0]}::{text}" if inside else f"{name}: {text}")
    return len(found)


def write(slug: str) -> None:
    """Write the address into _config.yml and wherever it is repeated."""
    old = written()
    for path in files():
        text = path.read_text(encoding="utf-8")
        changed = with_address(with_address(text, slug), slug, old)
        if changed != text:
            path.write_text(changed, encoding="utf-8")
            print(path.relative_to(ROOT))
    config = CONFIG.read_text(encoding="utf-8")
    CONFIG.write_text(IN_CONFIG.sub(slug, config), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write the address, given or found, or check."""
    if arguments == ["--check"]:
        return min(check(), 1)
    given = REMOTE.search(" ".join(arguments))
    if arguments and not given:
        sys.exit(f"expected https://github.com/OWNER/REPO, got {' '.join(arguments)}")
    slug = given[1] if given else address()
    if slug is None:
        sys.exit(
            "No address was found: git's origin is not on GitHub. "
            "Name it: python tools/set_address.py https://github.com/OWNER/REPO"
        )
    write(slug)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
