"""How much a page weighs on its way to a reader, and when a reader on a slow line sees it."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from browsing import SITE
from serving import compressed, served, visit
from test_site import CHAPTERS

BUDGET, LARGEST_BLOCKER, FIRST_PAINT = 900_000, 50_000, 2.0  # bytes, bytes, seconds
PAGES = ["intro", *CHAPTERS]
ALL = [path for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]


@pytest.fixture(scope="module")
def host():
    """Return the address of the built book on a compressing web server."""
    with served(SITE) as address:
        yield address


class Scripts(HTMLParser):
    """The scripts in a page's head that its first paint waits for."""

    def __init__(self) -> None:
        super().__init__()
        self.blocking: list[str] = []
        self.in_head = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.in_head = self.in_head and tag != "body"
        waits = not {"defer", "async"} & set(named) and named.get("type") != "module"
        if tag == "script" and self.in_head and "src" in named and waits:
            self.blocking.append(named["src"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stays_within_its_budget(browser, host, name):
    """All pictures and scripts count; a demo's weights do not, until its box comes near."""
    seen = visit(browser, f"{host}/book/{name}.html", whole=True)
    print(f"{name}: {seen.total / 1000:.0f} kB with all its pictures")
    assert seen.total < BUDGET, sorted(seen.sizes.items(), key=lambda item: -item[1])[:8]
    assert not [url for url in seen.sizes if not url.startswith(host)]
    assert not [
        url
        for url in seen.sizes
        if re.search("fontawesome|mathjax|thebe|sampler-c?d?c?gan.js", url)
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_soon_seen_on_a_slow_line(browser, host, name, record_property):
    """1.6 Mbit/s and 150 ms: the time is reported, for it is this machine's, too."""
    seen = visit(browser, f"{host}/book/{name}.html", slow=True)
    record_property("first_paint_seconds", seen.paint)
    late = "" if seen.paint < FIRST_PAINT else f", later than {FIRST_PAINT} s"
    print(
        f"{name}: first paint after {seen.paint:.2f} s{late}, {seen.total / 1000:.0f} kB to see it"
    )


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_no_large_script_blocks_a_page(path):
    scripts = Scripts()
    scripts.feed(path.read_text(encoding="utf-8"))
    for source in scripts.blocking:
        file = path.parent / urlsplit(source).path
        assert len(compressed(file.resolve(), file.stat().st_mtime)) < LARGEST_BLOCKER, source


@pytest.mark.parametrize(
    ("page", "demo"),
    [
        ("01_background", "discriminator"),
        ("04_dcgan", "sampler-dcgan"),
        ("05_cgan", "sampler-cgan"),
        ("13_style", "faces"),
        ("14_translation", "edges"),
    ],
)
@pytest.mark.parametrize("by", ["file", "server"])
def test_the_data_of_a_demo_are_fetched_when_it_comes_near(browser, host, page, demo, by):
    address = f"{SITE.as_uri() if by == 'file' else host}/book/{page}.html"
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab, asked = context.new_page(), []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(address)
    tab.wait_for_timeout(300)
    assert not [url for url in asked if f"data/{demo}.js" in url]
    tab.locator(f".demo-{demo}").scroll_into_view_if_needed()
    tab.locator(f".demo-{demo}.demo-alive .demo-live canvas").first.wait_for()
    assert len([url for url in asked if f"data/{demo}.js" in url]) == 1
    context.close()


def test_formulas_are_no_stops_of_the_keyboard_and_need_no_script(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((SITE / "book" / f"{CHAPTERS[1]}.html").as_uri())
    formulas = page.locator("article mjx-container")
    assert formulas.count() > 100
    assert formulas.first.locator("svg").bounding_box()["width"] > 5
    assert page.locator("mjx-container[tabindex], mjx-container [tabindex]").count() == 0
    context.close()
