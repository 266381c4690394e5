/* Chapter 2: what a reader sees and moves: the two densities above, the five divergences below. The numbers
   come from distances.js. */
"use strict";

(() => {
  const { density, five, x, farthest } = Demos.divergences;
  const DASHES = { kl: [], reverse: [7, 3], js: [], tv: [8, 3, 2, 3], w1: [3, 3] };
  const NAMES = { kl: "KL(p‖q)", reverse: "KL(q‖p)", js: "JS", tv: "TV", w1: "W1" };
  const COLOURS = { kl: "real", reverse: "fake", js: "third", tv: "fourth", w1: "ink" };
  const SHAPES = { gaussian: "a Gaussian", humps: "two humps", box: "a uniform box" };
  const KEYS = Object.keys(NAMES);
  const STEP = 0.1; // between the points of a curve
  const TOP = 4; // of the lower picture
  const LEFT = -5; // of the upper one
  const SPAN = farthest + 10; // its width
  const number = (value) => (value === Infinity ? "infinite" : value.toFixed(3));

  function build(root) {
    const state = {
      p: { shape: "gaussian", width: 1 },
      q: { shape: "gaussian", width: 0.8 },
      distance: 2,
      curves: [],
    };
    const width = Math.max(300, Math.min(560, root.clientWidth));
    const canvas = Demo.canvas(width, 400, "Two densities and five divergences");
    const table = values();
    const show = () => {
      const p = density({ ...state.p, centre: 0 });
      const at = (centre) => five(p, density({ ...state.q, centre }));
      const now = at(state.distance);
      const ahead = at(state.distance + STEP / 2);
      const behind = at(state.distance - STEP / 2);
      const slopes = Object.fromEntries(KEYS.map((key) => [key, (ahead[key] - behind[key]) / STEP]));
      table.show(now, slopes);
      const q = density({ ...state.q, centre: state.distance });
      canvas.draw((context, w, h, colours) => paint(context, w, h, colours, { ...state, p, q, now }));
      canvas.describe(told(state, now));
    };
    const renew = () => {
      state.curves = curves(state);
      show();
    };
    const distance = Demo.slider(
      "distance θ",
      { min: 0, max: farthest, step: 0.05, value: 2, format: (t) => t.toFixed(2) },
      (value) => {
        state.distance = value;
        show();
      },
    );
    root.append(
      Demo.element("div", { class: "demo-row" }, ...shapes(state, renew)),
      Demo.element("div", { class: "demo-row" }, distance.node),
      canvas.node,
      table.node,
    );
    drag(canvas, width, (value) => {
      state.distance = value;
      distance.set(value);
      show();
    });
    renew();
  }

  /** For each density a choice of its shape and a slider for its width. */
  function shapes(state, renew) {
    return ["p", "q"].flatMap((name) => [
      Demo.select(`${name} is`, SHAPES, state[name].shape, (shape) => {
        state[name].shape = shape;
        renew();
      }).node,
      Demo.slider(
        `width of ${name}`,
        { min: 0.3, max: 2, step: 0.1, value: state[name].width, format: (w) => w.toFixed(1) },
        (width) => {
          state[name].width = width;
          renew();
        },
      ).node,
    ]);
  }

  /** The five at all distances. */
  function curves({ p, q }) {
    const still = density({ ...p, centre: 0 });
    const distances = Array.from({ length: Math.round(farthest / STEP) + 1 }, (_, i) => i * STEP);
    return distances.map((centre) => ({ centre, ...five(still, density({ ...q, centre })) }));
  }

  /** Dragging anywhere on the picture moves q, as the slider does. */
  function drag(canvas, width, change) {
    const move = (event) => {
      const [at] = canvas.point(event);
      const value = LEFT + (at / width) * SPAN;
      change(Math.round(20 * Math.min(farthest, Math.max(0, value))) / 20);
    };
    canvas.node.classList.add("demo-drag-across");
    canvas.node.addEventListener("pointerdown", (event) => {
      canvas.node.setPointerCapture(event.pointerId);
      move(event);
    });
    canvas.node.addEventListener("pointermove", (event) => {
      if (canvas.node.hasPointerCapture(event.pointerId)) move(event);
    });
  }

  function values() {
    const cell = (tag, text, more = {}) => Demo.element(tag, more, text);
    const body = Demo.element("tbody");
    const head = Demo.element(
      "tr",
      {},
      ...["divergence", "value", "slope: change per unit of θ"].map((text) =>
        cell("th", text, { scope: "col" }),
      ),
    );
    const node = Demo.element("table", { class: "demo-table" }, Demo.element("thead", {}, head), body);
    return {
      node,
      show(now, slopes) {
        const rows = KEYS.map((key) =>
          Demo.element(
            "tr",
            {},
            cell("th", NAMES[key], { scope: "row" }),
            cell("td", number(now[key])),
            cell("td", Number.isFinite(slopes[key]) ? slopes[key].toFixed(3) : "none"),
          ),
        );
        body.replaceChildren(...rows);
      },
    };
  }

  function told({ p, q, distance }, now) {
    const list = KEYS.map((key) => `${NAMES[key]} ${number(now[key])}`).join(", ");
    return (
      `p is ${SHAPES[p.shape]} of width ${p.width} at 0, q is ${SHAPES[q.shape]} of width ${q.width} ` +
      `at ${distance.toFixed(2)}. ${list}. Below, the five as curves over the distance.`
    );
  }

  function paint(context, width, height, colours, scene) {
    context.font = "13px system-ui, sans-serif";
    context.lineJoin = "round";
    const middle = 150;
    densities(context, colours, (value) => ((value - LEFT) / SPAN) * width, middle, scene);
    const across = (value) => 24 + (value / farthest) * (width - 96);
    fiveCurves(context, colours, across, { above: middle + 34, below: height - 24, width }, scene);
  }

  function densities(context, colours, across, below, { p, q }) {
    const highest = Math.max(...p.at, ...q.at);
    for (const [name, { at, centre }, colour, dash] of [
      ["p", p, colours.real, []],
      ["q", q, colours.fake, [6, 3]],
    ]) {
      context.beginPath();
      context.moveTo(across(x[0]), below);
      for (let i = 0; i < x.length; i += 2)
        context.lineTo(across(x[i]), below - (at[i] / highest) * (below - 26));
      context.strokeStyle = context.fillStyle = colour;
      context.setLineDash(dash);
      context.lineWidth = 2;
      context.globalAlpha = 0.25;
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
      const peak = at.indexOf(Math.max(...at));
      const aside = name === "p" && Math.abs(q.centre) < 0.6 ? -14 : 0; // p and q on one spot
      context.fillText(name, across(at[peak] === at[peak + 1] ? centre : x[peak]) - 4 + aside, 18);
    }
    context.setLineDash([]);
  }

  function fiveCurves(context, colours, across, { above, below, width }, { curves, now, distance }) {
    const up = (value) => below - (value / TOP) * (below - above);
    frame(context, colours, across, up, width);
    KEYS.forEach((key, k) => {
      const colour = colours[COLOURS[key]];
      context.strokeStyle = context.fillStyle = colour;
      context.setLineDash(DASHES[key]);
      context.lineWidth = 2;
      context.save();
      context.beginPath();
      context.rect(0, up(TOP), width, below - above + 2);
      context.clip();
      curve(context, curves, key, across, up);
      context.restore();
      context.setLineDash([]);
      if (now[key] <= TOP) dot(context, across(distance), up(now[key]), k);
    });
    labels(context, colours, across, up, curves);
    context.strokeStyle = colours.ink;
    context.lineWidth = 1;
    line(context, across(distance), up(TOP), across(distance), below);
  }

  function line(context, ...[a, b, c, d]) {
    context.beginPath();
    context.moveTo(a, b);
    context.lineTo(c, d);
    context.stroke();
  }

  function frame(context, colours, across, up, width) {
    context.lineWidth = 1;
    for (let value = 0; value <= TOP; value++) {
      context.strokeStyle = colours.faint;
      line(context, across(0), up(value), across(farthest), up(value));
      context.fillStyle = colours.ink;
      context.fillText(value, across(0) - 14, up(value) + 4);
    }
    for (let value = 0; value <= farthest; value += 2) context.fillText(value, across(value) - 4, up(0) + 17);
    context.fillText("θ", Math.min(width - 12, across(farthest) + 14), up(0) + 17);
  }

  function curve(context, curves, key, across, up) {
    context.beginPath();
    let pen = false;
    for (const row of curves) {
      if (row[key] === Infinity) pen = false;
      else context[pen ? "lineTo" : "moveTo"](across(row.centre), up(Math.min(row[key], 2 * TOP)));
      pen = row[key] !== Infinity;
    }
    context.stroke();
  }

  /** Each curve's mark has a form of its own. */
  function dot(context, at, up, form) {
    context.beginPath();
    if (form === 4) context.rect(at - 4, up - 4, 8, 8);
    else if (form === 0) context.arc(at, up, 4.5, 0, 2 * Math.PI);
    else polygon(context, at, up, form + 2);
    context.fill();
  }

  function polygon(context, at, up, corners) {
    for (let i = 0; i < corners; i++) {
      const angle = (2 * Math.PI * i) / corners;
      context.lineTo(at + 5.5 * Math.sin(angle), up - 5.5 * Math.cos(angle));
    }
  }

  /** The name of each curve where it leaves the picture, above or on the right; none lies on another. */
  function labels(context, colours, across, up, curves) {
    const last = curves[curves.length - 1];
    const infinite = KEYS.filter((key) => last[key] === Infinity);
    const finite = KEYS.filter((key) => last[key] < Infinity);
    const write = (key, x, y) => {
      context.fillStyle = colours[COLOURS[key]];
      context.fillText(NAMES[key], x, y);
    };
    let free = across(0);
    if (infinite.length) {
      context.fillStyle = colours.ink;
      context.fillText(`${infinite.map((key) => NAMES[key]).join(", ")}: infinite`, free, up(TOP) - 6);
      free += 160;
    }
    const leaves = (key) => curves.findIndex((row) => row[key] > TOP);
    for (const key of finite.filter((name) => leaves(name) >= 0).sort((a, b) => leaves(a) - leaves(b))) {
      free = Math.max(free, across(curves[leaves(key)].centre) - 20);
      write(key, free, up(TOP) - 6);
      free += 58;
    }
    let floor = up(0) + 14;
    for (const key of finite.filter((name) => leaves(name) < 0).sort((a, b) => last[a] - last[b])) {
      floor = Math.min(floor - 14, up(last[key]) + 4);
      write(key, across(farthest) + 6, floor);
    }
  }

  Demo.start("divergences", build);
})();
