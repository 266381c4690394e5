"""Chapter 3's playground: its numbers are torch's, and it can be operated by mouse and by keyboard."""

from functools import partial

import pytest
import torch
from browsing import opened
from torch import nn

from gan_course import gan, plots
from gan_course.data import grid, ring, swiss_roll, two_moons
from gan_course.game import play
from gan_course.metrics import mode_report
from gan_course.networks import mlp, spectral
from gan_course.objectives import hinge, least_squares, minimax, non_saturating, wasserstein
from gan_course.penalties import clip_weights

PAGE = "book/03_vanilla_gan.html"
STEPS, BATCH, WIDTH = 50, 32, 16
OBJECTIVES = {
    objective.name: objective
    for objective in (minimax, non_saturating, wasserstein, hinge, least_squares)
}

# Plays a game on networks, batches and noise that come from torch.
REPLAY = """({weights, widths, objective, options, vectors, batches, noise}) => {
  const {nn, gan} = Demos, nets = {};
  for (const name of ["G", "D"]) {
    nets[name] = nn.mlp(widths[name], Demo.random(0));
    nets[name].parameters.set(weights[name]);
  }
  nets.D.layers.forEach((layer, l) => {
    if (vectors) [layer.u, layer.v] = vectors[l].map((values) => Float64Array.from(values));
  });
  const game = gan.game(nets.G, nets.D, gan.OBJECTIVES[objective], options);
  const losses = {D: [], G: []};
  while (batches.length) {
    const record = gan.play(game, () => batches.shift(), () => noise.shift());
    losses.D.push(record.D);
    losses.G.push(record.G);
  }
  return {losses, G: [...nets.G.parameters], D: [...nets.D.parameters]};
}"""


@pytest.fixture(scope="module")
def page(browser):
    """Return one open page of the chapter for all questions about numbers."""
    with opened(browser, PAGE) as page:
        yield page


def weight_of(layer):
    """Return a layer's own matrix, also behind spectral normalisation."""
    parametrized = hasattr(layer, "parametrizations")
    return layer.parametrizations.weight.original if parametrized else layer.weight


def flat(network):
    """Return all weights in the order of the page: weight, bias, weight, bias, ..."""
    layers = [layer for layer in network if hasattr(layer, "bias")]
    return torch.cat([t.detach().flatten() for a in layers for t in (weight_of(a), a.bias)])


def singular_vectors(D):
    """Return the state of each layer's power iteration."""
    norms = [layer.parametrizations.weight[0] for layer in D if hasattr(layer, "parametrizations")]
    return [[norm._u.tolist(), norm._v.tolist()] for norm in norms]


def a_game(objective, turns, lr, lr_D, sn, clip):
    """Return a small game in torch, the batches and the noise that it will see, as lists."""
    torch.manual_seed(3)
    G, D = mlp(2, 2, (WIDTH, WIDTH)), mlp(2, 1, (WIDTH, WIDTH))
    D = spectral(D) if sn else D
    batches = [ring().sample(BATCH) for _ in range(STEPS * turns)]
    noise = [torch.randn(BATCH, 2) for _ in range(STEPS * (turns + 1))]
    replayed = iter(noise)
    game = gan(
        G,
        D,
        objective,
        latent=lambda n, device: next(replayed),
        n_critic=turns,
        lr=lr,
        lr_D=lr_D,
        ema=None,
        device="cpu",
    )
    if clip:
        after = game.players[0].optimizer.register_step_post_hook
        after(lambda *_: clip_weights(D, clip))
    return game, batches, noise


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@pytest.mark.parametrize(
    ("turns", "sn", "clip"),
    [(1, False, 0), (2, False, 0), (1, False, 0.1), (2, True, 0)],
    ids=["plain", "two turns", "clipping", "two turns, spectral norm"],
)
def test_fifty_steps_in_the_page_are_those_of_torch(page, objective, turns, sn, clip):
    game, batches, noise = a_game(objective, turns, 2e-3, 1e-3, sn, clip)
    G, D = game.networks["G"], game.networks["D"]
    options = {"n": BATCH, "lrG": 2e-3, "lrD": 1e-3, "turns": turns, "clip": clip}
    here = page.evaluate(
        REPLAY,
        {
            "weights": {"G": flat(G).tolist(), "D": flat(D).tolist()},
            "widths": {"G": [2, WIDTH, WIDTH, 2], "D": [2, WIDTH, WIDTH, 1]},
            "objective": objective.name,
            "options": options,
            "vectors": singular_vectors(D) if sn else None,
            "batches": [x.flatten().tolist() for x in batches],
            "noise": [z.flatten().tolist() for z in noise],
        },
    )
    source = iter(batches)
    records = [play(game, source, 1) for _ in range(STEPS)]
    for name in ("D", "G"):
        theirs = torch.tensor([record[f"{name}_loss"] for record in records])
        assert torch.tensor(here["losses"][name]) == pytest.approx(theirs, abs=1e-4)
        assert torch.tensor(here[name]) == pytest.approx(flat(game.networks[name]), abs=1e-4)


def as_mixture(data):
    return {"modes": data.modes.flatten().tolist(), "spread": data.spread}


SETS = {"ring": ring(), "grid": grid(), "moons": two_moons(), "roll": swiss_roll()}


@pytest.mark.parametrize("name", SETS)
def test_the_data_are_those_of_the_package(page, name):
    script = (
        "([name]) => {const s = Demos.playground.mixtures()[name]; return [[...s.modes], s.spread]}"
    )
    modes, spread = page.evaluate(script, [name])
    assert torch.tensor(modes).view(-1, 2).equal(SETS[name].modes) and spread == SETS[name].spread


@pytest.mark.parametrize("name", SETS)
def test_samples_are_counted_as_the_package_counts_them(page, name):
    torch.manual_seed(0)
    data = SETS[name]
    x = torch.cat([data.sample(300), 0.5 * torch.randn(200, 2)])
    script = "([x, mixture]) => Demos.toys.report(x, mixture)"
    here = page.evaluate(script, [x.flatten().tolist(), as_mixture(data)])
    assert here == pytest.approx(mode_report(x, data), rel=1e-9)


def test_the_page_draws_perfect_samples(page):
    script = """([mixture]) => Demos.toys.report(
        Demos.toys.draw(mixture, Demo.random(1), new Float64Array(40000)), mixture)"""
    report = page.evaluate(script, [as_mixture(ring())])
    assert report["modes"] == 8
    assert report["high_quality"] == pytest.approx(0.9889, abs=0.003)
    assert report["spread"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_equilibrium_and_the_pull_are_those_of_the_package(page, objective):
    torch.manual_seed(1)
    D, x = mlp(2, 1, (WIDTH, WIDTH)), torch.randn(9, 2, requires_grad=True)
    script = """([widths, weights, x, name]) => {
      const {nn, gan} = Demos, net = nn.mlp(widths, Demo.random(0));
      const objective = gan.OBJECTIVES[name];
      net.parameters.set(weights);
      return [gan.equilibrium(objective), [...gan.pull({D: {net}, objective}, nn.tape(net, 9), x)]];
    }"""
    given = [[2, WIDTH, WIDTH, 1], flat(D).tolist(), x.flatten().tolist(), objective.name]
    level, pull = page.evaluate(script, given)
    each = torch.stack([objective.g(a, None) for a in D(x)]).sum()
    (slope,) = torch.autograd.grad(each, x)
    assert level == pytest.approx(plots.equilibrium(objective))
    assert torch.tensor(pull).view(9, 2) == pytest.approx(-slope, abs=1e-6)


@pytest.mark.parametrize("activation", ["relu", "leaky", "tanh"])
def test_networks_of_every_activation_are_those_of_torch(page, activation):
    module = {"relu": nn.ReLU, "leaky": partial(nn.LeakyReLU, 0.2), "tanh": nn.Tanh}[activation]
    torch.manual_seed(2)
    net, x = mlp(2, 3, (5, 7), module), torch.randn(4, 2, requires_grad=True)
    script = """([weights, x, activation]) => {
      const {nn} = Demos, net = nn.mlp([2, 5, 7, 3], Demo.random(0), activation), tape = nn.tape(net, 4);
      net.parameters.set(weights);
      const y = [...nn.forward(net, tape, x)];
      tape.slopes[3].fill(1);
      return [y, [...nn.backward(net, tape)]];
    }"""
    y, slope = page.evaluate(script, [flat(net).tolist(), x.flatten().tolist(), activation])
    out = net(x)
    assert torch.tensor(y).view(4, 3) == pytest.approx(out.detach(), abs=1e-6)
    assert torch.tensor(slope).view(4, 2) == pytest.approx(
        torch.autograd.grad(out.sum(), x)[0], abs=1e-6
    )


def box_of(page):
    box = page.locator(".demo-playground")
    box.locator(".playground-plane canvas").scroll_into_view_if_needed()
    return box


def picture(box):
    return box.locator(".playground-plane canvas").evaluate("canvas => canvas.toDataURL()")


def message(box):
    return box.locator(".demo-readout").inner_text()


def steps_played(box):
    text = box.locator(".playground-numbers span").first.inner_text()
    return int(text.removeprefix("step ").replace(",", ""))


def wait_for_steps(page):
    page.wait_for_function(
        "!document.querySelector('.playground-numbers').textContent.startsWith('step 0')",
        timeout=60_000,
    )


def test_it_waits_untrained_until_the_reader_presses_play(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        first = picture(box)
        page.wait_for_timeout(500)
        assert picture(box) == first and steps_played(box) == 0
        assert not box.locator("img").first.is_visible()


@pytest.mark.parametrize(("screen", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_the_mouse_plays_pauses_and_begins_again(open_page, screen, theme):
    with open_page(PAGE, screen, theme) as page:
        box = box_of(page)
        untrained = picture(box)
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        box.get_by_role("button", name="Pause training").click()
        steps, trained = steps_played(box), picture(box)
        assert trained != untrained and steps > 0
        words = box.locator(".playground-plane canvas").get_attribute("aria-label")
        assert f"Step {steps:,}: G's samples cover" in words and "D's loss" in words
        page.wait_for_timeout(300)
        assert picture(box) == trained
        box.get_by_role("button", name="Start again").click()
        assert picture(box) == untrained and steps_played(box) == 0


def test_the_same_seed_gives_the_same_run_and_another_seed_another(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)

        def after_a_move():
            box.get_by_role("button", name="Move D once").click()
            return message(box), picture(box)

        first = after_a_move()
        box.get_by_role("button", name="Start again").click()
        assert after_a_move() == first
        box.get_by_label("Seed").fill("2")
        box.get_by_label("Seed").press("Enter")
        assert after_a_move() != first


def test_the_keyboard_alone_plays_and_changes_the_rules(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        untrained = picture(box)
        page.get_by_role("button", name="Play training").focus()
        page.keyboard.press("Space")
        wait_for_steps(page)
        page.keyboard.press("Enter")
        assert picture(box) != untrained
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert message(box).startswith("D moved once; its loss was ")
        for _ in range(3):  # to the choice of data
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        assert box.get_by_label("Data").input_value() == "grid" and steps_played(box) == 0
        assert "of 25" in box.locator("tbody").inner_text()


def test_a_wasserstein_critic_begins_with_spectral_normalisation(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        box.get_by_label("Objective").select_option("wasserstein")
        assert box.get_by_label("D is kept smooth by").input_value() == "spectral"
        box.get_by_role("button", name="Move G once").click()
        assert "cannot tell: 0.000" in box.locator(".playground-numbers").inner_text()


def test_data_are_drawn_by_pointer_and_by_keys(open_page):
    with open_page(PAGE) as page:
        box, plane = box_of(page), page.locator(".playground-plane canvas")
        box.get_by_label("Data").select_option("drawn")
        box.get_by_role("button", name="Wipe the drawing").click()
        box.get_by_role("button", name="Play training").click()
        assert "draw some dots first" in message(box)
        plane.scroll_into_view_if_needed()
        area = plane.bounding_box()
        page.mouse.move(area["x"] + 100, area["y"] + 100)
        page.mouse.down()
        page.mouse.move(area["x"] + 200, area["y"] + 100, steps=5)
        page.mouse.up()
        by_pointer = picture(box)
        assert "6 dots" in message(box)
        plane.focus()
        for key in ("ArrowDown", "ArrowDown", "Space"):
            page.keyboard.press(key)
        assert "7 dots" in message(box) and picture(box) != by_pointer
        page.keyboard.press("Backspace")
        assert "6 dots" in message(box)
        box.get_by_role("button", name="Move G once").click()
        assert message(box).startswith("G moved once")


def counts(box):
    """Return the rows of counts that a reader sees."""
    table = box.locator(".playground-table")
    return table.locator("tbody tr").all_inner_texts() if table.is_visible() else []


def test_counts_go_with_the_data_that_they_are_derived_from(open_page):
    with open_page(PAGE) as page:
        box, plane = box_of(page), page.locator(".playground-plane canvas")
        box.get_by_label("Data").select_option("drawn")
        assert len(counts(box)) == 2 and "17 of 17" in counts(box)[1]
        box.get_by_role("button", name="Wipe the drawing").click()
        assert counts(box) == [] and "0 dots" in message(box)
        assert "nothing is counted" in plane.get_attribute("aria-label")
        for name in ("Start again", "Move D once", "Play training"):
            box.get_by_role("button", name=name).click()
            assert counts(box) == []
        assert "draw some dots first" in message(box)
        box.get_by_label("Objective").select_option("hinge")
        box.get_by_label("Data").select_option("grid")
        assert "25 of 25" in counts(box)[1]
        box.get_by_label("Data").select_option("drawn")
        assert counts(box) == []
        plane.focus()
        page.keyboard.press("Space")
        assert "1 dot;" in message(box) and "1 of 1" in counts(box)[1]
        assert "of 1 mode," in plane.get_attribute("aria-label")
        box.get_by_role("button", name="Move D once").click()
        assert message(box).startswith("D moved once") and "NaN" not in box.inner_text()
        plane.focus()
        page.keyboard.press("Backspace")
        assert counts(box) == [] and "NaN" not in box.inner_text()


def test_wiping_while_it_trains_stops_and_counts_nothing(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        box.get_by_label("Data").select_option("drawn")
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        box.get_by_role("button", name="Wipe the drawing").click()
        box.get_by_role("button", name="Play training").wait_for()
        assert counts(box) == [] and "draw some dots first" in message(box)


def test_samples_that_are_no_numbers_are_not_counted_as_good(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        said = page.evaluate(
            """() => {
              const root = document.createElement("div");
              const game = new Demos.playground.Playground(root);
              game.world.game.G.net.parameters.fill(NaN);
              game.look(true);
              return [game.table.textContent, game.numbers.textContent, game.words()];
            }"""
        )
        assert "0 of 8" in said[0] and "0.0 %" in said[0] and box.is_visible()
        assert all("NaN" not in text for text in said)


def test_a_game_that_breaks_says_so_and_stops(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        said = page.evaluate(
            """() => {
              const game = new Demos.playground.Playground(document.createElement("div"));
              game.world.game.D.net.parameters[0] = NaN;
              game.alone("D");
              return game.message.textContent;
            }"""
        )
        assert "the loss of D is no longer a finite number" in said and box.is_visible()


@pytest.mark.parametrize("shape", [(1, 16, 1), (5, 16, 3), (128, 64, 64), (7, 128, 33), (4, 2, 9)])
@pytest.mark.parametrize("turned", [False, True])
def test_the_fast_product_equals_the_plain_one_to_the_last_bit(page, shape, turned):
    script = """([n, m, k, turned]) => {
      const {plain, product} = Demos.product, {uniform} = Demo.random(n + m + k);
      const numbers = (count) => Float64Array.from({length: count}, () => Math.max(uniform() - 0.5, 0));
      const [a, b, start] = [numbers(n * k), numbers(k * m), numbers(n * m)];
      const [down, across] = turned ? [1, n] : [k, 1];
      return [plain, product].map((times) => {
        const out = start.slice();
        times(a, down, across, b, n, m, k, out);
        return [...out];
      }).concat([[...a], [...b], [...start]]);
    }"""
    n, m, k = shape
    slow, fast, a, b, start = page.evaluate(script, [n, m, k, turned])
    assert slow == fast
    a = torch.tensor(a, dtype=torch.float64).view(*((k, n) if turned else (n, k)))
    expected = torch.tensor(start, dtype=torch.float64).view(n, m)
    expected = expected + (a.T if turned else a) @ torch.tensor(b, dtype=torch.float64).view(k, m)
    assert torch.tensor(fast, dtype=torch.float64).view(n, m) == pytest.approx(expected, abs=1e-12)


def test_the_browser_has_the_fast_product(page):
    assert page.evaluate("Demos.product.quick !== null")


def test_what_is_no_number_passes_through_a_product(page):
    script = """(quick) => {
      const [a, b, out] = [new Float64Array(4).fill(1), new Float64Array(64).fill(1), new Float64Array(16)];
      a[2] = NaN;
      Demos.product[quick](a, 4, 1, b, 1, 16, 4, out);
      return out.every(Number.isNaN);
    }"""
    assert page.evaluate(script, "plain") and page.evaluate(script, "quick")
