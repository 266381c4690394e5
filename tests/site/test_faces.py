"""Chapter 13's faces: the StyleGAN in the page makes torch's pictures, and every control does what it says."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from axe import violations
from browsing import opened
from playwright.sync_api import expect

from gan_course.data.factors import FACTORS
from gan_course.metrics.judge import face_judge
from gan_course.networks import style_generator
from gan_course.stored import load_run
from gan_course.widgets import mixed_styles

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from demos import _style, faces
from make_demos import packed

PAGE = "book/13_style.html"
RUN = """([stored, z, styles, noise]) => {
  const G = Demos.style.network(stored ?? demoData.faces.G);
  const ws = z.map((code) => Array.from(G.map(code)));
  const pictures = styles.map((one, i) => Array.from(G.synthesize(one, noise[i])));
  return [ws, pictures, z.map((_, i) => Array.from(G.synthesize(one(G, ws[i]))))];
  function one(G, w) { return G.sides.map(() => w); }
}"""
STYLES = """([seeds, fromB, psi, pushes]) => {
  const { load, person, styles, read } = Demos.faces;
  const model = window.loadedFaces ??= load(demoData.faces);
  const [a, b] = seeds.map((seed) => person(model, seed));
  const ws = styles(model, { a, b, fromB, psi, pushes });
  const picture = model.G.synthesize(ws);
  return [Array.from(a.w), Array.from(b.w), ws, Array.from(picture), read(model, picture)];
}"""
TIME = """() => {
  const G = Demos.style.network(demoData.faces.G), w = G.map(Array(G.dim).fill(0.5));
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now();
    G.synthesize(G.sides.map(() => w));
    return performance.now() - start;
  });
  return Math.min(...times);
}"""
YOURS = ".demo-faces .faces-yours canvas"


@pytest.fixture(scope="module")
def page(browser):
    """Return one open page of the chapter for all questions about numbers."""
    with opened(browser, PAGE) as page:
        yield page


def small(seed: int):
    """Return an untrained G of another shape, in which every number matters."""
    torch.manual_seed(seed)
    G = style_generator(latent=6, shape=(3, 16, 16), widths=(5, 7, 4), dim=9, depth=2).eval()
    with torch.no_grad():
        for parameter in G.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        G.mean_w.normal_()
    return _style.halved(G)


def sent(value):
    """Return an export as a page gets it."""
    if isinstance(value, dict):
        return {key: sent(part) for key, part in value.items()}
    if isinstance(value, list):
        return [sent(part) for part in value]
    return packed(value) if hasattr(value, "tobytes") else value


@pytest.mark.parametrize("kind", ["stored", "small"])
@torch.no_grad()
def test_the_page_makes_the_pictures_that_torch_makes_of_given_styles_and_noise(page, kind):
    G = faces.stored() if kind == "stored" else small(0)
    latent = G.mapping[1].in_features
    torch.manual_seed(1)
    z, others = torch.randn(2, 4, latent)
    w = G.mapping(z)
    ws = torch.where(torch.rand(4, G.layers, 1) < 0.5, w[:, None], G.mapping(others)[:, None])
    noise = G.synthesis.draw_noise(4)
    given = [[one[i].flatten().tolist() for one in noise] for i in range(4)]
    export = None if kind == "stored" else sent(_style.exported(G))
    found = [
        torch.tensor(part) for part in page.evaluate(RUN, [export, z.tolist(), ws.tolist(), given])
    ]
    expected = [w, G.synthesis(ws, noise).flatten(1), G(z).flatten(1)]
    assert all(
        (here - there).abs().max() < 1e-5 for here, there in zip(found, expected, strict=True)
    )


@torch.no_grad()
def test_mixing_truncation_edits_and_the_judge_are_those_of_the_package(page):
    G, edits, judge = faces.stored(), load_run("13_edits")["data"], face_judge()
    pushes = [1.5, -2.0, 0.0, 0.5] + [0.0] * (len(faces.EDITS) - 4)
    fromB = [True, False, True, True, False, False, True]
    a, b, ws, picture, read = page.evaluate(STYLES, [[3, 4], fromB, 0.6, pushes])
    a, b, ws = (torch.tensor(one) for one in (a, b, ws))
    push = sum(
        t * faces.direction(edits, name) for t, name in zip(pushes, faces.EDITS, strict=True)
    )
    expected = mixed_styles(a.expand(1, 7, -1), b.expand(1, 7, -1), fromB, G.mean_w, 0.6, push)
    assert (ws - expected[0]).abs().max() < 1e-5
    made = G.synthesis(expected)
    assert (torch.tensor(picture) - made.flatten()).abs().max() < 1e-5
    readings = judge.factors(made.clamp(-1, 1))
    for factor, here in zip(FACTORS, read, strict=True):
        if factor.kinds:
            assert round(here) == readings[factor.name].item(), factor.name
        else:
            assert here == pytest.approx(readings[factor.name].item(), abs=0.02), factor.name


def test_every_number_of_16_bits_is_unpacked(page):
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    found = page.evaluate("text => Array.from(Demo.unpackHalf(text))", packed(halves))
    assert found == halves.tolist()


def test_a_picture_is_cheap_enough_for_a_slider(page, record_property):
    """At most 25 million multiplications; the time is reported, for it is this machine's, too."""
    layers = page.evaluate("demoData.faces.G.layers")
    inside = [layer["side"] // (2 if layer["up"] else 1) for layer in layers]
    sizes = zip(layers, inside, strict=True)
    count = sum(9 * layer["before"] * layer["after"] * side**2 for layer, side in sizes)
    fastest = page.evaluate(TIME)
    record_property("milliseconds", fastest)
    late = "" if fastest < 50 else ", more than 50 ms"
    print(f"a picture: {count / 1e6:.0f} million multiplications, {fastest:.0f} ms{late}")
    assert count < 25e6


def test_what_the_page_cannot_run_is_named():
    G = small(0)
    with torch.no_grad():
        G.synthesis.bias += 1e-4
    with pytest.raises(ValueError, match="16 bits"):
        _style.exported(G)


def picture(page):
    """Return your face, once there is one."""
    expect(page.locator(".demo-faces .demo-readout")).not_to_be_empty()
    return page.evaluate(f"document.querySelector('{YOURS}').toDataURL()")


def slider(box, name):
    return box.get_by_role("slider", name=name, exact=True)


def moved(page, before):
    """Wait until your face is another one."""
    page.wait_for_function(
        f"(before) => document.querySelector('{YOURS}').toDataURL() !== before", arg=before
    )


@pytest.mark.parametrize(("screen", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_layers_sliders_noise_and_new_faces_change_your_face(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        box = page.locator(".demo-faces")
        assert box.locator(".demo-still img").is_hidden()
        expect(box.locator(".faces-many .faces-note")).to_contain_text("Two of the ten differ by")
        said = box.locator(".demo-readout")
        expect(said).to_contain_text("Like ")
        layer = box.get_by_role("button", name="Layer 1 of 7")
        before = picture(page)
        layer.click()
        moved(page, before)
        assert layer.get_attribute("aria-pressed") == "false"
        box.get_by_role("button", name="none", exact=True).click()
        page.wait_for_function(
            f"document.querySelector('{YOURS}').toDataURL() === "
            "document.querySelector('.faces-a canvas').toDataURL()"
        )
        expect(said).to_have_text(re.compile("^Like A's: [^.]+[.]$"))
        slider(box, "smile").fill("2")
        expect(said).to_contain_text("Asked for: smile")
        box.get_by_role("button", name="All to 0").click()
        expect(said).to_contain_text("Like A's")
        for name in ("Other noise", "New A", "New B", "coarse"):
            before = picture(page)
            box.get_by_role("button", name=name, exact=True).click()
            if name != "New B":  # no layer hears B
                moved(page, before)
        assert violations(page, ["color-contrast", "label", "button-name"]) == []


def test_psi_0_makes_all_faces_one_and_a_click_takes_one_of_the_ten(open_page):
    with open_page(PAGE) as page:
        box, before = page.locator(".demo-faces"), picture(page)
        box.get_by_role("button", name="face 4 of 10").click()
        box.get_by_role("button", name="none", exact=True).click()
        moved(page, before)
        slider(box, "ψ").fill("0")
        expect(box.locator(".faces-many .faces-note")).to_contain_text("differ by 0.00")
        expect(box.locator(".demo-readout")).to_contain_text("no difference between A, B")


def test_the_keyboard_alone_mixes_and_edits(open_page):
    with open_page(PAGE) as page:
        box, before = page.locator(".demo-faces"), picture(page)
        box.get_by_role("button", name="Layer 7 of 7").focus()
        page.keyboard.press("Space")
        moved(page, before)
        page.keyboard.press("Shift+Tab")
        expect(box.get_by_role("button", name="Layer 6 of 7")).to_be_focused()
        slider(box, "turn").focus()
        page.keyboard.press("End")
        expect(box.locator(".demo-readout")).to_contain_text("Asked for: turn")


@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_the_box_fits_and_face_and_sliders_are_seen_together(open_page, width):
    with open_page(PAGE, "phone") as page:
        page.set_viewport_size({"width": width, "height": 844})
        box = page.locator(".demo-faces")
        expect(box.locator(".demo-readout")).not_to_be_empty()
        sizes = box.locator(".demo-live").evaluate("box => [box.scrollWidth, box.clientWidth]")
        assert sizes[0] <= sizes[1]
        top = box.locator(".faces-yours").bounding_box()["y"]
        last = box.locator(".faces-sliders").bounding_box()
        assert last["y"] + last["height"] - top < 844
        for name in (".faces-layer", ".faces-pick"):
            assert box.locator(name).first.bounding_box()["width"] >= (36 if width == 390 else 28)


def test_the_starting_state_is_accessible(open_page):
    with open_page(PAGE) as page:
        expect(page.locator(".demo-faces .demo-readout")).not_to_be_empty()
        assert violations(page) == []
