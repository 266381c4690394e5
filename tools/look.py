"""Photograph built pages as readers see them: desktop and phone, light and dark.

    python tools/look.py                       every page of the book, into _build/look/
    python tools/look.py book/intro.html       these only

A maintainers' tool for the eye; it needs a chromium on the machine. It also says what went wrong on a
page: errors on its console, and content wider than the screen.
`make test-site` checks far more than that.
"""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def find_browser() -> str:
    """Return the path of an installed chromium, or leave with one sentence."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    sys.exit("look.py needs a chromium browser (on Debian: apt install chromium).")


def photograph(browser, page: str, screen: str, theme: str, folder: Path) -> list[str]:
    """Store one full-page picture; return what is wrong with the page."""
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, offline=True
    )
    context.add_init_script(f"localStorage.setItem('mode', '{theme}')")
    context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    tab = context.new_page()
    problems = []
    tab.on("pageerror", lambda error: problems.append(f"script error: {error}"))
    tab.on("requestfailed", lambda request: problems.append(f"did not load: {request.url}"))
    tab.goto((SITE / page).as_uri())
    tab.evaluate("typeof Demo === 'undefined' || Demo.wake().then(() => true)")
    tab.wait_for_timeout(500)
    if (overflow := tab.evaluate(OVERFLOW)) > 0:
        problems.append(f"{overflow} px wider than the screen")
    stem = "-".join(Path(page).with_suffix("").parts)  # solutions bear their chapters' names
    name = f"{stem}-{screen}-{theme}.png"
    tab.screenshot(path=folder / name, full_page=True)
    context.close()
    return [f"{name}: {problem}" for problem in problems]


def main() -> int:
    """Photograph the pages and print what is wrong with them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pages", nargs="*", help="paths inside _build/html")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "look")
    arguments = parser.parse_args()
    if not SITE.exists():
        sys.exit("look.py photographs the built book: run `make book` first.")
    pages = arguments.pages or sorted(
        str(path.relative_to(SITE)) for path in SITE.glob("book/**/*.html")
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    problems = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        for page in pages:
            for screen in SCREENS:
                for theme in ("light", "dark"):
                    problems += photograph(browser, page, screen, theme, arguments.out)
        browser.close()
    print(*problems, f"{4 * len(pages)} pictures in {arguments.out}", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
