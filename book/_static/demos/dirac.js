/* Chapters 3 and 6: the phase portrait of the Dirac-GAN. Choose a game and a start, see the path, the distance
   from the equilibrium, and what the linearisation predicts. The numbers come from dynamics.js, the
   pictures from portrait.js. */
"use strict";

(() => {
  const { path, jacobian, eigenvalues, multiplier } = Demos.dynamics;
  const { paintPortrait, paintDistances, radius, REACH, STEPS } = Demos.portrait;
  const LOSSES = { minimax: "minimax", nonSaturating: "non-saturating", wasserstein: "Wasserstein" };
  const LEASHES = {
    none: "nothing",
    clip: "clipping of ψ",
    penalty: "gradient penalty, target 1",
    oneSided: "one-sided penalty",
    r1: "R1",
    noise: "instance noise",
    consensus: "consensus",
  };
  // What the strength of each leash is called, and where it starts: the paper's choices.
  const STRENGTHS = {
    none: ["", 0],
    clip: ["|ψ| ≤ ", 1],
    penalty: ["λ = ", 0.7],
    oneSided: ["λ = ", 0.7],
    r1: ["γ = ", 0.3],
    noise: ["std ", 0.7],
    consensus: ["γ = ", 1],
  };
  const MOVES = {
    together: "together",
    GD: "in turn, G first",
    DG: "in turn, D first",
    GDDDDD: "in turn, G first, 5 of D",
    DDDDDG: "in turn, 5 of D first",
  };

  function build(root) {
    const wide = Math.max(300, Math.min(340, root.clientWidth));
    const state = {
      loss: root.closest(".wasserstein") ? "wasserstein" : "minimax",
      leash: "none",
      strength: 0,
      moves: "together",
      h: 0.2,
      start: [1, 1],
      shown: STEPS,
      points: [],
    };
    const portrait = Demo.canvas(wide, wide, "Phase portrait");
    const distances = Demo.canvas(wide, 190, "Distance from the equilibrium");
    const [table, verdict] = [results(), Demo.readout()];
    const play = Demo.player("the path", portrait.node, (seconds) => {
      state.shown = Math.min(STEPS, state.shown + 80 * seconds);
      draw();
      if (state.shown === STEPS) play.toggle();
    });
    play.node.addEventListener("click", () => {
      if (play.playing && state.shown === STEPS) state.shown = 0;
    });
    function draw() {
      portrait.draw((...canvas) => paintPortrait(canvas, state));
      distances.draw((...canvas) => paintDistances(canvas, state));
    }
    function renew() {
      state.points = path(state, state.moves, state.h, state.start, STEPS);
      state.shown = play.playing ? 0 : STEPS;
      const found = measured(state);
      table.show(found);
      verdict.textContent = said(found);
      portrait.describe(`Phase portrait of ${title(state)}: the path of theta and psi. ${said(found)}`);
      distances.describe(`Distance from the equilibrium over ${STEPS} steps, on a logarithmic axis.`);
      draw();
    }
    const starts = begin(state, portrait, play, renew);
    root.append(
      Demo.element("div", { class: "demo-row" }, ...controls(state, renew)),
      Demo.element("div", { class: "demo-row" }, ...starts, play.node),
      Demo.element("div", { class: "demo-row demo-pictures" }, portrait.node, distances.node),
      verdict,
      table.node,
    );
    renew();
  }

  function controls(state, renew) {
    const change = (name) => (value) => {
      state[name] = value;
      renew();
    };
    const format = (value) => (state.leash === "none" ? "–" : STRENGTHS[state.leash][0] + value.toFixed(1));
    const strength = Demo.slider(
      "strength",
      { min: 0.1, max: 2, step: 0.1, value: 0.1, format },
      change("strength"),
    );
    const leash = Demo.select("held by", LEASHES, state.leash, (name) => {
      state.leash = name;
      [, state.strength] = STRENGTHS[name];
      strength.set(state.strength);
      strength.node.querySelector("input").disabled = name === "none";
      renew();
    });
    strength.node.querySelector("input").disabled = true;
    return [
      Demo.select("losses", LOSSES, state.loss, change("loss")).node,
      leash.node,
      strength.node,
      Demo.select("moves", MOVES, state.moves, change("moves")).node,
      Demo.slider(
        "step h",
        { min: 0.05, max: 1, step: 0.05, value: 0.2, format: (h) => h.toFixed(2) },
        change("h"),
      ).node,
    ];
  }

  /** The start: two sliders, a click or a drag in the portrait, or arrow keys on it; Enter plays. */
  function begin(state, portrait, play, renew) {
    const format = (value) => value.toFixed(2);
    const sliders = ["θ", "ψ"].map((name, axis) =>
      Demo.slider(
        `start ${name}`,
        { min: -2, max: 2, step: 0.05, value: state.start[axis], format },
        (value) => {
          state.start = state.start.map((old, i) => (i === axis ? value : old));
          renew();
        },
      ),
    );
    function put(point) {
      state.start = point.map((value) => Math.round(20 * Math.max(-2, Math.min(2, value))) / 20);
      sliders.forEach((slider, axis) => slider.set(state.start[axis]));
      renew();
    }
    const node = portrait.node;
    node.tabIndex = 0;
    node.classList.add("demo-drag");
    const move = (event) => {
      const [x, y] = portrait.point(event);
      const size = parseFloat(node.style.maxWidth);
      put([(2 * x) / size - 1, 1 - (2 * y) / size].map((share) => REACH * share));
    };
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      move(event);
    });
    node.addEventListener("pointermove", (event) => node.hasPointerCapture(event.pointerId) && move(event));
    node.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[
        event.key
      ];
      if (by) put(state.start.map((value, axis) => value + by[axis]));
      else if (event.key === "Enter") play.node.click();
      if (by || event.key === "Enter") event.preventDefault();
    });
    return sliders.map((slider) => slider.node);
  }

  const title = ({ loss, leash }) => `the ${LOSSES[loss]} game, held by ${LEASHES[leash]}`;
  const digits = (value) => (value === 0 ? "0" : value >= 0.001 && value < 1000 ? value.toFixed(3) : value.toExponential(1));

  /** What happened, next to what the linearisation predicts. On its way round, the distance of a pair swings
      and leaps; so what counts is how far out it comes in a half of the path (`growth`), and after its
      beginning, in a third (`rate`, for a step). */
  function measured(state) {
    const distances = state.points.map(radius);
    const reach = (from, steps) => Math.max(...distances.slice(from, from + steps + 1));
    const [half, third] = [STEPS / 2, Math.floor(STEPS / 3)];
    const J = jacobian(state);
    return {
      start: distances[0],
      end: distances[STEPS],
      growth: reach(half, half) / reach(0, half),
      rate: (reach(STEPS - third, third) / reach(STEPS - 2 * third, third)) ** (1 / third),
      eigenvalues: J && eigenvalues(J),
      predicted: multiplier(state, state.moves, state.h),
    };
  }

  function said({ start, end, growth, rate }) {
    const moved = `Distance ${digits(start)} at the start, ${digits(end)} after ${STEPS} steps: `;
    if (!Number.isFinite(end)) return `The pair has left for infinity.`;
    if (start === 0) return "This start is the equilibrium: nothing moves.";
    if (end < 0.01 * start) return moved + "it comes home.";
    if (growth > 1.05) return moved + "it runs away.";
    return moved + (rate < 0.9999 ? "it comes nearer, slowly." : "it goes round in circles.");
  }

  function complex([re, im]) {
    const real = re
      .toFixed(3)
      .replace(/^-(0\.000)$/, "$1")
      .replace("-", "−");
    if (Math.abs(im) < 5e-4) return real;
    return `${real} ${im < 0 ? "−" : "+"} ${Math.abs(im).toFixed(3)} i`;
  }

  function results() {
    const body = Demo.element("tbody");
    const row = (name, text) =>
      Demo.element("tr", {}, Demo.element("th", { scope: "row" }, name), Demo.element("td", {}, text));
    return {
      node: Demo.element("table", { class: "demo-table" }, body),
      show({ end, rate, eigenvalues: roots, predicted }) {
        body.replaceChildren(
          row(`distance after ${STEPS} steps`, Number.isFinite(end) ? digits(end) : "–"),
          row(
            "eigenvalues of v′ at (0, 0)",
            roots ? roots.map(complex).join(" and ") : "none: v jumps at ψ = 0",
          ),
          row("predicted: a step multiplies the distance by", predicted ? predicted.toFixed(5) : "–"),
          row("measured over the last two thirds", Number.isFinite(rate) ? rate.toFixed(5) : "–"),
        );
      },
    };
  }

  Demo.start("dirac", build);
})();
