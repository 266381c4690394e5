"""Chapter 3's playground: its numbers are torch's, and it can be operated by mouse and by keyboard."""

from functools import partial

import pytest
import torch
from axe import violations
from browsing import SITE, opened
from playwright.sync_api import expect
from serving import served
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


SETTLED = "document.querySelector('.demo-playground [aria-busy=false]') !== null"


def box_of(page):
    """Return the box, when its worker has answered; moves are told at once, not moment by moment."""
    page.emulate_media(reduced_motion="reduce")
    box = page.locator(".demo-playground")
    box.locator(".playground-plane canvas").scroll_into_view_if_needed()
    settle(page)
    return box


def settle(page):
    """Wait until whoever trains has answered all messages."""
    page.wait_for_function(SETTLED, timeout=60_000)


def press(box, name):
    box.get_by_role("button", name=name).click()
    settle(box.page)


def choose(box, label, value):
    box.get_by_label(label, exact=True).select_option(value)
    settle(box.page)


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


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_cover_s_link_shows_the_whole_game_at_once(browser, width, height, theme):
    """Play, the plane, the losses and the counts, below at most two lines of text."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    page = context.new_page()
    page.goto((SITE / "book/intro.html").as_uri())
    page.locator("a[href$='#train-one-yourself']").first.click()
    page.wait_for_url("**/03_vanilla_gan.html#train-one-yourself")
    page.wait_for_function(SETTLED, timeout=60_000)
    top = page.locator(".bd-header-article").bounding_box()
    box = page.locator(".demo-playground")
    parts = [box.get_by_role("button", name="Play training"), box.locator("table").first]
    for part in (*parts, *box.locator("canvas").all()):
        area = part.bounding_box()
        assert top["y"] + top["height"] <= area["y"] and area["y"] + area["height"] <= height
    text = box.locator(".on-page p")
    line = float(text.evaluate("p => parseFloat(getComputedStyle(p).lineHeight)"))
    assert text.bounding_box()["height"] <= 2.1 * line
    assert violations(page, within=".demo-playground") == []
    context.close()


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
        press(box, "Pause training")
        steps, trained = steps_played(box), picture(box)
        assert trained != untrained and steps > 0
        words = box.locator(".playground-plane canvas").get_attribute("aria-label")
        assert f"Step {steps:,}: G's samples cover" in words and "D's loss" in words
        assert message(box) == f"Paused. {words}"
        page.wait_for_timeout(300)
        assert picture(box) == trained
        press(box, "Start again")
        assert picture(box) == untrained and steps_played(box) == 0


@pytest.mark.parametrize("by", ["file", "server"])
def test_a_worker_trains_so_that_drawing_need_not_wait(browser, by):
    """The page's own thread is never held up by a game of the widest networks."""
    with served(SITE) as host:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{SITE.as_uri() if by == 'file' else host}/{PAGE}")
        box = box_of(page)
        choose(box, "Hidden layers", "128")
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        assert len(page.workers) == 1
        assert "steps a second" in box.locator(".graph-caption").inner_text()
        context.close()


# Steps, drawings of the plane and frames of the screen in each of some seconds.
RATES = """async (seconds) => {
  const counted = {draws: 0, frames: 0}, {clearRect} = CanvasRenderingContext2D.prototype;
  const canvas = document.querySelector(".playground-plane canvas");
  CanvasRenderingContext2D.prototype.clearRect = function (...area) {
    counted.draws += this.canvas === canvas;
    return clearRect.apply(this, area);
  };
  const steps = () => Number(document.querySelector(".playground-numbers span").textContent.replace(/\\D/g, ""));
  const now = () => [steps(), counted.draws, counted.frames];
  let on = true;
  (function tick() { counted.frames += 1; if (on) requestAnimationFrame(tick); })();
  const rates = [];
  for (let i = 0; i < seconds; i++) {
    const [before, start] = [now(), performance.now()];
    await new Promise((done) => setTimeout(done, 1000));
    rates.push(now().map((count, k) => Math.round((1000 * (count - before[k])) / (performance.now() - start))));
  }
  on = false;
  return rates;
}"""


def test_how_fast_it_trains_and_draws_is_reported(open_page, record_property):
    """The times are this machine's: `pytest -s -k how_fast` prints them, and nothing is asserted."""
    with open_page(PAGE) as page:
        box = box_of(page)
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        rates = page.evaluate(RATES, 5)
        record_property("steps_drawings_frames_each_second", rates)
        print("\nsteps, drawings and frames in each of 5 seconds:", *rates)


@pytest.mark.parametrize(
    "lack",
    [
        "delete window.Worker",
        "window.Worker = class { constructor() { throw new Error('none here'); } }",
        "window.Worker = class { postMessage() { setTimeout(() => this.onerror(new Event('error'))); } terminate() {} }",
    ],
    ids=["none", "forbidden", "broken"],
)
def test_without_workers_the_page_trains_itself(open_page, lack):
    with open_page(PAGE, init=lack) as page:
        box = box_of(page)
        press(box, "Move D once")
        assert message(box).startswith("D moved once; its loss was ")
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        press(box, "Pause training")
        assert steps_played(box) > 0 and page.workers == []


def test_a_worker_and_the_page_itself_play_the_same_game(open_page):
    script = """(worker) => new Promise((done) => {
      const heard = [];
      const engine = Demos.engine.open((picture) => {
        heard.push(picture);
        if (heard.length === 3) done([engine.apart, heard[1].losses, [...heard[2].fake], heard[2].report]);
      }, worker);
      const mixture = Demos.playground.mixtures().ring, look = {words: true, count: true};
      engine.send({order: "begin", settings: Demos.playground.START, mixture, look});
      engine.send({order: "frame", steps: 30, look});
      engine.send({order: "half", look});
    })"""
    with open_page(PAGE) as page:
        apart, here = page.evaluate(script, True), page.evaluate(script, False)
        assert [apart[0], here[0]] == [True, False] and apart[1:] == here[1:]


def test_the_same_seed_gives_the_same_run_and_another_seed_another(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)

        def after_a_move():
            press(box, "Move D once")
            return message(box), picture(box)

        first = after_a_move()
        press(box, "Start again")
        assert after_a_move() == first
        box.get_by_label("Seed").fill("2")
        box.get_by_label("Seed").press("Enter")
        settle(page)
        assert after_a_move() != first


def test_the_keyboard_alone_plays_and_changes_the_rules(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        untrained = picture(box)
        page.get_by_role("button", name="Play training").focus()
        page.keyboard.press("Space")
        wait_for_steps(page)
        page.keyboard.press("Enter")
        settle(page)
        assert picture(box) != untrained
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        settle(page)
        assert message(box).startswith("D moved once; its loss was ")
        for _ in range(
            7
        ):  # G's move, start again, three layers, the speed, and to the choice of data
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        settle(page)
        assert box.get_by_label("Data").input_value() == "grid" and steps_played(box) == 0
        assert "of 25" in box.locator("tbody").inner_text()


def test_what_it_says_is_true_while_it_trains_on(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        box.get_by_label("Data", exact=True).select_option("grid")
        assert message(box) == "Training untrained networks, from the seed."
        box.get_by_label("Speed").select_option("slow")
        expect(box.locator(".demo-readout")).to_contain_text("moved once")
        box.get_by_label("Speed").select_option("fast")
        wait_for_steps(page)
        assert message(box) == "Training."


def test_a_wasserstein_critic_begins_with_spectral_normalisation(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        choose(box, "Objective", "wasserstein")
        assert box.get_by_label("D is kept smooth by").input_value() == "spectral"
        press(box, "Move G once")
        assert "cannot tell: 0.000" in box.locator(".playground-numbers").inner_text()
        assert "gives the fakes" in box.locator(".graph-caption").inner_text()


def test_rates_change_while_the_game_goes_on(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        box.get_by_label("Learning rate of D").fill("0")
        press(box, "Move D once")
        assert "D, whose weights move by 0.0" in box.locator(".graph-caption").inner_text()
        box.get_by_label("Learning rate of D").fill("7")
        press(box, "Move D once")
        assert "move by 0.0." not in box.locator(".graph-caption").inner_text()


def lit(box):
    """Return the parts of the graph that are lit, by the moment that it shows."""
    return box.locator(".graph").evaluate(
        "svg => [svg.dataset.moment, svg.querySelectorAll('.graph-lit').length]"
    )


# Keeps what a reader sees at each moment of a move.
WATCH = """() => {
  const graph = document.querySelector(".graph"), canvas = document.querySelector(".playground-plane canvas");
  window.moments = [];
  new MutationObserver(() => window.moments.push([
    graph.dataset.moment,
    document.querySelector(".graph-caption").textContent,
    graph.querySelectorAll(".graph-lit").length > 1,
    canvas.toDataURL(),
  ])).observe(graph, {attributes: true, attributeFilter: ["data-moment"]});
}"""


def test_a_move_is_told_moment_by_moment(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        page.emulate_media(reduced_motion="no-preference")
        untrained = picture(box)
        page.evaluate(WATCH)
        press(box, "Move D once")
        seen = page.evaluate("window.moments")
        assert [name for name, *_ in seen] == ["D0", "D1", "D2", "D3"]
        for (_, words, is_lit, plane), said in zip(
            seen, ["real points", "sure that", "D's loss", "G stays"], strict=True
        ):
            assert said in words and is_lit and (plane == untrained) == (said != "G stays")
        assert message(box).startswith("D moved once")
        box.get_by_role("button", name="Move G once").click()
        page.wait_for_function("document.querySelector('.graph').dataset.moment === 'G0'")
        press(box, "Move G once")  # who is in a hurry need not wait for the first
        assert "whose weights move by" in box.locator(".graph-caption").inner_text()


def test_slow_motion_moves_the_players_in_turn(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        page.emulate_media(reduced_motion="no-preference")
        page.evaluate(WATCH)
        choose(box, "Speed", "slow")
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        press(box, "Pause training")
        names = [name for name, *_ in page.evaluate("window.moments") if name]
        assert names[:8] == ["D0", "D1", "D2", "D3", "G0", "G1", "G2", "G3"]
        assert steps_played(box) >= 1


def test_who_asked_for_rest_sees_a_move_at_once_with_all_its_parts(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        press(box, "Move G once")
        moment, parts = lit(box)
        assert moment == "G-1" and parts == 10
        caption = box.locator(".graph-caption").inner_text()
        assert "No real point" in caption and "through a D that stays" in caption
        assert box.get_by_role("img", name="The game: noise z goes into G").is_visible()


@pytest.mark.parametrize(("data", "title"), [("roll", "Swiss roll"), ("moons", "two moons")])
def test_a_curve_has_no_modes_but_a_length(open_page, data, title):
    with open_page(PAGE) as page:
        box = box_of(page)
        choose(box, "Data", data)
        made, perfect = counts(box)
        heads = box.locator("thead").inner_text()
        assert "of the curve" in heads and "modes" not in heads
        assert " of " not in made and "100 %" in perfect
        words = box.locator(".playground-plane canvas").get_attribute("aria-label")
        assert "% of the curve" in words and "mode" not in words


def test_samples_outside_the_plane_are_counted_and_shown(open_page):
    script = """() => {
      const paint = (fake) => {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 100;
        const scene = {reach: 1, real: [], fake};
        Demos.plane.paintPlane(canvas.getContext("2d"), 100, Demo.colours(document.querySelector(".demo")), scene);
        return canvas.toDataURL();
      };
      const far = [5, 0, 0, -3, NaN, 0, 0.5, 0.5];
      return [Demos.toys.outside(far, 1), paint(far) !== paint([0.5, 0.5]), paint([0.5, 0.5]) !== paint([])];
    }"""
    with open_page(PAGE) as page:
        assert page.evaluate(script) == [3, True, True]
        box = box_of(page)
        assert "outside" in box.locator("thead").inner_text()
        assert counts(box)[1].split()[-1] == "0"


def test_data_are_drawn_by_pointer_and_by_keys(open_page):
    with open_page(PAGE) as page:
        box, plane = box_of(page), page.locator(".playground-plane canvas")
        choose(box, "Data", "drawn")
        press(box, "Wipe the drawing")
        box.get_by_role("button", name="Play training").click()
        page.wait_for_function(SAYS, arg="draw some dots first")
        plane.scroll_into_view_if_needed()
        area = plane.bounding_box()
        page.mouse.move(area["x"] + 100, area["y"] + 100)
        page.mouse.down()
        page.mouse.move(area["x"] + 200, area["y"] + 100, steps=5)
        page.mouse.up()
        settle(page)
        by_pointer = picture(box)
        assert "6 dots" in message(box)
        plane.focus()
        for key in ("ArrowDown", "ArrowDown", "Space"):
            page.keyboard.press(key)
        settle(page)
        assert "7 dots" in message(box) and picture(box) != by_pointer
        page.keyboard.press("Backspace")
        settle(page)
        assert "6 dots" in message(box)
        press(box, "Move G once")
        assert message(box).startswith("G moved once")


SAYS = "(words) => document.querySelector('.demo-playground .demo-readout').textContent.includes(words)"


def counts(box):
    """Return the rows of counts that a reader sees."""
    table = box.locator(".playground-table")
    return table.locator("tbody tr").all_inner_texts() if table.is_visible() else []


def test_counts_go_with_the_data_that_they_are_derived_from(open_page):
    with open_page(PAGE) as page:
        box, plane = box_of(page), page.locator(".playground-plane canvas")
        choose(box, "Data", "drawn")
        assert len(counts(box)) == 2 and "17 of 17" in counts(box)[1]
        press(box, "Wipe the drawing")
        assert counts(box) == [] and "0 dots" in message(box)
        assert "nothing is counted" in plane.get_attribute("aria-label")
        for name in ("Start again", "Move D once", "Play training"):
            box.get_by_role("button", name=name).click()
            assert counts(box) == []
        page.wait_for_function(SAYS, arg="draw some dots first")
        choose(box, "Objective", "hinge")
        choose(box, "Data", "grid")
        assert "25 of 25" in counts(box)[1]
        choose(box, "Data", "drawn")
        assert counts(box) == []
        plane.focus()
        page.keyboard.press("Space")
        settle(page)
        assert "1 dot;" in message(box) and "1 of 1" in counts(box)[1]
        assert "of 1 mode," in plane.get_attribute("aria-label")
        press(box, "Move D once")
        assert message(box).startswith("D moved once") and "NaN" not in box.inner_text()
        plane.focus()
        page.keyboard.press("Backspace")
        settle(page)
        assert counts(box) == [] and "NaN" not in box.inner_text()


def test_wiping_while_it_trains_stops_and_counts_nothing(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        choose(box, "Data", "drawn")
        box.get_by_role("button", name="Play training").click()
        wait_for_steps(page)
        box.get_by_role("button", name="Wipe the drawing").click()
        box.get_by_role("button", name="Play training").wait_for()
        settle(page)
        assert counts(box) == [] and "draw some dots first" in message(box)


def test_samples_that_are_no_numbers_are_not_counted_as_good(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        said = page.evaluate(
            """() => {
              const game = new Demos.playground.Playground(document.createElement("div"), false);
              const world = Demos.world.create(game.settings, game.mixture);
              world.game.G.net.parameters.fill(NaN);
              game.accept(Demos.world.picture(world, {far: true, words: true, count: true}));
              return [game.table.textContent, game.numbers.textContent, game.words()];
            }"""
        )
        assert "0 of 8" in said[0] and "0.0 %" in said[0] and box.is_visible()
        assert "2500 of 2,500 lie outside" in said[2].replace("2,500 of", "2500 of")
        assert all("NaN" not in text for text in said)


def test_a_game_that_breaks_says_so_and_stops(open_page):
    with open_page(PAGE) as page:
        box = box_of(page)
        said = page.evaluate(
            """() => {
              const {moveD} = Demos.gan, game = new Demos.playground.Playground(document.createElement("div"), false);
              const begun = Demos.world.create(game.settings, game.mixture);
              begun.game.D.net.parameters[0] = NaN;
              const said = [];
              try { Demos.world.moveAlone(begun, "D"); } catch (error) { said.push(error.message); }
              Demos.world.moveAlone = () => { throw new RangeError(said[0]); };
              game.alone("D");
              said.push(game.message.textContent);
              game.alone("G");
              return [...said, game.message.textContent];
            }"""
        )
        broken = "the loss of D is no longer a finite number"
        assert said[0] == broken and f"After step 0 {broken}. Start again" in said[1]
        assert said[2] == "This game is over: start again." and box.is_visible()


def test_the_game_begins_with_a_seed_that_soon_finds_all_modes(page):
    script = """() => {
      const {world, playground} = Demos, game = world.create(playground.START, playground.mixtures().ring);
      const modes = [];
      for (let i = 1; i <= 150; i++) {
        world.step(game);
        if (i % 25 === 0) modes.push(world.picture(game, {count: true}).report.modes);
      }
      return modes;
    }"""
    assert max(page.evaluate(script)) == 8


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
