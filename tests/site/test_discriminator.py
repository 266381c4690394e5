"""You are the discriminator: the game of chapter 1."""

import pytest

from gan_course.widgets import verdict

PAGE = "book/01_background.html"
PICTURES = "box => [...box.querySelectorAll('canvas')].map(canvas => canvas.toDataURL())"


@pytest.fixture
def box(open_page):
    """The game, opened."""
    with open_page(PAGE) as page:
        yield page.locator(".demo-discriminator")


def test_verdicts_are_those_of_the_package(open_page):
    with open_page(PAGE) as page:
        for right, total in ((0, 5), (5, 5), (10, 20), (15, 20), (20, 20)):
            script = f"Demos.discriminator.verdict({right}, {total})"
            found, expected = page.evaluate(script), verdict(right, total)
            for name in ("ratio", "low", "high", "luck"):
                assert found[name] == pytest.approx(getattr(expected, name), rel=1e-9), name


def test_games_are_fair(open_page):
    deal = """seed => Demos.discriminator.deal(
      Demos.discriminator.load(demoData.discriminator), seed)
      .map(({ real, fake, maker, realIsLeft }) =>
        ({ real: real.join(), fake: fake.join(), maker, realIsLeft }))"""
    with open_page(PAGE) as page:
        one, same, other = (page.evaluate(deal, seed) for seed in (1, 1, 2))
    assert one == same and one != other
    for game in (one, other):
        assert sum(pair["realIsLeft"] for pair in game) == 10
        assert sorted(pair["maker"] for pair in game) == [k for k in range(4) for _ in range(5)]
        assert len({pair[kind] for pair in game for kind in ("real", "fake")}) == 40


def test_nothing_gives_the_answer_away(box):
    words = [choice.get_attribute("aria-label") for choice in box.locator(".demo-choice").all()]
    assert words == [f"The {side} picture of pair 1 of 20 is real" for side in ("left", "right")]
    classes = {choice.get_attribute("class") for choice in box.locator(".demo-choice").all()}
    assert len(classes) == 1
    assert not box.locator(".demo-still img").is_visible()


def test_a_game_by_mouse_ends_with_a_table_and_can_be_played_again(box):
    seen = set()
    for k in range(20):
        pictures = tuple(box.evaluate(PICTURES))
        assert pictures not in seen
        seen.add(pictures)
        box.locator(".demo-choice").nth(k % 2).click()
        said = box.locator(".demo-readout").text_content()
        assert said.startswith(("✓ Right", "✗ Wrong")) and "was made by" in said
        box.get_by_role("button", name="Next pair" if k < 19 else "What is it worth?").click()
    rows = [row.text_content() for row in box.locator("tbody tr").all()]
    assert len(rows) == 7 and "of 20" in rows[0] and all("of 5" in row for row in rows[1:5])
    right = int(box.locator("tbody tr td").nth(1).text_content().split()[0])
    assert f"about {verdict(right, 20).ratio:.1f}" in box.locator(".demo-readout").text_content()
    box.get_by_role("button", name="Play again").click()
    assert tuple(box.evaluate(PICTURES)) not in seen and not box.locator("tbody").count()


def test_a_game_by_keyboard_alone(open_page):
    with open_page(PAGE, screen="phone", theme="dark") as page:
        box = page.locator(".demo-discriminator")
        box.locator(".demo-choice").first.focus()
        for key in ["ArrowLeft", "r", "l", "ArrowRight"] * 5:
            before = box.evaluate(PICTURES)
            page.keyboard.press(key)
            page.keyboard.press("Enter")  # the focus is on "Next pair"
            if box.locator("tbody").count() == 0:
                assert box.evaluate(PICTURES) != before
        assert box.locator("tbody tr").count() == 7
        page.keyboard.press("Enter")  # the focus is on "Play again"
        assert "Pair 1 of 20" in box.locator(".demo-readout").text_content()


def test_the_program_that_counts_black_pixels_sees_more_than_luck(open_page):
    score = """() => {
      const { deal, load, results } = Demos.discriminator;
      const data = load(demoData.discriminator);
      const rows = [1, 2, 3, 4, 5].map(seed => results(data, deal(data, seed), Array(20).fill(true)));
      return rows.map(table => table.at(-1)[1]).reduce((sum, right) => sum + right, 0);
    }"""
    with open_page(PAGE) as page:
        right = page.evaluate(score)
    assert verdict(right, 100).low > 1
