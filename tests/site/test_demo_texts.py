"""What a page, paper and a notebook say of a demo are three texts, each for its own reader."""

import re

import pytest
from browsing import SITE

PAGES = sorted(
    path
    for path in SITE.glob("book/*.html")
    if 'class="on-page' in path.read_text(encoding="utf-8")
)
SHOWN = """(kind) => [...document.querySelectorAll(`.demo .${kind}`)].map((node) => {
  const box = node.getBoundingClientRect();
  return getComputedStyle(node).display !== "none" && box.height > 0;
})"""


def test_the_pages_with_demos_are_found():
    assert {"02_value_function", "03_vanilla_gan", "06_wgan"} <= {path.stem for path in PAGES}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_reader_sees_the_text_that_is_for_him(browser, path):
    for script in (True, False):
        context = browser.new_context(java_script_enabled=script)
        page = context.new_page()
        page.goto(path.as_uri())
        if script:
            page.evaluate("Demo.wake().then(() => true)")
            page.wait_for_function(
                "document.querySelectorAll('.demo:not(.demo-alive)').length === 0"
            )
        assert set(page.evaluate(SHOWN, "on-page")) == {script}
        assert set(page.evaluate(SHOWN, "on-paper")) == {not script}
        page.emulate_media(media="print")
        assert set(page.evaluate(SHOWN, "on-page")) == {False}
        assert set(page.evaluate(SHOWN, "on-paper")) == {True}
        context.close()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_says_nothing_that_only_a_notebook_needs(path):
    text = path.read_text(encoding="utf-8")
    assert "in-notebook" not in text
    boxes = re.findall(r'<div class="[^"]*demo demo-.*?<img', text, re.DOTALL)
    assert boxes and not any(
        re.search("live kernel|rendered page|cell below", box) for box in boxes
    )
