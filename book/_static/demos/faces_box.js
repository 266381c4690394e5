/* Chapter 13: what a reader sees and moves of the demo of faces; its numbers come from faces.js. Your face is made
   anew with the next frame, the small pictures follow in what time is left. */
"use strict";

Demos.faces.build = (root, stored) => {
  const { load, person, styles, read, distance, compared, likeWhom, signed } = Demos.faces;
  const { element, say } = Demo;
  const MANY = 10;
  const model = load(stored);
  const { G, layers } = model;
  const bands = { coarse: [0, 8], middle: [9, 16], fine: [17, 1024] }; // pixels along a side
  const within = ([low, high]) => G.sides.map((side) => side >= low && side <= high);
  const state = {
    a: person(model, stored.seeds[0]),
    b: person(model, stored.seeds[1]),
    fromB: within(bands.coarse), // for each layer
    psi: 0.7,
    noise: undefined, // the stored one
    pushes: model.edits.map(() => 0),
    many: [],
    takes: "a", // whom a click on one of the ten replaces
    next: 100, // seed
  };
  const pictures = {}; // of a, b and yours
  const readings = {}; // the judge's, of a, b, yours, and plain: yours before the sliders
  const jobs = new Map();
  const follow = Demo.nextFrame(show); // your face follows, however fast a slider is moved

  const tiles = { a: tile("face A"), b: tile("face B"), yours: tile("your face") };
  const strip = Array.from({ length: layers + 1 }, (_, k) => pick(`B in ${k} of ${layers} layers`, () => mix(first(k))));
  const gallery = Array.from({ length: MANY }, (_, k) => pick(`face ${k + 1} of ${MANY}`, () => take(k)));
  const switches = Array.from({ length: layers }, (_, k) => layerSwitch(k));
  const chart = Demos.faces.chart(model.factors);
  const [said, varied] = [Demo.readout(), element("p", { class: "faces-note" })];
  const sliders = model.edits.map((edit, k) => pusher(edit, k));
  const painter = Demos.faces.painter(() => say(varied, variety()));
  build();
  newMany();
  askAll();

  // What the controls do.

  function mix(fromB) {
    state.fromB = fromB;
    turn();
  }

  function first(count) {
    return switches.map((_, layer) => layer < count);
  }

  /** A new A or B: all that is made of it follows. */
  function meet(who, whom) {
    state[who] = whom;
    turn();
    painter.ask([side(who), ...strip.map((_, k) => mixture(k))]);
  }

  function newcomer() {
    return person(model, state.next++);
  }

  function take(k) {
    meet(state.takes, state.many[k]);
  }

  function newMany() {
    state.many = gallery.map(newcomer);
    painter.ask(gallery.map((_, k) => shownOf(k)));
  }

  function askAll() {
    turn();
    painter.ask([side("a"), side("b"), ...strip.map((_, k) => mixture(k)), ...gallery.map((_, k) => shownOf(k))]);
  }

  function otherNoise() {
    const before = pictures.yours;
    state.noise = G.fresh(Demo.random(state.next++));
    readings.plain = null;
    show();
    const [small, large] = [distance(before, pictures.yours).toPrecision(1), distance(pictures.a, pictures.b).toFixed(2)];
    say(said, `The noise alone moved a pixel by ${small} (root mean square); from A to B it is ${large}.`);
  }

  // Pictures: each job of the painter is a function that is always the same one for the same tile.

  function once(name, job) {
    return jobs.get(name) ?? jobs.set(name, job).get(name);
  }

  function plain(change) {
    return G.synthesize(styles(model, { ...state, pushes: [], ...change }));
  }

  function side(who) {
    return once(who, () => {
      pictures[who] = plain({ fromB: first(who === "a" ? 0 : layers) });
      readings[who] = read(model, pictures[who]);
      tiles[who].paint(pictures[who]);
      tell();
    });
  }

  function mixture(k) {
    return once(`mixture ${k}`, () => strip[k].paint(plain({ fromB: first(k) })));
  }

  function shownOf(k) {
    return once(`shown ${k}`, () => {
      gallery[k].picture = plain({ a: state.many[k], fromB: first(0) });
      gallery[k].paint(gallery[k].picture);
    });
  }

  /** Another mixture: your face before the sliders is another one, too. */
  function turn() {
    readings.plain = null;
    follow();
  }

  function show() {
    readings.plain ??= read(model, G.synthesize(styles(model, { ...state, pushes: [] }), state.noise));
    pictures.yours = G.synthesize(styles(model, state), state.noise);
    readings.yours = read(model, pictures.yours);
    tiles.yours.paint(pictures.yours);
    switches.forEach((node, k) => dress(node, k));
    strip.forEach(({ node }, k) => node.setAttribute("aria-pressed", String(first(k)) === String(state.fromB)));
    tell();
  }

  /** The chart and the sentence: what the judge reads. */
  function tell() {
    if (!readings.yours || !readings.a || !readings.b) return;
    chart.show(readings);
    const edited = state.pushes.some(Boolean);
    say(said, edited ? compared(model, state.pushes, readings) : likeWhom(model, readings));
    tiles.yours.describe(`Your face: ${state.fromB.filter(Boolean).length} of ${layers} layers from B. ${said.textContent}`);
  }

  function variety() {
    let [sum, pairs] = [0, 0];
    for (let i = 0; i < MANY; i++) {
      for (let j = 0; j < i; j++, pairs++) sum += distance(gallery[i].picture, gallery[j].picture);
    }
    return `Two of the ten differ by ${(sum / pairs).toFixed(2)} a pixel (root mean square; black and white differ by 2).`;
  }

  // Controls.

  /** A picture of one face. */
  function tile(text) {
    return Demo.tile("faces-tile", G.side, text);
  }

  /** A small picture that is a button. */
  function pick(label, press) {
    const picture = tile(label);
    picture.node.setAttribute("aria-hidden", "true");
    const node = element("button", { type: "button", class: "faces-pick", "aria-label": label, title: label }, picture.node);
    node.addEventListener("click", press);
    return { ...picture, node };
  }

  function layerSwitch(k) {
    const node = element("button", { type: "button", class: "faces-layer" }, element("b", {}, "A"), element("small", {}, `${G.sides[k]}×${G.sides[k]}`));
    node.addEventListener("click", () => mix(state.fromB.map((fromB, layer) => (layer === k ? !fromB : fromB))));
    return node;
  }

  function dress(node, k) {
    const who = state.fromB[k] ? "B" : "A";
    say(node.firstChild, who);
    node.setAttribute("aria-pressed", state.fromB[k]);
    node.setAttribute("aria-label", `Layer ${k + 1} of ${layers}, ${G.sides[k]} × ${G.sides[k]} pixels, hears ${who}`);
  }

  function pusher({ name, range }, k) {
    return Demo.slider(name, { min: -range, max: range, step: 0.1, value: 0, format: signed }, (value) => {
      state.pushes[k] = value;
      follow();
    });
  }

  function reset() {
    state.pushes.fill(0);
    sliders.forEach((slider) => slider.set(0));
    follow();
  }

  /** Two buttons of which one is pressed: whom a click on one of the ten replaces. */
  function taker() {
    const buttons = ["a", "b"].map((who) => Demo.button(who.toUpperCase(), () => choose(who)));
    const choose = (who) => {
      state.takes = who;
      buttons.forEach((node, k) => node.setAttribute("aria-pressed", "ab"[k] === who));
    };
    choose("a");
    return group("faces-buttons", "A click on a face makes it", "a click makes it", ...buttons);
  }

  function truncation() {
    const range = { min: -1, max: 1.5, step: 0.05, value: state.psi, format: (value) => value.toFixed(2).replace("-", "−") };
    return Demo.slider("ψ", range, (value) => {
      state.psi = value;
      askAll();
    });
  }

  function group(kind, label, ...children) {
    return element("div", { class: kind, role: "group", "aria-label": label }, ...children);
  }

  function build() {
    const row = (...children) => element("div", { class: "faces-buttons" }, ...children);
    const heading = (text) => element("strong", {}, text);
    const figure = (kind, picture, ...below) => element("div", { class: `faces-person ${kind}` }, picture.node, ...below);
    const people = element(
      "div",
      { class: "faces-people" },
      figure("faces-a", tiles.a, element("b", {}, "A"), Demo.button("New A", () => meet("a", newcomer()))),
      figure("faces-yours", tiles.yours, element("b", {}, "your face"), Demo.button("Other noise", otherNoise)),
      figure("faces-b", tiles.b, element("b", {}, "B"), Demo.button("New B", () => meet("b", newcomer()))),
    );
    const presets = Object.keys(bands).map((band) => Demo.button(band, () => mix(within(bands[band]))));
    const mixing = group(
      "faces-mixing",
      "Mix A and B",
      people,
      group("faces-layers", "Which face each layer hears", ...switches),
      group("faces-buttons", "Layers from B", "from B:", ...presets, Demo.button("none", () => mix(first(0)))),
      element("p", { class: "faces-note" }, "B takes over, the coarse layers first:"),
      group("faces-strip", "B takes over, the coarse layers first", ...strip.map(({ node }) => node)),
    );
    const judge = group("faces-judge", "What the judge reads", heading("What the judge reads"), chart.node, said);
    const pushing = group(
      "faces-pushing",
      "Change one thing",
      row(heading("Change one thing"), Demo.button("All to 0", reset)),
      element("div", { class: "faces-sliders" }, ...sliders.map(({ node }) => node)),
    );
    const many = group(
      "faces-many",
      "Truncation of all faces",
      row(heading("Truncation"), truncation().node, Demo.button("Ten others", newMany), taker()),
      element("div", { class: "faces-gallery" }, ...gallery.map(({ node }) => node)),
      varied,
    );
    root.append(element("div", { class: "faces" }, mixing, judge, pushing, many));
  }
};

Demo.later("faces", (root) => Demos.faces.build(root, demoData.faces));
