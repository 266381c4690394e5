/* Chapters 3 and 6: the phase portrait of the Dirac-GAN. Choose a game and a start, see the path, the distance
   from the equilibrium, and what the linearisation predicts. The numbers come from dynamics.js. */
"use strict";

(() => {
  const { field, path, jacobian, eigenvalues, multiplier } = Demos.dynamics;
  const STEPS = 500;
  const REACH = 2.2; // of the portrait, both ways
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
  const radius = ([theta, psi]) => Math.hypot(theta, psi);
  const digits = (value) => (value >= 0.001 && value < 1000 ? value.toFixed(3) : value.toExponential(1));

  /** What happened, next to what the linearisation predicts. */
  function measured(state) {
    const distances = state.points.map(radius);
    const end = distances[STEPS];
    const J = jacobian(state);
    return {
      start: distances[0],
      end,
      rate: (end / distances[STEPS - 100]) ** (1 / 100),
      eigenvalues: J && eigenvalues(J),
      predicted: multiplier(state, state.moves, state.h),
    };
  }

  function said({ start, end, rate }) {
    const moved = `Distance ${digits(start)} at the start, ${digits(end)} after ${STEPS} steps: `;
    if (!Number.isFinite(end)) return `The pair has left for infinity.`;
    if (start === 0) return "This start is the equilibrium: nothing moves.";
    if (end < 0.01 * start) return moved + "it comes home.";
    if (rate > 1.0005) return moved + "it runs away.";
    return moved + (rate < 0.9998 ? "it comes nearer, slowly." : "it goes round in circles.");
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
          row(`distance after ${STEPS} steps`, digits(end)),
          row(
            "eigenvalues of v′ at (0, 0)",
            roots ? roots.map(complex).join(" and ") : "none: v jumps at ψ = 0",
          ),
          row("predicted: a step multiplies the distance by", predicted ? predicted.toFixed(5) : "–"),
          row("measured over the last 100 steps", Number.isFinite(rate) ? rate.toFixed(5) : "–"),
        );
      },
    };
  }

  function paintPortrait([context, width, height, colours], state) {
    const at = ([theta, psi]) => [(1 + theta / REACH) * (width / 2), (1 - psi / REACH) * (height / 2)];
    context.font = "13px system-ui, sans-serif";
    context.lineJoin = "round";
    paintAxes(context, colours, at);
    paintField(context, colours, at, field(state), width / 60);
    const points = state.points.slice(0, Math.floor(state.shown) + 1).filter((point) => radius(point) < 100);
    context.strokeStyle = context.fillStyle = colours.third;
    context.lineWidth = 1;
    context.beginPath();
    for (const point of points) context.lineTo(...at(point));
    context.stroke();
    for (const point of points) {
      const [x, y] = at(point);
      context.fillRect(x - 1.2, y - 1.2, 2.4, 2.4);
    }
    marks(context, colours, at(state.start), at(points[points.length - 1]));
  }

  function paintAxes(context, colours, at) {
    context.strokeStyle = colours.faint;
    context.fillStyle = colours.ink;
    context.lineWidth = 1;
    context.beginPath();
    for (const [from, to] of [
      [
        [-REACH, 0],
        [REACH, 0],
      ],
      [
        [0, -REACH],
        [0, REACH],
      ],
    ]) {
      context.moveTo(...at(from));
      context.lineTo(...at(to));
    }
    context.stroke();
    const write = (text, point, dx, dy) => context.fillText(text, at(point)[0] + dx, at(point)[1] + dy);
    write("θ", [REACH, 0], -14, -6);
    write("ψ", [0, REACH], 6, 14);
    for (const tick of [-2, -1, 1, 2]) {
      write(String(tick).replace("-", "−"), [tick, 0], -4, 15);
      write(String(tick).replace("-", "−"), [0, tick], -18, 4);
    }
  }

  /** Arrows of one length: the direction of v. */
  function paintField(context, colours, at, v, length) {
    context.strokeStyle = colours.ink;
    context.globalAlpha = 0.45;
    context.beginPath();
    for (let theta = -2; theta <= 2.01; theta += 0.4) {
      for (let psi = -2; psi <= 2.01; psi += 0.4) {
        const [a, b] = v(theta, psi);
        const size = Math.hypot(a, b);
        if (size < 1e-9) continue;
        const [x, y] = at([theta, psi]);
        const [dx, dy] = [(length * a) / size, (-length * b) / size];
        context.moveTo(x - dx, y - dy);
        context.lineTo(x + dx, y + dy);
        context.moveTo(x + 0.3 * dx - 0.4 * dy, y + 0.3 * dy + 0.4 * dx);
        context.lineTo(x + dx, y + dy);
        context.lineTo(x + 0.3 * dx + 0.4 * dy, y + 0.3 * dy - 0.4 * dx);
      }
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  /** A ring where the pair starts, a square where it is, a cross at the equilibrium. */
  function marks(context, colours, start, now) {
    const [x, y] = [
      parseFloat(context.canvas.style.maxWidth) / 2,
      parseFloat(context.canvas.style.maxWidth) / 2,
    ];
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    for (const [dx, dy] of [
      [7, 0],
      [0, 7],
    ]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
    context.strokeStyle = context.fillStyle = colours.fake;
    context.beginPath();
    context.arc(...start, 6, 0, 2 * Math.PI);
    context.stroke();
    context.fillText("start", start[0] + 10, start[1] - 6);
    context.fillRect(now[0] - 4, now[1] - 4, 8, 8);
  }

  function paintDistances([context, width, height, colours], state) {
    const logs = state.points.map((point) => Math.log10(Math.max(1e-40, radius(point))));
    const finite = logs.filter(Number.isFinite);
    const low = Math.floor(Math.min(-1, ...finite));
    const high = Math.ceil(Math.max(0.4, ...finite));
    const box = { left: 44, right: width - 12, above: 24, below: height - 24 };
    const across = (step) => box.left + (step / STEPS) * (box.right - box.left);
    const up = (log) => box.below - ((log - low) / (high - low)) * (box.below - box.above);
    context.font = "13px system-ui, sans-serif";
    paintLevels(context, colours, box, { across, up, low, high });
    const predicted = multiplier(state, state.moves, state.h);
    if (predicted && Number.isFinite(logs[0])) {
      const end = logs[0] + STEPS * Math.log10(Math.max(1e-40, predicted));
      stroke(
        context,
        colours.ink,
        [5, 4],
        [
          [0, logs[0]],
          [STEPS, end],
        ].map(([k, log]) => [across(k), up(log)]),
        box,
      );
    }
    const seen = logs.slice(0, Math.floor(state.shown) + 1).filter(Number.isFinite);
    stroke(
      context,
      colours.third,
      [],
      seen.map((log, k) => [across(k), up(log)]),
      box,
    );
    context.fillStyle = colours.ink;
    context.fillText(predicted ? "distance; dashed: predicted" : "distance", box.left, 15);
  }

  function paintLevels(context, colours, box, { across, up, low, high }) {
    context.lineWidth = 1;
    const every = Math.max(1, Math.ceil((high - low) / 4));
    for (let level = high; level >= low; level -= every) {
      stroke(
        context,
        colours.faint,
        [],
        [
          [box.left, up(level)],
          [box.right, up(level)],
        ],
        box,
      );
      context.fillStyle = colours.ink;
      context.fillText(
        Math.abs(level) < 3 ? String(10 ** level) : `1e${level}`.replace("-", "−"),
        4,
        up(level) + 4,
      );
    }
    for (const step of [0, 250, STEPS])
      context.fillText(step, across(step) - (step ? 22 : 0), box.below + 17);
  }

  function stroke(context, colour, dash, points, box) {
    context.save();
    context.beginPath();
    context.rect(box.left, box.above - 1, box.right - box.left, box.below - box.above + 2);
    context.clip();
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.strokeStyle = colour;
    context.lineWidth = dash.length || colour.length ? 1.5 : 1;
    context.setLineDash(dash);
    context.stroke();
    context.restore();
  }

  Demo.start("dirac", build);
})();
