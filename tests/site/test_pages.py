"""Every page of the built book, in a real browser."""


def test_a_page_loads_without_an_error_and_from_its_files_alone(open_page, site_page):
    with open_page(site_page) as page:
        page.wait_for_load_state("load")
        page.wait_for_timeout(300)  # scripts that start late


def test_no_page_is_wider_than_a_phone(open_page, site_page):
    with open_page(site_page, screen="phone") as page:
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
