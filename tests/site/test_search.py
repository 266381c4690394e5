"""Search without a server and without a network."""

import pytest
from playwright.sync_api import expect

RESULTS = "#search-results li a"


@pytest.mark.parametrize(
    "words, page_found",
    [
        ("critic", "06_wgan.html"),
        ("mode collapse", "glossary.html"),
        ("checkerboard", "04_dcgan.html"),
        ("判别器", "glossary.html"),
        ("gradient_penalty", "api.html"),
    ],
)
def test_words_lead_to_their_page(open_page, words, page_found):
    with open_page("search.html", query=f"?q={words}") as page:
        page.wait_for_selector(RESULTS)
        links = page.eval_on_selector_all(RESULTS, "all => all.map((a) => a.href)")
    assert any(page_found in link for link in links)


def test_the_search_field_opens_by_keyboard_and_shows_results(open_page):
    with open_page("book/03_vanilla_gan.html") as page:
        page.keyboard.press("Control+k")
        field = page.locator("#pst-search-dialog input")
        expect(field).to_be_focused()
        field.fill("softplus")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=softplus")
        page.locator(RESULTS).filter(has_text="02. The value function").first.click()
        page.wait_for_url("**/02_value_function.html*")
        assert page.locator("h1:visible").inner_text().startswith("02. The value function")


def test_the_search_button_of_a_phone_opens_the_field(open_page):
    with open_page("book/03_vanilla_gan.html", screen="phone") as page:
        page.locator(".article-header-buttons .search-button").click()
        expect(page.locator("#pst-search-dialog input")).to_be_focused()


def test_a_word_that_is_nowhere_is_said_to_be_nowhere(open_page):
    with open_page("search.html", query="?q=qwertzuiop") as page:
        expect(page.locator("#search-results")).to_contain_text("did not match any documents")
