"""The built book in a real browser: `make test-site`, after `make book`."""

import shutil
from functools import partial

import pytest
from browsing import opened, site_pages

playwright_api = pytest.importorskip("playwright.sync_api")

# Without these, Chromium calls its maker's servers at every start.
QUIET = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a page once for each of them."""
    if "site_page" in metafunc.fixturenames:
        metafunc.parametrize("site_page", site_pages(), scope="module")


@pytest.fixture(scope="session")
def browser():
    """Return an installed Chromium, headless."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "make test-site needs a chromium browser (on Debian: apt install chromium)"
    assert site_pages(), "make test-site looks at the built book: run make book first"
    playwright_api.expect.set_options(timeout=30_000)  # milliseconds: a busy machine is no failure
    with playwright_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Return `open_page(path, screen="desktop", theme="light")`, a context manager of a loaded page."""
    return partial(opened, browser)
