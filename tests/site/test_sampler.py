"""The samplers of chapters 4 and 5: stored generators that run in the page."""

import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from gan_course import lerp, slerp
from gan_course.networks import (
    Chain,
    ConcatEmbedding,
    ConcatOneHot,
    ConditionalBatchNorm2d,
    dcgan_generator,
    strided,
    upsampled,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from demos._generators import codes, stored
from demos._layers import exported
from make_demos import packed

PAGES = {"sampler-dcgan": "book/04_dcgan.html", "sampler-cgan": "book/05_cgan.html"}
# The demo, the place of the generator in it, the stored file, and the dimensions of z.
GENERATORS = [
    ("sampler-dcgan", 0, "04_glyphs", 48),
    ("sampler-dcgan", 1, "04_digits", 64),
    ("sampler-cgan", 0, "05_page", 48),
    ("sampler-cgan", 1, "07_conditional", 48),
]
RUN = """([name, k, z, y]) => {
  const { G } = Demos.sampler.load(demoData[name].generators[k]);
  return z.map((code, i) => Array.from(G(code, y[i])));
}"""
CANVASES = "box => [...box.querySelectorAll('canvas')].map(canvas => canvas.toDataURL())"


@pytest.mark.parametrize(("demo", "place", "name", "dim"), GENERATORS)
@torch.no_grad()
def test_the_page_makes_the_pictures_that_torch_makes(open_page, demo, place, name, dim):
    z, labels = codes(dim, 20, seed=7), ()
    if demo == "sampler-cgan":  # every code in every class
        z, labels = z.repeat_interleave(10, 0), (torch.arange(10).repeat(20),)
    expected = stored(name)(z, *labels)
    y = labels[0].tolist() if labels else [0] * len(z)
    with open_page(PAGES[demo]) as page:
        found = torch.tensor(page.evaluate(RUN, [demo, place, z.tolist(), y]))
    assert (found - expected.flatten(1)).abs().max() < 1e-5


def trained(network):
    """Give batch norms statistics of their own, as training would."""
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.running_mean)
            nn.init.uniform_(part.running_var, 0.5, 2.0)
    return network.eval()


NETWORKS = {
    "upsampling": lambda: dcgan_generator(6, (1, 16, 16), 4, up=upsampled),
    "colour": lambda: dcgan_generator(6, (3, 16, 16), 4, activation=partial(nn.LeakyReLU, 0.2)),
    "embedding": lambda: dcgan_generator(6, (1, 16, 16), 4, condition=ConcatEmbedding(3, (5,))),
    "conditional norm": lambda: dcgan_generator(
        6, (1, 16, 16), 4, norm=partial(ConditionalBatchNorm2d, classes=3)
    ),
    "convolutions down": lambda: Chain(
        ConcatOneHot(3), nn.Linear(9, 128), nn.Unflatten(1, (2, 8, 8)), strided(2, 3), nn.Tanh()
    ),
    "kernel 3": lambda: nn.Sequential(
        nn.Linear(6, 32), nn.Unflatten(1, (2, 4, 4)), nn.ConvTranspose2d(2, 3, 3, 2, 1)
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
@torch.no_grad()
def test_every_operation_equals_that_of_torch(open_page, name):
    torch.manual_seed(0)
    G, z, y = trained(NETWORKS[name]()), torch.randn(4, 6), torch.tensor([0, 2, 1, 2])
    conditional = any(hasattr(part, "check_labels") for part in G.modules())
    expected = G(z, y) if conditional else G(z)
    network = exported(G)
    sent = {"ops": network["ops"], "weights": packed(network["weights"])}
    run = "([net, z, y]) => z.map((c, i) => Array.from(Demos.layers.network(net)(c, y[i])))"
    with open_page(PAGES["sampler-dcgan"]) as page:
        found = torch.tensor(page.evaluate(run, [sent, z.tolist(), y.tolist()]))
    assert (found - expected.flatten(1)).abs().max() < 1e-5


def test_a_layer_that_the_page_cannot_run_is_named():
    with pytest.raises(TypeError, match="cannot run a Sigmoid"):
        exported(nn.Sequential(nn.Linear(2, 2), nn.Sigmoid()))


def test_both_walks_are_those_of_the_package(open_page):
    a, b = codes(48, 2, seed=3)
    script = "([way, a, b]) => [0, 0.25, 0.5, 1].map(t => Demos.sampler[way](a, b, t))"
    with open_page(PAGES["sampler-dcgan"]) as page:
        for way, walk in (("lerp", lerp), ("slerp", slerp)):
            found = torch.tensor(page.evaluate(script, [way, a.tolist(), b.tolist()]))
            assert (found - walk(a, b, 5)[[0, 1, 2, 4]]).abs().max() < 1e-5


@pytest.mark.parametrize("demo", PAGES)
def test_the_static_picture_gives_way_to_the_demo(open_page, demo):
    with open_page(PAGES[demo]) as page:
        box = page.locator(f".demo-{demo}")
        assert "demo-alive" in box.get_attribute("class")
        assert not box.locator(".demo-still img").is_visible()
        assert box.locator("canvas").count() == 3


@pytest.mark.parametrize("demo", PAGES)
def test_every_button_and_list_changes_a_picture(open_page, demo):
    with open_page(PAGES[demo]) as page:
        box = page.locator(f".demo-{demo}")
        for name in ("New z", "New ends", "New samples"):
            before = box.evaluate(CANVASES)
            box.get_by_role("button", name=name).click()
            assert box.evaluate(CANVASES) != before, name
        before = box.evaluate(CANVASES)
        box.locator("select").select_option("1")
        assert all(new != old for new, old in zip(box.evaluate(CANVASES), before, strict=True))


def test_a_class_button_changes_the_class_of_one_code_and_of_the_walk(open_page):
    with open_page(PAGES["sampler-cgan"]) as page:
        box = page.locator(".demo-sampler-cgan")
        before = box.evaluate(CANVASES)
        seven = box.get_by_role("button", name="7", exact=True)
        seven.click()
        one, walk, grid = (n != o for n, o in zip(box.evaluate(CANVASES), before, strict=True))
        assert one and walk and not grid  # the grid shows all classes anyway
        assert seven.get_attribute("aria-pressed") == "true"
        assert "class 7" in box.locator("canvas").first.get_attribute("aria-label")


@pytest.mark.parametrize("demo", PAGES)
def test_the_keyboard_alone_moves_every_slider(open_page, demo):
    with open_page(PAGES[demo], screen="phone", theme="dark") as page:
        box = page.locator(f".demo-{demo}")
        box.locator("select").focus()
        sliders = box.locator("input[type=range]").count()
        moved = set()
        for _ in range(30):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.id")
            if page.evaluate("document.activeElement.type") == "range":
                before = box.evaluate(CANVASES)
                for _ in range(5):
                    page.keyboard.press("ArrowRight")
                assert box.evaluate(CANVASES) != before
                moved.add(name)
        assert len(moved) == sliders == 6


def test_the_walk_plays_and_rests_by_the_space_bar(open_page):
    with open_page(PAGES["sampler-dcgan"]) as page:
        box = page.locator(".demo-sampler-dcgan")
        walk = "box => box.querySelectorAll('canvas')[1].toDataURL()"
        still = box.evaluate(walk)
        page.wait_for_timeout(200)
        assert box.evaluate(walk) == still  # nothing moves before play is pressed
        button = box.get_by_role("button", name="Play the walk")
        button.scroll_into_view_if_needed()
        button.focus()
        page.keyboard.press("Space")
        page.wait_for_timeout(500)
        assert box.evaluate(walk) != still
        page.keyboard.press("Space")
        rest = box.evaluate(walk)
        page.wait_for_timeout(200)
        assert box.evaluate(walk) == rest
