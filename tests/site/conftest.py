"""The built book in a real browser: `make test-site`, after `make book`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
SCREENS = {"desktop": (1280, 900), "phone": (390, 844)}
# Without these, Chromium calls its maker's servers at every start.
QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def site_pages() -> list[str]:
    """Return all pages of the built book, as paths inside it."""
    return sorted(str(path.relative_to(SITE)) for path in SITE.glob("book/**/*.html"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a page once for each of them."""
    if "site_page" in metafunc.fixturenames:
        metafunc.parametrize("site_page", site_pages())


@pytest.fixture(scope="session")
def browser():
    """Return an installed Chromium, headless."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "make test-site needs a chromium browser (on Debian: apt install chromium)"
    assert site_pages(), "make test-site looks at the built book: run make book first"
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Return `open_page(path, screen="desktop", theme="light")`, a context manager of a loaded page.

    The page is read from its file, offline. At its end it must not have raised an error, written one
    to its console, or asked for anything outside the book.
    """

    @contextmanager
    def opened(path: str, screen: str = "desktop", theme: str = "light") -> Iterator:
        width, height = SCREENS[screen]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, offline=True
        )
        context.add_init_script(
            f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
        )
        page, problems = context.new_page(), []
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on(
            "console",
            lambda entry: (
                problems.append(f"console: {entry.text}") if entry.type == "error" else None
            ),
        )
        page.on("request", lambda request: _note_request(request.url, problems))
        page.on("requestfailed", lambda request: problems.append(f"did not load: {request.url}"))
        file, _, fragment = path.partition("#")
        page.goto((SITE / file).as_uri() + (f"#{fragment}" if fragment else ""))
        try:
            yield page
            assert not problems, f"{path}: {problems}"
        finally:
            context.close()

    return opened


def _note_request(url: str, problems: list[str]) -> None:
    if not url.startswith((SITE.as_uri(), "data:", "blob:")):
        problems.append(f"a request leaves the book: {url}")
