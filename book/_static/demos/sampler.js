/* Chapters 4 and 5: a trained generator to play with. One code z with sliders along the directions in which
   pictures change most, a walk between two codes on the line and on the arc, and a grid of samples. A
   conditional generator (chapter 5) also has class buttons. The networks run in layers.js. */
"use strict";

window.Demos = window.Demos || {};

Demos.sampler = (() => {
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const length = (z) => Math.sqrt(dot(z, z));
  const lerp = (a, b, t) => a.map((value, i) => (1 - t) * value + t * b[i]);

  /** The walk on the arc, as gan_course.slerp; where a and b are parallel, the straight line. */
  function slerp(a, b, t) {
    const cosine = dot(a, b) / (length(a) * length(b));
    const angle = Math.acos(Math.max(-1, Math.min(1, cosine)));
    if (Math.abs(Math.sin(angle)) < 1e-4) return lerp(a, b, t);
    const [begin, end] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
    return a.map((value, i) => begin * value + end * b[i]);
  }

  /** z with the coordinate `value` along a direction of length 1; all other coordinates stay. */
  function moved(z, direction, value) {
    const change = value - dot(z, direction);
    return z.map((coordinate, i) => coordinate + change * direction[i]);
  }

  const code = (dim, random) => Array.from({ length: dim }, () => random.normal());

  /** An exported generator, ready to run: `{G, title, dim, side, classes, directions}`. */
  function load(stored) {
    const flat = Demo.unpack(stored.directions);
    const rows = Array.from({ length: flat.length / stored.dim }, (_, k) => k * stored.dim);
    const directions = rows.map((first) => Array.from(flat.subarray(first, first + stored.dim)));
    return { ...stored, directions, G: Demos.layers.network(stored) };
  }

  /** Fills `root` with the demo of a list of exported generators. */
  function build(root, stored) {
    const models = stored.map(load);
    const state = { model: models[0], y: 3, t: 0.5, random: Demo.random(1) };
    const parts = [onePart(state), walkPart(state), gridPart(state)];
    const titles = Object.fromEntries(models.map(({ title }, k) => [k, title]));
    const label = state.model.classes ? "G hears its class by" : "G was trained on";
    const choice = Demo.select(label, titles, 0, (k) => {
      state.model = models[k];
      parts.forEach((part) => part.renew());
    });
    root.append(choice.node);
    if (state.model.classes) root.append(classButtons(state, () => parts.forEach((part) => part.show())));
    root.append(...parts.map((part) => part.node));
    parts.forEach((part) => part.renew());
  }

  /** A part of the demo under a heading of its own. */
  function group(title, ...children) {
    const heading = Demo.element("strong", {}, title);
    const about = { role: "group", "aria-label": title, class: "demo-part" };
    return Demo.element("div", about, heading, ...children);
  }

  const row = (...children) => Demo.element("div", { class: "demo-row" }, ...children);

  function classButtons(state, change) {
    const buttons = Array.from({ length: state.model.classes }, (_, y) =>
      Demo.button(String(y), () => {
        state.y = y;
        press();
        change();
      }),
    );
    const press = () => buttons.forEach((node, y) => node.setAttribute("aria-pressed", y === state.y));
    press();
    const label = Demo.element("span", { "aria-hidden": "true" }, "Class ");
    const about = { role: "group", "aria-label": "Class", class: "demo-classes" };
    return Demo.element("div", about, label, ...buttons);
  }

  /** "class 3 for a code" or "a code": what a picture is made of, in words. */
  const asked = ({ model, y }) => (model.classes ? `class ${y} for ` : "");

  function onePart(state) {
    const canvas = Demo.canvas(208, 208, "a generated picture");
    const readout = Demo.readout();
    let unit = null; // where z points, kept while its length is 0
    const pushes = state.model.directions.map((_, k) =>
      Demo.slider(`direction ${k + 1}`, { min: -4, max: 4, step: 0.1, value: 0, format: signed }, (value) =>
        put(moved(state.z, state.model.directions[k], value)),
      ),
    );
    const range = { min: 0, max: 16, step: 0.1, value: 7, format: (value) => value.toFixed(1) };
    const size = Demo.slider("length of z", range, (value) => put(unit.map((coordinate) => value * coordinate)));
    function put(z) {
      state.z = z;
      if (length(z) > 0) unit = z.map((coordinate) => coordinate / length(z));
      pushes.forEach((slider, k) => slider.set(dot(z, state.model.directions[k]).toFixed(1)));
      size.set(length(z).toFixed(1));
      show();
    }
    function show() {
      const { model, z } = state;
      const picture = model.G(z, state.y);
      canvas.draw((context) => Demo.pixels(context, picture, model.side, 0, 0, 208));
      readout.textContent = `A typical code is ${Math.sqrt(model.dim).toFixed(1)} long.`;
      const along = model.directions.map((direction) => dot(z, direction).toFixed(1)).join(", ");
      const words = `a code of length ${length(z).toFixed(1)}, directions ${along}`;
      canvas.describe(`Generated picture, ${asked(state)}${words}`);
    }
    const renew = () => put(code(state.model.dim, state.random));
    const nodes = [...pushes, size].map((slider) => slider.node);
    const controls = Demo.element("div", { class: "demo-column" }, ...nodes, readout, row(Demo.button("New z", renew)));
    return { node: group("One code", row(canvas.node, controls)), renew, show };
  }

  const signed = (value) => (value > 0 ? "+" : "") + value.toFixed(1).replace("-", "−");

  function walkPart(state) {
    const canvas = Demo.canvas(560, 184, "two walks between two codes");
    const readout = Demo.readout();
    const range = { min: 0, max: 1, step: 0.01, value: 0.5, format: (t) => t.toFixed(2) };
    const slider = Demo.slider("t", range, (t) => {
      state.t = t;
      show();
    });
    let way = 1;
    const player = Demo.player("the walk", canvas.node, (seconds) => {
      state.t += (way * seconds) / 4;
      if (state.t < 0 || state.t > 1) way = -way;
      state.t = Math.max(0, Math.min(1, state.t));
      slider.set(state.t.toFixed(2));
      paint();
    });
    let ends = [];
    function paint() {
      const { G, side } = state.model;
      const [a, b] = state.ends;
      const [line, arc] = [lerp(a, b, state.t), slerp(a, b, state.t)];
      const pictures = [ends[0], G(line, state.y), G(arc, state.y), ends[1]];
      canvas.draw((context, width, height, colours) => {
        Object.entries({ "z₀": a, line, arc, "z₁": b }).forEach(([name, z], k) => {
          Demo.pixels(context, pictures[k], side, k * 144, 0, 128);
          caption(context, colours, [name, `|z| = ${length(z).toFixed(1)}`], k * 144 + 64);
        });
      });
      return { line, arc };
    }
    function show() {
      ends = state.ends.map((z) => state.model.G(z, state.y));
      const { line, arc } = paint();
      const lengths = `|z| is ${length(line).toFixed(1)} on the line and ${length(arc).toFixed(1)} on the arc`;
      readout.textContent = `At t = ${state.t.toFixed(2)}, ${lengths}.`;
      canvas.describe(`Four pictures, ${asked(state)}z₀, the line, the arc and z₁: ${readout.textContent}`);
    }
    function renew() {
      state.ends = [code(state.model.dim, state.random), code(state.model.dim, state.random)];
      show();
    }
    player.node.addEventListener("click", () => player.playing || show());
    const controls = row(slider.node, player.node, Demo.button("New ends", renew));
    return { node: group("A walk from z₀ to z₁", canvas.node, controls, readout), renew, show };
  }

  /** Lines of text under a picture, large enough for a phone. */
  function caption(context, colours, lines, x) {
    context.fillStyle = colours.ink;
    context.font = "21px sans-serif";
    context.textAlign = "center";
    lines.forEach((text, k) => context.fillText(text, x, 151 + 25 * k));
  }

  /** Samples of random codes; of a conditional generator, each row one code in all classes. */
  function gridPart(state) {
    const canvas = Demo.canvas(560, 168, "many samples");
    function renew() {
      const { model, random } = state;
      state.many = Array.from({ length: model.classes ? 3 : 30 }, () => code(model.dim, random));
      show();
    }
    function show() {
      const { model, many } = state;
      const classes = Array.from({ length: model.classes }, (_, y) => y);
      const pictures = many.flatMap((z) => (model.classes ? classes.map((y) => model.G(z, y)) : [model.G(z)]));
      canvas.draw((context) =>
        pictures.forEach((picture, k) => {
          Demo.pixels(context, picture, model.side, (k % 10) * 56, Math.floor(k / 10) * 56, 54);
        }),
      );
      const rows = "Three rows of ten pictures: a code in each row, classes 0 to 9";
      canvas.describe(model.classes ? rows : "Thirty random samples");
    }
    const title = state.model.classes ? "Three codes in all classes" : "Thirty samples, none selected";
    return { node: group(title, canvas.node, row(Demo.button("New samples", renew))), renew, show };
  }

  return { lerp, slerp, moved, load, build };
})();

for (const name of ["sampler-dcgan", "sampler-cgan"]) {
  Demo.later(name, (root) => Demos.sampler.build(root, demoData[name].generators));
}
