/* Chapter 8: choose f, move two densities, spoil D: its bound stays below the divergence. The numbers come from
   family.js, the pictures from explorer.js. */
"use strict";

(() => {
  const { MEMBERS, KINDS, numbers } = Demos.family;
  const { paintLine, paintTangents, paintPulls, placed } = Demos.explorer;
  const { farthest } = demoData["f-divergences"];
  const NAMES = {
    kl: "KL(p‖q)",
    reverse_kl: "reverse KL, KL(q‖p)",
    pearson: "Pearson’s χ²",
    neyman: "Neyman’s χ²",
    squared_hellinger: "squared Hellinger",
    jensen_shannon: "Jensen-Shannon, 2 JS",
    gan: "GAN, 2 JS − ln 4",
    total_variation: "total variation",
  };
  // f(u), f*(t) and T* as they are written.
  const FORMULAS = {
    kl: ["u ln u", "exp(t − 1)", "1 + ln u"],
    reverse_kl: ["−ln u", "−1 − ln(−t) for t < 0", "−1/u"],
    pearson: ["(u − 1)²", "t²/4 + t for t ≥ −2, else −1", "2(u − 1)"],
    neyman: ["(1 − u)²/u", "2 − 2√(1 − t) for t ≤ 1", "1 − 1/u²"],
    squared_hellinger: ["(√u − 1)²", "t/(1 − t) for t < 1", "1 − 1/√u"],
    jensen_shannon: ["u ln u − (u + 1) ln((u + 1)/2)", "−ln(2 − exp t) for t < ln 2", "ln(2u/(1 + u))"],
    gan: ["u ln u − (u + 1) ln(u + 1)", "−ln(1 − exp t) for t < 0", "ln(u/(1 + u))"],
    total_variation: ["|u − 1|/2", "t for −½ ≤ t ≤ ½", "½ sign(u − 1)"],
  };
  const SHAPES = { gaussian: "a Gaussian", humps: "two humps", box: "a uniform box" };
  const SPOILT = { best: "as it is", blurred: "blurred", clipped: "clipped", line: "as a straight line" };
  const MUCH = { best: () => "–", blurred: (w) => `width ${w.toFixed(1)}`, clipped: (c) => `to ±${c.toFixed(1)}`, line: (s) => `slope −${s.toFixed(1)}` };

  /** A number as a table shows it: five digits, powers of ten where it is large or small. */
  function told(value) {
    if (Number.isNaN(value)) return "–";
    if (!Number.isFinite(value)) return value > 0 ? "infinite" : "−infinite";
    const size = Math.abs(value) < 1e-9 ? 0 : Math.abs(value);
    const text = size >= 1e4 || (size < 5e-4 && size > 0) ? value.toExponential(2) : value.toFixed(Math.min(4, 5 - String(Math.trunc(size)).length));
    return text.replace("e+", "e").replace(/-/g, "−").replace(/^−(0\.0000)$/, "$1");
  }

  function build(root) {
    const state = {
      name: "kl",
      how: "line",
      much: 0.5,
      p: { shape: "gaussian", width: 1 },
      q: { shape: "gaussian", width: 1 },
      distance: 1.5,
      at: 2,
    };
    const wide = Math.max(300, Math.min(560, root.clientWidth));
    const line = Demo.canvas(wide, 284, "Two densities and D’s T");
    const narrow = Math.max(270, Math.min(300, root.clientWidth));
    const [tangents, pulls] = ["f and its tangent", "G’s pull"].map((text) => Demo.canvas(narrow, 216, text));
    const [table, verdict, formulas] = [results(), Demo.readout(), Demo.element("p", { class: "demo-hint" })];
    const show = () => {
      state.found = numbers(state);
      const [f, conjugate, T] = FORMULAS[state.name];
      Demo.say(formulas, `f(u) = ${f},  f*(t) = ${conjugate},  T* = ${T}.`);
      Demo.say(verdict, said(state));
      table.show(state.found);
      line.draw((...canvas) => paintLine(canvas, state));
      tangents.draw((...canvas) => paintTangents(canvas, state));
      pulls.draw((...canvas) => paintPulls(canvas, state));
      describe(state, line, tangents, pulls);
    };
    const sliders = moves(state, show);
    root.append(
      Demo.element("div", { class: "demo-row" }, ...critics(state, show)),
      formulas,
      ...shapes(state, show),
      Demo.element("div", { class: "demo-row" }, sliders.distance.node, sliders.at.node),
      line.node,
      verdict,
      table.node,
      Demo.element("div", { class: "demo-row demo-pictures" }, tangents.node, pulls.node),
    );
    drag(line, wide, state, sliders, show);
    show();
  }

  /** Which f, and how D is spoilt. */
  function critics(state, show) {
    const slider = Demo.slider(
      "how much",
      { ...ranged("line"), value: state.much, format: (value) => MUCH[state.how](value) },
      (value) => {
        state.much = value;
        show();
      },
    );
    const input = slider.node.querySelector("input");
    const how = Demo.select("this D knows ln p/q", SPOILT, state.how, (kind) => {
      state.how = kind;
      Object.assign(input, ranged(kind));
      input.disabled = kind === "best";
      [, , , state.much] = KINDS[kind];
      slider.set(state.much);
      show();
    });
    const name = Demo.select("divergence", NAMES, state.name, (chosen) => {
      state.name = chosen;
      show();
    });
    return [name.node, how.node, slider.node];
  }

  function ranged(kind) {
    const [min, max, step] = KINDS[kind];
    return { min, max, step };
  }

  /** For each density a row: its shape, and a slider for its width. */
  function shapes(state, show) {
    return ["p", "q"].map((name) => {
      const change = (key) => (value) => {
        state[name][key] = value;
        show();
      };
      const range = { min: 0.5, max: 2, step: 0.1, value: state[name].width, format: (w) => w.toFixed(1) };
      return Demo.element(
        "div",
        { class: "demo-row" },
        Demo.select(`${name} is`, SHAPES, state[name].shape, change("shape")).node,
        Demo.slider(`width of ${name}`, range, change("width")).node,
      );
    });
  }

  function moves(state, show) {
    const slider = (label, key, range) =>
      Demo.slider(label, { ...range, value: state[key], format: (t) => t.toFixed(2).replace("-", "−") }, (value) => {
        state[key] = value;
        show();
      });
    return {
      distance: slider("distance θ", "distance", { min: 0, max: farthest, step: 0.05 }),
      at: slider("sample x", "at", { min: -4, max: 8, step: 0.05 }),
    };
  }

  /** Dragging over the densities moves q, dragging over T the sample, as the sliders do. */
  function drag(canvas, width, state, sliders, show) {
    let held = null;
    const move = (event) => {
      const { x, onT } = placed(canvas.point(event), width);
      held = held || (onT ? "at" : "distance");
      const [low, high] = held === "at" ? [-4, 8] : [0, farthest];
      state[held] = Math.round(20 * Math.max(low, Math.min(high, x))) / 20;
      sliders[held].set(state[held]);
      show();
    };
    canvas.node.classList.add("demo-drag-across");
    canvas.node.addEventListener("pointerdown", (event) => {
      canvas.node.setPointerCapture(event.pointerId);
      held = null;
      move(event);
    });
    canvas.node.addEventListener("pointermove", (event) => {
      if (canvas.node.hasPointerCapture(event.pointerId)) move(event);
    });
  }

  function said({ found }) {
    const { divergence, mine } = found;
    const shows = `The divergence is ${told(divergence)}; this D shows ${told(mine.bound)}`;
    if (!Number.isFinite(divergence)) return `${shows}.`;
    const gap = Math.max(0, divergence - mine.bound);
    return gap < 5e-5 ? `${shows}: all of it.` : `${shows}, ${told(gap)} too little.`;
  }

  function describe({ name, p, q, distance, at, how, much, found }, line, tangents, pulls) {
    const { u, best, mine } = found;
    line.describe(
      `p is ${SHAPES[p.shape]} of width ${p.width} at 0, q is ${SHAPES[q.shape]} of width ${q.width} at ` +
        `${distance.toFixed(2)}. Below, the best T and that of a D that knows ln p/q ${SPOILT[how]} ` +
        `${how === "best" ? "" : `(${MUCH[how](much)})`}. At x = ${at.toFixed(2)}: T* ${told(best.T)}, T ${told(mine.T)}.`,
    );
    tangents.describe(
      `f of ${NAMES[name]} over u = p/q. At the sample u is ${told(u)}: the line of T* touches f there, the line ` +
        `of this T lies below.`,
    );
    const rise = MEMBERS[name].rise(u);
    pulls.describe(
      `How strongly G pulls along ln p/q at the best D, over p/q. At the sample: ${told(u * rise)} in the zero-sum ` +
        `game, ${told(rise)} where G maximises T.`,
    );
  }

  function results() {
    const cell = (tag, text, more = {}) => Demo.element(tag, more, text);
    const head = ["", "the best D", "this D"].map((text) => cell(text ? "th" : "td", text, text ? { scope: "col" } : {}));
    const body = Demo.element("tbody");
    const node = Demo.element("table", { class: "demo-table" }, Demo.element("thead", {}, Demo.element("tr", {}, ...head)), body);
    const ROWS = { bound: "its bound on the divergence", T: "T at the sample", zeroSum: "pull along x, zero-sum", nonSaturating: "pull along x, G maximises T" };
    return {
      node,
      show({ best, mine }) {
        const rows = Object.entries(ROWS).map(([key, text]) =>
          Demo.element("tr", {}, cell("th", text, { scope: "row" }), cell("td", told(best[key])), cell("td", told(mine[key]))),
        );
        body.replaceChildren(...rows);
      },
    };
  }

  Demo.start("f-divergences", build);
})();
