"""Opening pages of the built book as a reader does: from their files, offline."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
SCREENS = {"desktop": (1280, 900), "wide": (1440, 900), "phone": (390, 844)}
STORED = """() => {
  try { return JSON.stringify(Object.entries(localStorage).sort()); } catch { return "nothing"; }
}"""
# Demos with large data start when their boxes come near; a test need not go there.
AWAKE = "typeof Demo === 'undefined' || Demo.wake().then(() => true)"


def site_pages() -> list[str]:
    """Return all pages of the built book, as paths inside it: chapters, search, index of names."""
    found = [*SITE.glob("book/**/*.html"), *SITE.glob("*.html")]
    return sorted(str(path.relative_to(SITE)) for path in found)


@contextmanager
def opened(
    browser,
    path: str,
    screen: str = "desktop",
    theme: str = "light",
    query: str = "",
    init: str = "",
    scripts: bool = True,
) -> Iterator:
    """Open one page of the book from its file, offline; yield it loaded, with all demos awake.

    At its end it must not have raised an error, written one to its console, or asked for anything
    outside the book. `path` may end in a fragment, `#section`; `query` begins with "?"; `init` is a
    script that runs before the page's own; without `scripts` the page runs none.
    """
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        offline=True,
        accept_downloads=True,
        java_script_enabled=scripts,
    )
    context.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')"
    )
    if init:
        context.add_init_script(init)
    context.set_default_timeout(60_000)  # milliseconds: a busy machine is no failure
    page, problems = context.new_page(), []
    _collect(page, problems)
    file, _, fragment = path.partition("#")
    page.goto((SITE / file).as_uri() + query + (f"#{fragment}" if fragment else ""))
    page.evaluate(AWAKE)
    _leave_when_kept(page)
    try:
        yield page
        assert not problems, f"{path}: {problems}"
    finally:
        context.close()


def _leave_when_kept(page) -> None:
    """Let a page be left when what it has stored has reached the browser, as for a reader it has.

    A page writes through another process; one that is left at once may take its last words along.
    """

    def kept_first(go):
        def leave(*arguments, **options):
            kept = page.evaluate(STORED)
            witness = page.context.new_page()  # of a process of its own
            witness.goto((SITE / "_static" / "favicon.svg").as_uri())
            witness.wait_for_function(f"kept => ({STORED})() === kept", arg=kept)
            witness.close()
            return go(*arguments, **options)

        return leave

    page.goto, page.reload = kept_first(page.goto), kept_first(page.reload)


def _collect(page, problems: list[str]) -> None:
    """Note whatever goes wrong on a page."""
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("console", lambda entry: _note_console(entry, problems))
    page.on("request", lambda request: _note_request(request.url, problems))
    page.on("requestfailed", lambda request: _note_failure(request, problems))


def _note_console(entry, problems: list[str]) -> None:
    if entry.type == "error":
        problems.append(f"console: {entry.text}")


def _note_failure(request, problems: list[str]) -> None:
    if request.failure != "net::ERR_ABORTED":  # by a reader who has gone on to another page
        problems.append(f"did not load: {request.url}")


def _note_request(url: str, problems: list[str]) -> None:
    if not url.startswith((SITE.as_uri(), "data:", "blob:")):
        problems.append(f"a request leaves the book: {url}")
