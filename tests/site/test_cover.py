"""The cover's GAN: torch's numbers, a start by itself that nothing waits for, rest for those who ask."""

import sys
from pathlib import Path

import pytest
import torch
from axe import violations
from browsing import SITE, opened
from playwright.sync_api import expect
from test_playground import flat

from gan_course.game import play
from gan_course.metrics import high_quality_share, modes_covered

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from demos import cover

PAGE = "book/intro.html"
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
ASLEEP = "window.requestAnimationFrame = () => 0"  # nothing moves by itself
RELUCTANT = """const ask = window.matchMedia;
window.matchMedia = (query) => query.includes("reduced-motion") ? {matches: true, addEventListener() {}} : ask(query)"""
STEPS = 50

# The first steps of the cover's game on weights, batches and noise that come from torch.
REPLAY = """({weights, batches, noise}) => {
  const {game} = Demos.cover.create(demoData.cover, 1), losses = {D: [], G: []};
  for (const name of ["G", "D"]) game[name].net.parameters.set(weights[name]);
  while (batches.length) {
    const record = Demos.gan.play(game, () => batches.shift(), () => noise.shift());
    losses.D.push(record.D);
    losses.G.push(record.G);
  }
  return {losses, G: [...game.G.net.parameters], D: [...game.D.net.parameters]};
}"""
# A whole run of one seed, with a count as often as the page takes one.
RUN = """(seed) => {
  const {create, step, count} = Demos.cover, world = create(demoData.cover, seed);
  for (let steps = 1; steps <= world.end; steps += 1) {
    step(world);
    if (steps % 40 === 0) count(world);
  }
  const x = Demos.nn.forward(world.game.G.net, world.tapes.counted, world.z);
  return {foundAt: world.foundAt, samples: [...x], counted: count(world)};
}"""
BOTTOMS = """(names) => names.map((name) => document.querySelector(name).getBoundingClientRect().bottom)"""
PICTURE = "document.querySelector('.demo-cover canvas').toDataURL()"


@pytest.fixture(scope="module")
def asleep(browser):
    """Return the cover with a game that does not move, for questions about numbers."""
    with opened(browser, PAGE, init=ASLEEP) as page:
        yield page


def count(page):
    """Return the words beside the button: the step, and how many clusters are found."""
    return page.locator(".cover-count").inner_text()


def test_its_steps_are_those_of_torch(asleep):
    torch.manual_seed(3)
    n = cover.GAME["batch"]
    batches = [cover.DATA.sample(n) for _ in range(STEPS)]
    noise = [torch.randn(n, 2) for _ in range(2 * STEPS)]
    replayed, source = iter(noise), iter(batches)
    game = cover.the_game(latent=lambda count, device: next(replayed))
    weights = {name: flat(game.networks[name]).tolist() for name in ("G", "D")}
    x, z = ([each.flatten().tolist() for each in drawn] for drawn in (batches, noise))
    here = asleep.evaluate(REPLAY, {"weights": weights, "batches": x, "noise": z})
    records = [play(game, source, 1) for _ in range(STEPS)]
    for name in ("D", "G"):
        theirs = torch.tensor([record[f"{name}_loss"] for record in records])
        assert torch.tensor(here["losses"][name]) == pytest.approx(theirs, abs=1e-4)
        assert torch.tensor(here[name]) == pytest.approx(flat(game.networks[name]), abs=1e-3)


@pytest.mark.parametrize("seed", cover.SEEDS)
def test_every_seed_finds_all_clusters_early_and_keeps_them(asleep, seed):
    run = asleep.evaluate(RUN, seed)
    samples = torch.tensor(run["samples"]).view(-1, 2)
    assert run["foundAt"] <= 2 * asleep.evaluate("Demos.cover.RATE"), "in two seconds"
    assert run["counted"]["found"] == modes_covered(samples, cover.DATA) == 8
    assert run["counted"]["high_quality"] == pytest.approx(
        high_quality_share(samples, cover.DATA), abs=1e-9
    )
    assert run["counted"]["high_quality"] > 0.8


@pytest.mark.parametrize("screen", SIZES)
def test_it_starts_by_itself_on_the_first_screen_and_comes_to_rest(browser, open_page, screen):
    with open_page(PAGE, screen) as page:
        width, height = SIZES[screen]
        page.set_viewport_size({"width": width, "height": height})
        names = [
            "h1",
            ".cover-lead",
            ".cover-buttons",
            *(f".demo-cover {n}" for n in ("canvas", "button", "a")),
        ]
        assert max(page.evaluate(BOTTOMS, names)) <= height
        button = page.locator(".demo-cover button")
        expect(button).to_have_text("Pause training")
        end = page.evaluate(
            "(Demos.cover.playing.world.end = Demos.cover.playing.world.steps + 40)"
        )
        expect(button).to_have_text("Train another")
        before = page.evaluate(PICTURE)
        page.wait_for_timeout(150)
        assert page.evaluate(PICTURE) == before
        assert count(page).startswith(f"step {end}: ")
        button.click()
        expect(button).to_have_text("Pause training")
        page.wait_for_function(f"(before) => {PICTURE} !== before", arg=before)


def test_the_keyboard_alone_pauses_it_and_goes_on(open_page):
    with open_page(PAGE) as page:
        button = page.locator(".demo-cover button")
        expect(button).to_have_text("Pause training")
        page.locator(".cover-buttons a").last.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(button).to_be_focused()
        page.keyboard.press("Space")
        expect(button).to_have_text("Play training")
        before = count(page)
        page.wait_for_timeout(200)
        assert count(page) == before
        assert before.removeprefix("step ").split(":")[0] in page.locator(
            ".demo-cover canvas"
        ).get_attribute("aria-label")
        page.keyboard.press("Enter")
        expect(page.locator(".cover-count")).not_to_have_text(before)


def test_it_rests_while_it_is_out_of_view(open_page):
    with open_page(PAGE) as page:
        expect(page.locator(".demo-cover button")).to_have_text("Pause training")
        page.locator("#set-up").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        before = page.evaluate("Demos.cover.playing.world.steps")
        page.wait_for_timeout(300)
        assert page.evaluate("Demos.cover.playing.world.steps") == before


def test_readers_who_want_rest_see_the_picture_until_they_press(open_page):
    with open_page(PAGE, init=RELUCTANT) as page:
        picture, canvas = page.locator(".demo-cover img"), page.locator(".demo-cover canvas")
        expect(picture).to_be_visible()
        expect(canvas).to_be_hidden()
        page.wait_for_timeout(300)
        assert page.evaluate("Demos.cover.playing.world.steps") == 0
        page.get_by_role("button", name="Play training").click()
        expect(canvas).to_be_visible()
        expect(picture).to_be_hidden()
        page.wait_for_function("Demos.cover.playing.world.steps > 0")


def test_nothing_is_computed_before_the_page_has_been_painted(open_page):
    """The first step comes after the first paint, whatever else the page has to do."""
    note = """addEventListener("DOMContentLoaded", () => {
      const {step} = Demos.cover;
      Demos.cover.step = (world) => { window.began ??= performance.now(); step(world); };
    })"""
    with open_page(PAGE, init=note) as page:
        page.wait_for_function("window.began")
        painted = page.evaluate(
            "performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        assert page.evaluate("window.began") > painted


def test_without_javascript_its_picture_stands(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((SITE / PAGE).as_uri())
    picture = page.locator(".demo-cover img")
    assert picture.is_visible() and picture.evaluate("p => getComputedStyle(p).opacity") == "1"
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SIZES)
def test_it_is_accessible_while_it_plays(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        expect(page.locator(".demo-cover button")).to_have_text("Pause training")
        assert violations(page) == []
