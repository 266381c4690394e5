/* The game as a picture of its parts: who is fed by whom, whose loss goes back to whom. During a move the
   parts that take part are lit in turn, with their numbers. */
"use strict";

Demos.graph = (() => {
  // What is lit at each of the four moments of a move, and what a reader is told.
  const MOMENTS = {
    D: [
      { lit: ["z", "z-G", "G", "G-fake", "fake", "real"], say: () => "D's move: real points, and fakes that G makes of noise." },
      { lit: ["fake", "real", "fake-D", "real-D", "D"], say: ({ real, fake }, means) => `D ${means(real, "the real ones")}, ${means(fake, "the fakes")}.` },
      { lit: ["D", "D-lossD", "lossD"], say: ({ loss }) => `From that comes D's loss, ${loss.toFixed(3)}.` },
      { lit: ["lossD", "backD", "D"], say: ({ stride }) => `Its slope goes back to D, whose weights move by ${stride.toPrecision(2)}. G stays.` },
    ],
    G: [
      { lit: ["z", "z-G", "G", "G-fake", "fake"], say: () => "G's move: fakes, made of noise. No real point takes part." },
      { lit: ["fake", "fake-D", "D"], say: ({ fake }, means) => `D ${means(fake, "the fakes")}.` },
      { lit: ["D", "D-lossG", "lossG"], say: ({ loss }) => `From that comes G's loss, ${loss.toFixed(3)}.` },
      { lit: ["lossG", "backG", "G"], say: ({ stride }) => `Its slope goes back, through a D that stays, to G, whose weights move by ${stride.toPrecision(2)}.` },
    ],
  };
  const MOMENT = 800; // milliseconds
  const HINT = "Move D or G once, or choose slow motion, to see a move part by part.";
  const WHOLE = "The game: noise z goes into G, which makes fakes; D sees fakes and real points. D's loss goes back to D, G's loss through D to G.";
  const PARTS = {
    z: "M12 43 a11 11 0 1 0 22 0 a11 11 0 1 0 -22 0",
    G: "M64 26 h44 v34 h-44 z",
    D: "M238 60 h44 v34 h-44 z",
    lossG: "M322 22 h72 v42 h-72 z",
    lossD: "M322 90 h72 v42 h-72 z",
    fake: "M146 34 h54 v18 h-54 z",
    real: "M146 102 h54 v18 h-54 z",
  };
  const EDGES = {
    "z-G": "M35 43 H62",
    "G-fake": "M108 43 H144",
    "fake-D": "M200 46 L236 68",
    "real-D": "M200 108 L236 86",
    "D-lossG": "M282 70 L320 48",
    "D-lossD": "M282 84 L320 106",
    backG: "M358 22 C358 0 86 0 86 24",
    backD: "M358 132 C358 152 260 152 260 96",
  };
  const WORDS = [
    ["z", 23, 47], ["noise", 23, 74], ["G", 86, 48], ["fakes", 173, 47], ["real", 173, 115], ["D", 260, 82],
    ["G's loss", 358, 40], ["D's loss", 358, 106],
  ];
  const NUMBERS = { fake: [228, 45], real: [228, 118], lossG: [358, 57], lossD: [358, 123], strideG: [90, 76], strideD: [262, 54] };

  const outer = Demo.element("div");
  outer.innerHTML = "<svg></svg>"; // the parser knows the name of SVG's namespace
  const NAMESPACE = outer.firstChild.namespaceURI;

  function svg(tag, attributes, ...children) {
    const node = document.createElementNS(NAMESPACE, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  const number = (value, digits) => (value === null || value === undefined || !Number.isFinite(value) ? "" : value.toFixed(digits));

  const said = (value, sure) => (sure && Number.isFinite(value) ? `${(100 * value).toFixed(0)} %` : number(value, 2));

  class Graph {
    constructor() {
      this.parts = {};
      this.numbers = {};
      const root = svg("svg", { viewBox: "0 0 400 152", class: "graph", role: "img", "aria-label": WHOLE });
      const head = svg("path", { d: "M0 0 L8 4 L0 8 z", class: "graph-head" });
      const size = { markerWidth: 8, markerHeight: 8, refX: 7, refY: 4, orient: "auto", markerUnits: "userSpaceOnUse" };
      root.append(svg("defs", {}, svg("marker", { id: "graph-head", ...size }, head)));
      for (const [name, d] of Object.entries(EDGES)) root.append(this.part(name, d, "graph-edge"));
      for (const [name, d] of Object.entries(PARTS)) root.append(this.part(name, d, "graph-part"));
      for (const [text, x, y] of WORDS) root.append(svg("text", { x, y }, text));
      for (const [name, [x, y]] of Object.entries(NUMBERS)) {
        this.numbers[name] = svg("text", { x, y, class: "graph-number" });
        root.append(this.numbers[name]);
      }
      this.caption = Demo.element("p", { class: "graph-caption" });
      this.node = Demo.element("figure", { class: "graph-box" }, root, this.caption);
      this.root = root;
      this.until = 0; // when the move that is told has been told
      this.rest();
    }

    part(name, d, kind) {
      const mover = /G$/.test(name) ? "G" : /D$/.test(name) ? "D" : name;
      this.parts[name] = svg("path", { d, class: `${kind} graph-of-${mover}` });
      return this.parts[name];
    }

    light(names) {
      for (const [name, node] of Object.entries(this.parts)) node.classList.toggle("graph-lit", names.includes(name));
    }

    get busy() {
      return performance.now() < this.until;
    }

    get telling() {
      return Boolean(this.finish);
    }

    /** Tells a move moment by moment, or for readers who asked for rest all at once; `done` comes with the last. */
    play(moved, sure, done) {
      this.hurry();
      const moments = matchMedia("(prefers-reduced-motion: reduce)").matches ? [-1] : [0, 1, 2, 3];
      this.until = performance.now() + 4 * MOMENT;
      this.finish = () => {
        clearTimeout(this.timer);
        this.finish = null;
        this.show(moved, moments[moments.length - 1], sure);
        done();
      };
      const next = (i) => {
        if (i === moments.length - 1) return this.finish();
        this.show(moved, moments[i], sure);
        this.timer = setTimeout(next, MOMENT, i + 1);
      };
      next(0);
    }

    /** To the end of the move that is told. */
    hurry() {
      this.until = 0;
      if (this.finish) this.finish();
    }

    /** Nothing moves, or too fast to be followed. */
    rest(text = HINT) {
      this.light([]);
      this.root.dataset.moment = "";
      this.put({ strideD: "", strideG: "" });
      Demo.say(this.caption, text);
    }

    put(values) {
      for (const [name, value] of Object.entries(values)) Demo.say(this.numbers[name], value);
    }

    /** The latest losses, and what D said on average: `sure` if that is a probability. */
    tell({ losses = {}, says }, sure) {
      const { real, fake } = says || {};
      this.put({ lossD: number(losses.D, 3), lossG: number(losses.G, 3), real: said(real, sure), fake: said(fake, sure) });
    }

    /** The moment 0 to 3 of a move, or all of them at once (-1). Returns what it says. */
    show(moved, moment, sure) {
      const means = (value, whom) => (sure ? `is on average ${said(value, true)} sure that ${whom} are real` : `gives ${whom} ${value.toFixed(2)} on average`);
      const moments = moment < 0 ? MOMENTS[moved.name] : [MOMENTS[moved.name][moment]];
      this.light(moments.flatMap(({ lit }) => lit));
      this.root.dataset.moment = `${moved.name}${moment}`;
      const { name, loss, real, fake, stride } = moved;
      const past = moment < 0 ? 3 : moment;
      if (past >= 1) this.put({ fake: said(fake, sure), real: said(real, sure) });
      if (past >= 2) this.put({ [`loss${name}`]: number(loss, 3) });
      this.put({ strideD: "", strideG: "", ...(past >= 3 && { [`stride${name}`]: `moves ${stride.toPrecision(2)}` }) });
      Demo.say(this.caption, moments.map(({ say }) => say(moved, means)).join(" "));
    }
  }

  return { create: () => new Graph() };
})();
