"""Write the book's public address, which stands in _config.yml, everywhere it is repeated.

    python tools/set_address.py                               after editing _config.yml
    python tools/set_address.py https://github.com/me/gans    change it there as well

It is repeated where Markdown and Colab cannot look it up: the notebooks' first cell, the README's
links, CITATION.cff, the package's address of stored runs. A test keeps all of them equal.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "_config.yml"
SLUG = r"[\w.-]+/[\w.-]*\w"  # OWNER/REPO
IN_CONFIG = re.compile(rf"(?<=\n  url: https://github\.com/){SLUG}")
IN_FILES = re.compile(
    r"(git\+https://github\.com/|git clone https://github\.com/"
    r"|colab\.research\.google\.com/github/|repository-code: https://github\.com/"
    r"|raw\.githubusercontent\.com/)"
    rf"({SLUG})"
)
PAGES = re.compile(r"https://([\w-]+)\.github\.io/([\w.-]+)/")


def address() -> str:
    """Return the public address as it stands in _config.yml: OWNER/REPO."""
    return IN_CONFIG.search(CONFIG.read_text(encoding="utf-8")).group()


def files() -> list[Path]:
    """Return the files that may repeat the address."""
    pages = [path for kind in ("*.ipynb", "*.md") for path in (ROOT / "book").rglob(kind)]
    texts = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CITATION.cff")]
    texts.append(ROOT / "gan_course" / "stored.py")
    return sorted(path for path in texts + pages if path.exists())


def site(slug: str) -> str:
    """Return the address of the rendered book, for OWNER/REPO."""
    owner, repo = slug.split("/")
    return f"https://{owner.lower()}.github.io/{repo}"


def with_address(text: str, slug: str) -> str:
    """Return the text with OWNER/REPO in every known place replaced by the slug."""
    text = IN_FILES.sub(lambda match: match.group(1) + slug, text)
    return PAGES.sub(f"{site(slug)}/", text)


def main() -> None:
    """Set the address in _config.yml if one is given, then repeat it in all files."""
    if len(sys.argv) > 1:
        given = re.fullmatch(rf"https://github\.com/({SLUG})/?", sys.argv[1])
        if not given:
            sys.exit(f"expected https://github.com/OWNER/REPO, got {sys.argv[1]}")
        config = CONFIG.read_text(encoding="utf-8")
        CONFIG.write_text(IN_CONFIG.sub(given.group(1), config), encoding="utf-8")
    for path in files():
        text = path.read_text(encoding="utf-8")
        changed = with_address(text, address())
        if changed != text:
            path.write_text(changed, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
