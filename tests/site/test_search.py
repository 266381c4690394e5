"""Search by section, without a server and with one, without a network."""

import pytest
from axe import violations
from browsing import SITE
from playwright.sync_api import expect
from serving import served

RESULT = "#search-results .course-result"
FIRST = f"{RESULT} h2 a"
OPTION = "#course-suggestions [role=option]"

# What learners type, the page that should come first, and a section that should be shown for it.
QUERIES = [
    ("mode collapse", "03_vanilla_gan", "Counting, instead of looking"),
    ("wasserstien", "06_wgan", ""),
    ("install", "intro", "Set up"),
    ("fid", "07_evaluation", "3. Two Gaussians: the Fréchet distance"),
    ("nash", "glossary", "Nash equilibrium"),
    ("spectral norm", "05_cgan", ""),
    ("cuda", "intro", "Set up"),
    ("lipschitz", "06_wgan", "5. The first leash: clipping"),
    ("exercise 3 modes", "03_vanilla_gan", "Exercise 3: Count the modes"),
    ("batchnorm", "04_dcgan", "6. Batch norm is two functions"),
    ("embedding label", "05_cgan", ""),
    ("kl divergence", "02_value_function", "4. Why not simply minimise KL?"),
    ("gradient_penalty", "api", "gradient_penalty"),
    ("gradient penalty", "06_wgan", ""),
    ("判别器", "glossary", "discriminator"),
    ("崩溃", "glossary", "mode collapse"),
    ("checkerboard", "04_dcgan", "Checkerboards"),
    ("normalization", "glossary", ""),
    ("jensen shannon", "02_value_function", ""),
    ("acgan", "05_cgan", "5. A classifier as the judge of names"),
    ("ema", "03_vanilla_gan", "Sampling, and the running average"),
    ("transposed convolution", "04_dcgan", "1. A convolution, run backwards"),
    ("how do I train a GAN", "03_vanilla_gan", "Train one yourself"),
    ("inception score", "07_evaluation", ""),
    ("memorisation", "07_evaluation", "6. Copies"),
    ("bootstrap", "07_evaluation", "9. Error bars"),
    ("frechet", "07_evaluation", ""),
    ("Dataset.split", "api", "Dataset.split"),
    ("softplus", "refresher", "Logits and softplus"),
    ("api", "api", ""),
    ("resume checkpoint", "command_line", "Stop and go on"),
    ("diffusion", "01_background", ""),
    ("dempster 1977", "references", ""),
]
FIND = """async (queries) => {
  const engine = await CourseSearch.load();
  return queries.map((query) => engine.find(query).pages.map(({ url, sections }) => (
    { url, titles: sections.map(({ title }) => title) })));
}"""


@pytest.fixture(scope="module")
def host():
    """Return the address of the built book on a web server."""
    with served(SITE) as address:
        yield address


def test_what_learners_type_leads_to_where_it_is_explained(open_page):
    with open_page("search.html") as page:
        answers = page.evaluate(FIND, [query for query, _, _ in QUERIES])
    wrong = []
    for (query, first, section), found in zip(QUERIES, answers, strict=True):
        if not found or found[0]["url"] != f"book/{first}.html":
            wrong.append((query, [one["url"] for one in found][:3]))
        elif not any(section in title for title in found[0]["titles"][:4]):
            wrong.append((query, found[0]["titles"][:4]))
    assert not wrong, wrong


def test_an_exercise_s_number_leads_to_chapters_that_have_one_of_it(open_page):
    with open_page("search.html") as page:
        [found] = page.evaluate(FIND, ["exercise 3"])
    for one in found[:3]:
        assert "solutions" not in one["url"]
        assert any(title.startswith("Exercise 3:") for title in one["titles"]), one


def test_what_explains_comes_before_exercises_unless_these_are_asked_for(open_page):
    with open_page("search.html") as page:
        collapse, exercise = page.evaluate(FIND, ["mode collapse", "exercise collapse"])
    titles = collapse[0]["titles"]
    exercises = [title.startswith("Exercise ") for title in titles]
    assert any(exercises) and exercises == sorted(exercises), titles
    assert exercise[0]["titles"][0].startswith("Exercise "), exercise[0]["titles"]


def test_solutions_come_after_the_chapters(open_page):
    queries = ["exercise 3", "bug clinic", "count the modes", "running average"]
    with open_page("search.html") as page:
        for found in page.evaluate(FIND, queries):
            urls = [one["url"] for one in found]
            assert "solutions" not in urls[0]
            solution = next((at for at, url in enumerate(urls) if "solutions" in url), None)
            assert solution is None or solution >= 2, urls


def test_every_section_that_is_listed_exists(open_page):
    every = """() => COURSE_INDEX.entries.map(([page, anchor]) => [COURSE_INDEX.pages[page][0], anchor])"""
    with open_page("search.html") as page:
        page.evaluate("CourseSearch.load().then(() => true)")
        places = page.evaluate(every)
    texts = {url: (SITE / url).read_text(encoding="utf-8") for url, _ in places}
    missing = [(url, at) for url, at in places if at and f'id="{at}"' not in texts[url]]
    assert len(places) > 500
    assert not missing


def test_no_excerpt_holds_tex_or_markup(open_page):
    texts = """() => COURSE_INDEX.entries.map((entry) => entry[2] + entry[4])"""
    with open_page("search.html") as page:
        page.evaluate("CourseSearch.load().then(() => true)")
        found = page.evaluate(texts)
    for text in found:
        assert not any(sign in text for sign in ("\\frac", "\\mathbb", "\\ln", "$", "</", "```")), (
            text
        )


@pytest.mark.parametrize("by", ["file", "server"])
def test_results_have_excerpts_and_lead_to_their_section(browser, host, by):
    address = f"{SITE.as_uri() if by == 'file' else host}/search.html?q=mode+collapse"
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, problems = context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    expect(page.locator(FIRST).first).to_contain_text("03. Training a vanilla GAN")
    expect(page.get_by_role("status").last).to_contain_text("places on")
    marks = page.locator(f"{RESULT} li p mark").all_inner_texts()
    assert {"mode", "collapse"} <= {mark.lower() for mark in marks}
    page.locator(f"{RESULT} li a", has_text="Counting, instead of looking").first.click()
    page.wait_for_url("**/03_vanilla_gan.html*#counting-instead-of-looking")
    assert "highlight" not in page.url
    section = page.locator("#counting-instead-of-looking")
    expect(section.locator("h2")).to_be_in_viewport()
    assert page.evaluate("CSS.highlights.get('sought').size") > 1
    page.keyboard.press("Escape")
    assert not page.evaluate("CSS.highlights.has('sought')")
    page.reload()  # and nothing is marked on the pages that follow
    assert not page.evaluate("CSS.highlights.has('sought')")
    assert not problems
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_results_and_suggestions_are_accessible(open_page, theme):
    with open_page("search.html", theme=theme, query="?q=mode+collapse") as page:
        page.locator(FIRST).first.wait_for()
        assert not violations(page)
    with open_page("book/intro.html", theme=theme) as page:
        page.keyboard.press("Control+k")
        page.locator("#pst-search-dialog input").press_sequentially("softplus")
        page.locator(OPTION).first.wait_for()
        page.keyboard.press("ArrowDown")
        assert not violations(page)


def test_the_search_page_searches_while_one_types(open_page):
    with open_page("search.html") as page:
        field = page.get_by_label("Words to look for")
        expect(field).to_be_focused()
        field.press_sequentially("softplus")
        expect(page.locator(FIRST).first).to_contain_text("refresher")
        field.fill("checkerboard")
        expect(page.locator(FIRST).first).to_contain_text("04. DCGAN")
        page.wait_for_function("location.search === '?q=checkerboard'")
        field.fill("")
        expect(page.locator(RESULT)).to_have_count(0)


def test_the_box_suggests_and_is_led_by_keyboard(open_page):
    with open_page("book/03_vanilla_gan.html") as page:
        page.keyboard.press("Control+k")
        field = page.locator("#pst-search-dialog input")
        expect(field).to_be_focused()
        field.press_sequentially("checkerboard")
        option = page.locator(OPTION).first
        expect(option).to_contain_text("Checkerboards")
        expect(field).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("ArrowDown")
        expect(option).to_have_attribute("aria-selected", "true")
        expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id"))
        page.keyboard.press("ArrowUp")
        expect(option).to_have_attribute("aria-selected", "false")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/04_dcgan.html*#checkerboards")


def test_enter_in_the_box_leads_to_all_results(open_page):
    with open_page("book/03_vanilla_gan.html") as page:
        page.keyboard.press("Control+k")
        page.locator("#pst-search-dialog input").fill("softplus")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=softplus")
        expect(page.locator(FIRST).first).to_contain_text("refresher")


def test_a_suggestion_on_the_same_page_closes_the_box(open_page):
    with open_page("book/04_dcgan.html") as page:
        page.keyboard.press("Control+k")
        page.locator("#pst-search-dialog input").press_sequentially("checkerboards")
        page.locator(OPTION).first.wait_for()
        page.locator(OPTION).first.click()
        page.wait_for_url("**#checkerboards")
        expect(page.locator("#pst-search-dialog")).to_be_hidden()


def test_nothing_is_loaded_before_a_reader_searches(open_page):
    with open_page("book/03_vanilla_gan.html") as page:
        page.wait_for_timeout(300)
        assert not page.evaluate("'COURSE_INDEX' in window || 'MiniSearch' in window")


@pytest.mark.parametrize("width", [390, 320])
def test_the_box_fits_on_a_phone(open_page, width):
    with open_page("book/03_vanilla_gan.html", screen="phone") as page:
        page.set_viewport_size({"width": width, "height": 700})
        page.locator(".article-header-buttons .search-button").click()
        field = page.locator("#pst-search-dialog input")
        expect(field).to_be_focused()
        field.press_sequentially("gradient")
        page.locator(OPTION).nth(5).wait_for()
        box = page.locator("#pst-search-dialog").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= 700


def test_a_word_that_is_nowhere_is_said_to_be_nowhere(open_page):
    with open_page("search.html", query="?q=qwertzuiop") as page:
        expect(page.get_by_role("status").last).to_contain_text("Nothing was found")
        expect(page.locator("#search-results")).to_contain_text("glossary")


def test_without_a_script_the_page_says_so(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((SITE / "search.html").as_uri())
    text = page.locator(".course-search").inner_text()
    assert "needs JavaScript" in text and "glossary" in text
    assert not page.locator("#course-search-words").is_visible()
    context.close()
