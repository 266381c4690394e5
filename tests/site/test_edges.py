"""Chapter 14's lines: the U-Nets in the page paint what torch's paint, and every tool does what it says."""

import sys
from pathlib import Path

import pytest
import torch
from axe import violations
from browsing import opened
from playwright.sync_api import expect

from gan_course.data import INKS, edges, ink_of
from gan_course.networks import DropoutNoise, unet

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from demos import _style, _unet
from demos import edges as demo
from make_demos import packed

PAGE = "book/14_translation.html"
RUN = """([stored, pictures, draws]) => {
  const G = Demos.layers.network(stored);
  return pictures.map((picture, i) => {
    let k = 0;
    return Array.from(G(picture, 0, () => draws[i][k++]));
  });
}"""
KNOWN = """([pictures, side]) => {
  const { outline, inkOf } = Demos.edges;
  return pictures.map((one) => {
    const picture = Float32Array.from(one);
    return [Array.from(outline(picture, side)), inkOf(demoData.edges, picture)];
  });
}"""
TIME = """() => {
  const { G, sketches } = Demos.edges.load(demoData.edges);
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now();
    G(sketches[0].lines, Demo.random(1).uniform);
    return performance.now() - start;
  });
  return Math.min(...times);
}"""
BEGIN = (
    "Adversary + L1: pink, its outline along 88 % of your lines. "
    "L1 alone: none of the inks, its outline along 99 % of your lines."
)
PAPER, BOTH = ".demo-edges .edges-paper", ".demo-edges .edges-both canvas"


@pytest.fixture(scope="module")
def page(browser):
    """Return one open page of the chapter for all questions about numbers."""
    with opened(browser, PAGE) as page:
        yield page


def small(seed: int):
    """Return an untrained U-Net of another shape, in which every number matters."""
    torch.manual_seed(seed)
    G = unet((2, 3), (5, 7, 4)).eval()
    with torch.no_grad():
        for parameter in G.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        for norm in (m for m in G.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            norm.running_mean.normal_(), norm.running_var.uniform_(0.5, 2)
    return _style.halved(G)


def sent(export: dict) -> dict:
    """Return an exported network as a page gets it."""
    ops = [
        {key: packed(part) if hasattr(part, "tobytes") else part for key, part in op.items()}
        for op in export["ops"]
    ]
    return {"ops": ops, "halves": packed(export["halves"])}


@torch.no_grad()
def answered(G, x):
    """Return G's answers to x, one by one, and the numbers in [0, 1) that chose what dropout drops."""
    draws = [[] for _ in x]

    def dropped(module, inputs, _):
        (h,) = inputs
        u = torch.rand(h.shape, generator=generator)
        draws[k].extend(u.flatten().tolist())
        return torch.where(u < module.p, 0.0, h / (1 - module.p))

    generator = torch.Generator().manual_seed(1)
    hooks = [m.register_forward_hook(dropped) for m in G.modules() if isinstance(m, DropoutNoise)]
    answers = []
    for k, one in enumerate(x):  # noqa: B007 - the hook reads k
        answers.append(G(one[None]).flatten())
    for hook in hooks:
        hook.remove()
    return torch.stack(answers), draws


@pytest.mark.parametrize("kind", ["14_edges", "14_edges_l1", "small"])
def test_the_page_paints_what_torch_paints_with_the_same_dropout(page, kind):
    if kind == "small":
        G, x = small(0), torch.randn(3, 2, 16, 16, generator=torch.Generator().manual_seed(2))
    else:
        G, x = demo.stored(kind), edges(demo.examples()[:3])
        x = torch.cat([x, *(demo.drawn(s)[None] for s in demo.SKETCHES.values())])
    expected, draws = answered(G, x)
    assert all(len(numbers) > 100 for numbers in draws)
    export = sent(_unet.exported(G, x.shape[-1]))
    found = page.evaluate(RUN, [export, x.flatten(1).tolist(), draws])
    assert (torch.tensor(found) - expected).abs().max() < 1e-5


def test_outlines_and_inks_are_those_of_the_package(page):
    generator = torch.Generator().manual_seed(0)
    rough = torch.rand(6, 3, 32, 32, generator=generator) * 2 - 1
    tinted = (rough.amax(1, keepdim=True) + 1) / 2 * (
        INKS[:, :, None, None] + 1
    ) - 1  # [6, 3, 32, 32]
    grey = torch.full((1, 3, 32, 32), 140 / 127.5 - 1)
    pictures = torch.cat([demo.examples(), rough, tinted, grey, -torch.ones(1, 3, 32, 32)])
    found = page.evaluate(KNOWN, [pictures.flatten(1).tolist(), 32])
    outlines = torch.tensor([one for one, _ in found]).view(-1, 1, 32, 32)
    assert torch.equal(2.0 * outlines - 1, edges(pictures))
    assert [ink for _, ink in found] == ink_of(pictures).tolist()
    assert {*range(len(INKS)), -1} == {ink for _, ink in found}


def test_a_straight_line_has_no_gap_and_both_pens_draw_the_same(page):
    strokes = [
        [(3, 4), (28, 9), (3, 30)],
        [(10, 0), (10, 31)],
        [(31, 31), (0, 0)],
        [(5, 5), (5, 5)],
    ]
    for stroke in strokes:
        drawn = "(stroke) => Array.from(Demos.edges.drawn([stroke], 32))"
        found = torch.tensor(page.evaluate(drawn, stroke)).view(1, 32, 32)
        assert torch.equal(2.0 * found - 1, demo.drawn([stroke]))
        cells = page.evaluate("([from, to]) => Demos.edges.line(from, to)", stroke[:2])
        assert cells[0] == [*stroke[0]] and cells[-1] == [*stroke[1]]
        steps = [
            max(abs(a - c), abs(b - d)) for (a, b), (c, d) in zip(cells, cells[1:], strict=False)
        ]
        assert set(steps) <= {1}


def test_the_share_of_lines_that_are_followed_counts_neighbours(page):
    share = "([lines, other]) => Demos.edges.followed(Uint8Array.from(lines), other, 4)"
    row = [0, 0, 0, 0, 1, 1, 1, 1] + [0] * 8  # the second of four rows
    assert page.evaluate(share, [row, [1] * 4 + [0] * 12]) == 1.0  # the row above
    assert page.evaluate(share, [row, [0] * 12 + [1] * 4]) == 0.0  # two rows below
    assert page.evaluate(share, [row, [1] + [0] * 15]) == 0.5
    assert page.evaluate(share, [[0] * 16, [1] * 16]) is None


def test_an_answer_is_cheap_enough_to_follow_a_pen(page, record_property):
    """The time is reported, for it is this machine's, too; what is counted is the size of the data."""
    fastest = page.evaluate(TIME)
    record_property("milliseconds", fastest)
    print(f"an answer: {fastest:.0f} ms{'' if fastest < 50 else ', more than 50 ms'}")
    data = Path(demo.__file__).parents[2] / "book" / "_static" / "demos" / "data" / "edges.js"
    assert data.stat().st_size < 1_000_000


def test_what_the_page_cannot_run_is_named():
    with pytest.raises(TypeError, match="with skips"):
        _unet.exported(unet(skips=False).eval(), 32)
    with pytest.raises(ValueError, match="16 bits"):
        _unet.exported(unet((1, 3), (4, 4)).eval(), 16)


def painted(page) -> str:
    """Return the answer's pixels, once there is one."""
    expect(page.locator(".demo-edges .demo-readout")).not_to_be_empty()
    return page.evaluate(f"document.querySelector('{BOTH}').toDataURL()")


def changed(page, before: str) -> None:
    """Wait until the answer is another one."""
    page.wait_for_function(
        f"(before) => document.querySelector('{BOTH}').toDataURL() !== before", arg=before
    )


def lines(page) -> int:
    """Return how many cells are lines, as a reader who does not see them is told."""
    return int(page.locator(PAPER).get_attribute("aria-label").split()[2])


def stroke(page, *corners: tuple[int, int]) -> None:
    """Draw with the mouse from cell to cell."""
    page.locator(PAPER).scroll_into_view_if_needed()
    box = page.locator(PAPER).bounding_box()
    places = [
        (box["x"] + (x + 0.6) / 32 * box["width"], box["y"] + (y + 0.6) / 32 * box["height"])
        for x, y in corners
    ]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


@pytest.mark.parametrize(("screen", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_pen_eraser_undo_clear_and_examples_change_the_answer(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        box, first = page.locator(".demo-edges"), painted(page)
        press = lambda name: box.get_by_role("button", name=name, exact=True).click()  # noqa: E731
        said = box.locator(".demo-readout")
        assert box.locator(".demo-still img").is_hidden()
        expect(said).to_have_text(BEGIN)  # as the chapter says: here L1 alone is closer
        expect(box.get_by_role("button", name="Undo")).to_be_disabled()
        press("Clear")
        expect(said).to_have_text("No lines: draw some.")
        empty = painted(page)
        stroke(page, (4, 4), (27, 4), (27, 27), (4, 27), (4, 4))
        changed(page, empty)
        page.wait_for_function(f"document.querySelector('{PAPER}').ariaLabel.includes(' 92 of ')")
        press("Eraser")
        stroke(page, (4, 4), (27, 4))
        page.wait_for_function(f"document.querySelector('{PAPER}').ariaLabel.includes(' 68 of ')")
        press("Undo")
        page.wait_for_function(f"document.querySelector('{PAPER}').ariaLabel.includes(' 92 of ')")
        press("Undo"), press("Undo")
        page.wait_for_function(
            f"(first) => document.querySelector('{BOTH}').toDataURL() === first", arg=first
        )
        for name in ("Other noise", "Another example"):
            before = painted(page)
            press(name)
            changed(page, before)
        assert violations(page, ["color-contrast", "label", "button-name"]) == []


def test_the_keyboard_alone_draws_erases_and_takes_back(open_page):
    with open_page(PAGE) as page:
        painted(page)
        paper, place = page.locator(PAPER), page.locator(".demo-edges .edges-place")
        page.locator(".demo-edges").get_by_role("button", name="Clear").press("Enter")
        paper.focus()
        page.keyboard.press("Space")
        expect(place).to_have_text("column 17, row 17: line")
        for _ in range(3):
            page.keyboard.press("Shift+ArrowRight")
        expect(place).to_have_text("column 20, row 17: line")
        page.keyboard.press("ArrowUp")
        expect(place).to_have_text("column 20, row 16: empty")
        page.wait_for_function(f"document.querySelector('{PAPER}').ariaLabel.includes(' 4 of ')")
        page.keyboard.press("Control+z")
        page.wait_for_function(f"document.querySelector('{PAPER}').ariaLabel.includes(' 3 of ')")
        page.keyboard.press("Tab")
        expect(place).to_be_empty()
        expect(page.locator(".demo-edges").get_by_role("button", name="Pen")).to_be_focused()


def test_a_finger_draws_and_does_not_move_the_page(browser):
    with opened(browser, PAGE, "phone") as page:
        painted(page)
        before = lines(page)
        assert page.locator(PAPER).evaluate("node => getComputedStyle(node).touchAction") == "none"
        page.locator(PAPER).evaluate(
            """node => {
          const box = node.getBoundingClientRect();
          const at = (x, y) => ({ clientX: box.left + (x / 32) * box.width, clientY: box.top + (y / 32) * box.height });
          const send = (kind, x, y) => node.dispatchEvent(new PointerEvent(kind, {
            pointerId: 1, pointerType: "touch", isPrimary: true, bubbles: true, ...at(x, y) }));
          node.setPointerCapture = () => {};  // there is no such finger
          send("pointerdown", 0.5, 0.5), send("pointermove", 31.5, 0.5), send("pointerup", 31.5, 0.5);
          send("pointermove", 31.5, 31.5);
        }"""
        )
        page.wait_for_function(
            f"document.querySelector('{PAPER}').ariaLabel.includes(' {before + 32} of ')"
        )


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_the_box_fits_and_lines_and_answers_are_seen_together(open_page, width):
    with open_page(PAGE, "phone") as page:
        page.set_viewport_size({"width": width, "height": 844})
        painted(page)
        box = page.locator(".demo-edges")
        sizes = box.locator(".demo-live").evaluate("box => [box.scrollWidth, box.clientWidth]")
        assert sizes[0] <= sizes[1]
        paper, answers = (
            box.locator(name).bounding_box() for name in (".edges-paper", ".edges-answers")
        )
        assert answers["y"] + answers["height"] - paper["y"] < 844
        assert (
            paper["width"] >= 6.5 * 32 and paper["x"] >= 24
        )  # room for a finger that moves the page


def test_the_starting_state_is_accessible(open_page):
    with open_page(PAGE) as page:
        painted(page)
        assert violations(page) == []
