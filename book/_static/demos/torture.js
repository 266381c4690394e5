/* Chapter 7: the torture test with a dial. A share of a perfect generator's samples is broken in one of
   eight ways; all thirteen scores are computed here, and each says how much worse that is. */
"use strict";

Demos.torture = (() => {
  const D = 64; // features of an image
  const SEES = 4; // standard deviations: below, a score is called blind
  const [LEFT, RIGHT] = [-2, 3]; // ends of the bars' scale

  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  /** The test from its stored data: features, pictures, and what is known of the real images. */
  function load(stored) {
    const features = {};
    for (const [name, text] of Object.entries(stored.features)) features[name] = Float64Array.from(bytes(text), (level) => level * stored.step);
    const pictures = {};
    for (const [name, text] of Object.entries(stored.pictures)) pictures[name] = Float32Array.from(bytes(text), (level) => level / 127.5 - 1);
    for (const sets of [features, pictures]) sets[stored.copies] = sets.x;
    const test = {
      ...stored,
      d: D,
      x: features.x,
      held_out: features.held_out,
      directions: Float64Array.from(Demo.unpack(stored.directions)),
      head: { weight: Demo.unpack(stored.weight), bias: [...Demo.unpack(stored.bias)] },
      width: stored.kernel_width,
      features,
      pictures,
    };
    return { test, known: Demos.scores.prepare(test) };
  }

  /** The features of all samples, the first `share` of them broken. */
  function samples({ features }, failure, share) {
    const y = Float64Array.from(features.fresh);
    y.set(features[failure].subarray(0, D * Math.round((share * y.length) / D)));
    return y;
  }

  /** By how many standard deviations of a perfect generator each score calls samples worse. */
  function worse({ names, better, center, spread }, scores) {
    return names.map((name, k) => {
      const z = (scores[name] - center[k]) / spread[k];
      return { low: z, high: -z, both: Math.abs(z) }[better[k]];
    });
  }

  const verdict = (value) => (value >= SEES ? "sees" : value <= -SEES ? "prefers" : "blind");

  /** A place on the bars' scale, in percent: linear in the blind band, then logarithmic. */
  function place(value) {
    const size = Math.abs(value) / SEES;
    const along = Math.sign(value) * (size <= 1 ? size : 1 + Math.log10(size));
    return (100 * (Math.min(Math.max(along, LEFT), RIGHT) - LEFT)) / (RIGHT - LEFT);
  }

  return { SEES, load, place, samples, verdict, worse };
})();

Demos.torture.build = (root, stored) => {
  const { load, place, samples, verdict, worse } = Demos.torture;
  const { test, known } = load(stored);
  const SHOWN = 20;
  const [COLUMNS, TILE, GAP] = root.clientWidth < 500 ? [10, 27, 5] : [5, 56, 6]; // a phone shows all at once
  const state = { failure: test.copies, share: 0.4 };
  const follow = Demo.nextFrame(show); // the scores follow, however fast the dial is turned
  const order = Array.from({ length: SHOWN }, (_, k) => (7 * k) % SHOWN); // which of the shown break first

  const failure = Demo.select("Failure", Object.fromEntries(test.failures.map((name) => [name, name])), state.failure, (name) => turn({ failure: name }));
  const dial = Demo.slider(
    "Broken samples",
    { min: 0, max: 100, step: 2, value: 100 * state.share, format: (value) => `${value} %` },
    (value) => turn({ share: value / 100 }),
  );
  const [width, height] = [COLUMNS * (TILE + GAP), (SHOWN / COLUMNS) * (TILE + GAP)];
  const canvas = Demo.canvas(width, height, "");
  const readout = Demo.readout();
  const rows = test.names.map(row);
  build();
  turn({});

  function row(name) {
    const bar = Demo.element("div", { class: "torture-bar" });
    const cells = {
      value: Demo.element("td"),
      scale: Demo.element("td", { class: "torture-scale", "aria-hidden": "true" }, Demo.element("div", {}, bar)),
      verdict: Demo.element("td"),
    };
    const node = Demo.element("tr", {}, Demo.element("th", { scope: "row" }, name), cells.value, cells.scale, cells.verdict);
    return { node, bar, ...cells };
  }

  function build() {
    const left = Demo.element("div", { class: "torture-left" }, failure.node, dial.node, canvas.node, legend(), readout);
    const heads = ["score", "value", "worse →", "verdict"].map((text) => Demo.element("th", { scope: "col" }, text));
    const head = Demo.element("thead", {}, Demo.element("tr", {}, ...heads));
    const body = Demo.element("tbody", {}, ...rows.map(({ node }) => node));
    const table = Demo.element("table", { class: "torture-table" }, head, body);
    root.append(Demo.element("div", { class: "torture" }, left, table));
  }

  function legend() {
    const text = "Twenty of 512 samples; an orange frame marks the broken ones.";
    return Demo.element("p", { class: "torture-legend" }, text);
  }

  /** A new setting. */
  function turn(change) {
    Object.assign(state, change);
    follow();
  }

  function show() {
    const scores = Demos.scores.compute(test, known, samples(test, state.failure, state.share));
    const deviations = worse(test, scores);
    rows.forEach((cells, k) => fill(cells, scores[test.names[k]], deviations[k]));
    canvas.draw(paint);
    canvas.describe(`Twenty samples, ${brokenShown()} of them broken: ${state.failure}.`);
    readout.textContent = sentence(deviations.map(verdict));
  }

  function fill({ node, value, bar, verdict: cell }, score, deviation) {
    const word = verdict(deviation);
    const [from, to] = [place(0), place(deviation)];
    node.className = `torture-${word}`;
    value.textContent = written(score);
    bar.style.left = `${Math.min(from, to)}%`;
    bar.style.width = `${Math.abs(to - from)}%`;
    cell.textContent = word;
  }

  /** Three digits, and never a power of ten. */
  function written(score) {
    if (Math.abs(score) < 5e-7) return "0";
    return (Math.abs(score) < 999.5 ? score.toPrecision(3) : score.toFixed(0)).replace("-", "−");
  }

  const brokenShown = () => Math.round(state.share * SHOWN);

  function sentence(verdicts) {
    const count = (word) => verdicts.filter((other) => other === word).length;
    const prefer = count("prefers");
    const fond = prefer ? `, ${prefer} ${prefer === 1 ? "prefers" : "prefer"} it to a perfect generator` : "";
    const share = Math.round(100 * state.share);
    return `${share} % broken: ${count("sees")} of ${verdicts.length} scores see it, ${count("blind")} are blind${fond}.`;
  }

  function paint(context, _width, _height, colours) {
    const size = test.side * test.side;
    for (let k = 0; k < SHOWN; k++) {
      const broken = order[k] < brokenShown();
      const pictures = test.pictures[broken ? state.failure : "fresh"];
      const [x, y] = [(k % COLUMNS) * (TILE + GAP) + GAP / 2, Math.floor(k / COLUMNS) * (TILE + GAP) + GAP / 2];
      Demo.pixels(context, pictures.subarray(k * size, (k + 1) * size), test.side, x, y, TILE);
      context.lineWidth = broken ? 3 : 1;
      context.strokeStyle = broken ? colours.fake : colours.faint;
      context.strokeRect(x - 1, y - 1, TILE + 2, TILE + 2);
    }
  }
};

Demo.later("torture", (root) => Demos.torture.build(root, demoData.torture));
