/* Chapter 14: what a reader draws and presses, and what the two U-Nets answer with the next frame; what is known of
   drawings stands in edges.js. */
"use strict";

Demos.edges.build = (root, stored) => {
  const { load, line, outline, inkOf, followed } = Demos.edges;
  const { element, say } = Demo;
  const MOST = 100; // drawings that undo remembers
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const model = load(stored);
  const { side } = model;
  const state = {
    lines: new Uint8Array(side * side), // 1: a line
    before: [], // drawings, for undo
    shown: -1, // which example, of the data's and then of our own
    truth: null, // the data's painting of it
    pen: 1, // 0: the eraser
    seed: 1, // of the dropout
    at: [side / 2, side / 2], // the keyboard's cell
    keyed: false, // whether it is seen
    last: null, // where the pointer was
  };
  const paper = Demo.canvas(32 * 10 + 2, 32 * 10 + 2, "Your lines");
  const tiles = {
    both: Demo.tile("edges-tile", side, "The answer of adversary and L1"),
    alone: Demo.tile("edges-tile", side, "The answer of L1 alone"),
    truth: Demo.tile("edges-tile", side, "The painting of the example"),
  };
  const [said, place] = [Demo.readout(), element("span", { class: "edges-place", role: "status" })];
  const truthLabel = element("span", {}, "");
  const pens = ["Eraser", "Pen"].map((name, pen) => Demo.button(name, () => take(pen)));
  const undo = Demo.button("Undo", back);
  const follow = Demo.nextFrame(answer); // the answer follows, however fast a line is drawn
  build();
  take(1);
  another();

  // Drawing.

  function take(pen) {
    state.pen = pen;
    pens.forEach((node, k) => node.setAttribute("aria-pressed", k === pen));
  }

  /** Remembers the drawing: what comes is undone at once. */
  function begin() {
    state.before.push(state.lines.slice());
    if (state.before.length > MOST) state.before.shift();
  }

  function back() {
    if (!state.before.length) return;
    state.lines = state.before.pop();
    follow();
  }

  function replace(lines, truth = null) {
    begin();
    state.lines = lines.slice();
    state.truth = truth;
    follow();
  }

  function another() {
    const { examples, sketches } = model;
    state.shown = (state.shown + 1) % (examples.length + sketches.length);
    const sketch = sketches[state.shown - examples.length];
    const truth = sketch ? null : examples[state.shown];
    replace(sketch ? sketch.lines : outline(truth, side), truth);
    if (!said.firstChild) state.before = []; // the first one
  }

  function mark(from, to, pen = state.pen) {
    line(from, to).forEach(([x, y]) => (state.lines[y * side + x] = pen));
    follow();
  }

  const cell = (value) => Math.min(side - 1, Math.max(0, Math.floor(value)));
  const cellOf = (event) => paper.point(event).map((value) => cell((value - 1) / 10));

  function listen(node) {
    node.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button) return;
      node.setPointerCapture(event.pointerId);
      begin();
      state.keyed = false;
      state.last = cellOf(event);
      mark(state.last, state.last);
    });
    node.addEventListener("pointermove", (event) => {
      if (!state.last || !event.isPrimary) return;
      const now = cellOf(event);
      mark(state.last, now);
      state.last = now;
    });
    for (const end of ["pointerup", "pointercancel"]) node.addEventListener(end, () => (state.last = null));
    node.addEventListener("keydown", key);
    node.addEventListener("blur", () => seen(false));
  }

  /** Arrows move the cell, with Shift they draw; Space turns it over; Ctrl+Z takes back. */
  function key(event) {
    const by = KEYS[event.key];
    const undoing = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
    if (!by && !undoing && event.key !== " ") return;
    event.preventDefault();
    if (undoing) return back();
    seen(true);
    const from = state.at;
    if (by) state.at = from.map((value, axis) => cell(value + by[axis]));
    if (by && event.shiftKey) {
      begin();
      mark(from, state.at);
    } else if (!by) {
      begin();
      mark(from, from, 1 - state.lines[from[1] * side + from[0]]);
    } else follow();
    const [x, y] = state.at;
    say(place, `column ${x + 1}, row ${y + 1}: ${state.lines[y * side + x] ? "line" : "empty"}`);
  }

  function seen(keyed) {
    if (state.keyed === keyed) return;
    state.keyed = keyed;
    if (!keyed) say(place, "");
    follow();
  }

  // Answers.

  function answer() {
    const answers = {};
    for (const [name, network] of [["both", model.G], ["alone", model.L1]]) {
      answers[name] = network(state.lines, Demo.random(state.seed).uniform);
      tiles[name].paint(answers[name]);
    }
    undo.disabled = !state.before.length;
    show();
    tell(answers);
  }

  function show() {
    paper.draw((context, width, _height, colours) => {
      context.strokeStyle = colours.faint;
      context.lineWidth = 0.5;
      context.beginPath();
      for (let k = 0; k <= side; k += 4) {
        context.moveTo(1 + 10 * k, 1);
        context.lineTo(1 + 10 * k, width - 1);
        context.moveTo(1, 1 + 10 * k);
        context.lineTo(width - 1, 1 + 10 * k);
      }
      context.stroke();
      context.fillStyle = colours.ink;
      state.lines.forEach((on, k) => on && context.fillRect(1 + 10 * (k % side), 1 + 10 * Math.floor(k / side), 10, 10));
      if (!state.keyed) return;
      context.strokeStyle = colours.fake;
      context.lineWidth = 3;
      context.strokeRect(10 * state.at[0], 10 * state.at[1], 12, 12);
    });
  }

  function tell({ both, alone }) {
    const count = state.lines.reduce((sum, on) => sum + on, 0);
    paper.describe(`Your lines: ${count} of ${side * side} cells. Arrow keys move, Shift and arrows draw, Space turns a cell over.`);
    if (state.truth) tiles.truth.paint(state.truth);
    tiles.truth.node.classList.toggle("edges-none", !state.truth);
    const same = state.truth && String(outline(state.truth, side)) === String(state.lines);
    say(truthLabel, state.truth ? (same ? "the data" : "the data, before your changes") : "not in the data");
    tiles.truth.describe(state.truth ? `The data's painting, ${model.inks[inkOf(model, state.truth)].name}` : "No painting of the data belongs to these lines");
    if (!count) return say(said, "No lines: draw some.");
    const row = (picture) => {
      const ink = inkOf(model, picture);
      const share = Math.round(100 * followed(state.lines, outline(picture, side), side));
      return `${ink < 0 ? "none of the inks" : model.inks[ink].name}, its outline along ${share} % of your lines`;
    };
    say(said, `Adversary + L1: ${row(both)}. L1 alone: ${row(alone)}.`);
    tiles.both.describe(`Adversary and L1 paint: ${row(both)}`);
    tiles.alone.describe(`L1 alone paints: ${row(alone)}`);
  }

  function build() {
    paper.node.setAttribute("role", "application");
    paper.node.tabIndex = 0;
    paper.node.classList.add("demo-drag", "edges-paper");
    listen(paper.node);
    const figure = (kind, { node }, ...label) => element("div", { class: `edges-answer ${kind}` }, node, element("b", {}, ...label));
    const tools = element(
      "div",
      { class: "edges-buttons", role: "group", "aria-label": "Tools" },
      pens[1],
      pens[0],
      undo,
      Demo.button("Clear", () => replace(new Uint8Array(side * side))),
      Demo.button("Another example", another),
      Demo.button("Other noise", () => {
        state.seed += 1;
        follow();
      }),
      place,
    );
    const answers = element(
      "div",
      { class: "edges-answers" },
      figure("edges-both", tiles.both, "adversary + L1"),
      figure("edges-alone", tiles.alone, "L1 alone"),
      figure("edges-truth", tiles.truth, truthLabel),
    );
    const drawing = element("div", { class: "edges-drawing" }, paper.node);
    root.append(element("div", { class: "edges" }, drawing, answers, tools, said));
  }
};

Demo.later("edges", (root) => Demos.edges.build(root, demoData.edges));
