/* Chapter 10: the field explorer. Choose a game, methods and a start; see every method's path in the same field, its
   distance from rest, and what the eigenvalues say. The games come from fields.js, the numbers of the
   methods from methods.js, the pictures from field_pictures.js. */
"use strict";

(() => {
  const { measured, path, spectrum, flow } = Demos.methods;
  const { paintPlane, paintDistances, paintEigenvalues, paintSpectrum } = Demos.fieldPictures;
  const { NAMES, minus, pairOf, complex, ends, moduli, said, results } = Demos.fieldWords;
  const { sample } = Demos.marks;
  // What the reader chooses from: constants, axes, how far the plane goes, and where, how far and how often to step.
  const constant = (label, value, max, min = 0, step = 0.1) => ({ label, value, min, max, step });
  const dirac = (name, strength) => ({ name, constants: strength ? { strength } : {}, axes: ["θ", "ψ"], reach: 2.2, start: [1, 1], h: 0.2, steps: 100 });
  const GAMES = {
    bilinear: {
      ...dirac("bilinear, V = xy + a x²/2 − b y²/2"),
      constants: { a: constant("curvature a", 0, 2), b: constant("curvature b", 0, 2) },
      axes: ["x", "y"],
    },
    minimax: dirac("Dirac-GAN, minimax"),
    nonSaturating: dirac("Dirac-GAN, non-saturating"),
    r1: dirac("Dirac-GAN, minimax, R1", constant("weight γ of R1", 0.3, 3)),
    noise: dirac("Dirac-GAN, minimax, instance noise", constant("noise, std", 0.7, 2)),
    wasserstein: dirac("Dirac-GAN, Wasserstein"),
    clip: dirac("Dirac-GAN, Wasserstein, ψ clipped", constant("bound of |ψ|", 1, 2, 0.1)),
    forsaken: {
      ...dirac("forsaken, V = x(y − c) + f(x) − f(y)"),
      constants: { c: constant("shift c", 0, 0.6, 0, 0.05) },
      axes: ["x", "y"],
      reach: 1.9,
      start: [0.7, 0],
      h: 0.06,
      steps: 400,
    },
  };
  const OWN = { consensus: constant("γ", 0.5, 2), momentum: constant("β", -0.5, 0.5, -0.9) }; // constants of methods
  const FIRST = ["simultaneous", "alternating", "extragradient", "momentum"];
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  function build(root) {
    const state = {
      game: "bilinear",
      constants: defaults("bilinear"),
      own: { consensus: OWN.consensus.value, momentum: OWN.momentum.value },
      chosen: new Set(FIRST),
      h: 0.2,
      start: [1, 1],
      steps: 100,
      shown: 100,
    };
    const show = pictures(root.clientWidth);
    const table = results();
    const verdict = Demo.readout();
    const play = Demo.player("paths", show.plane.node, (seconds) => {
      state.shown = Math.min(state.steps, state.shown + seconds * Math.max(20, state.steps / 6));
      show.moving({ ...scene, shown: Math.floor(state.shown) });
      if (state.shown === state.steps) play.toggle();
    });
    play.node.addEventListener("click", () => {
      if (play.playing && state.shown === state.steps) state.shown = 0;
    });
    let scene;
    function renew() {
      scene = computed(state);
      state.shown = play.playing ? 0 : state.steps;
      table.show(scene);
      Demo.say(verdict, said(scene));
      show.all(scene);
    }
    const begin = starts(state, show.plane, play, renew);
    const sizes = {
      h: knob(state, "h", "step h", { min: 0.02, max: 1.2, step: 0.02, format: (h) => h.toFixed(2) }, renew),
      steps: knob(state, "steps", "steps", { min: 20, max: 500, step: 20 }, renew),
    };
    root.append(
      Demo.element("div", { class: "demo-row field-row" }, ...games(state, begin, sizes, renew), sizes.h.node),
      methods(state, renew),
      show.node,
      Demo.element("div", { class: "demo-row field-row" }, ...begin.nodes, sizes.steps.node, ...(still.matches ? [] : [play.node])),
      verdict,
      table.node,
    );
    renew();
  }

  function knob(state, key, label, range, renew) {
    return Demo.slider(label, { ...range, value: state[key] }, (value) => {
      state[key] = value;
      renew();
    });
  }

  const defaults = (game) => Object.fromEntries(Object.entries(GAMES[game].constants).map(([key, { value }]) => [key, value]));

  const dial = ({ label, min, max, step, value }, change) =>
    Demo.slider(label, { min, max, step, value, format: (v) => minus(v.toFixed(step < 0.1 ? 2 : 1)) }, change);

  /** The menu of games and the constants of the chosen one. A game that wants other steps than the one before, or
      another start, gets them. */
  function games(state, begin, sizes, renew) {
    const box = Demo.element("div", { class: "field-constants" });
    function fill() {
      const sliders = Object.entries(GAMES[state.game].constants).map(([key, about]) =>
        dial(about, (value) => {
          state.constants[key] = value;
          renew();
        }),
      );
      box.replaceChildren(...sliders.map(({ node }) => node));
    }
    const names = Object.fromEntries(Object.entries(GAMES).map(([key, { name }]) => [key, name]));
    const menu = Demo.select("game", names, state.game, (key) => {
      const [old, game] = [GAMES[state.game], GAMES[key]];
      Object.assign(state, { game: key, constants: defaults(key) });
      for (const [name, control] of Object.entries(sizes)) {
        if (old[name] === game[name]) continue;
        state[name] = game[name];
        control.set(game[name]);
      }
      begin.rename(game, String(old.start) === String(game.start) ? state.start : game.start);
      fill();
      renew();
    });
    fill();
    return [menu.node, box];
  }

  /** The legend, in which each method is switched on and off and has its own constant. */
  function methods(state, renew) {
    const chips = Object.entries(NAMES).map(([name, label]) => {
      const own = OWN[name];
      const slider = own && dial(own, (value) => {
        state.own[name] = value;
        renew();
      });
      const able = (on) => slider && (slider.node.querySelector("input").disabled = !on);
      if (slider) slider.node.querySelector("input").setAttribute("aria-label", `${own.label} of ${label}`);
      const box = Demo.checkbox(label, state.chosen.has(name), (on) => {
        state.chosen[on ? "add" : "delete"](name);
        able(on);
        renew();
      });
      box.node.insertBefore(sample(name), box.node.firstChild.nextSibling);
      able(state.chosen.has(name));
      return Demo.element("div", { class: "field-method" }, box.node, ...(slider ? [slider.node] : []));
    });
    chips[3].append(Demo.element("span", { class: "field-flow" }, sample("flow"), " the flow, h → 0"));
    return Demo.element("div", { class: "field-methods", role: "group", "aria-label": "methods" }, ...chips);
  }

  /** The start: two sliders, a click or a drag in the plane, or arrow keys on it; Enter plays. */
  function starts(state, plane, play, renew) {
    const sliders = [0, 1].map((axis) =>
      Demo.slider(`start ${GAMES[state.game].axes[axis]}`, { min: -2, max: 2, step: 0.05, value: state.start[axis], format: (v) => minus(v.toFixed(2)) }, (value) => {
        state.start = state.start.map((old, i) => (i === axis ? value : old));
        renew();
      }),
    );
    function put(point) {
      const reach = Math.min(2, GAMES[state.game].reach);
      state.start = point.map((value) => Math.round(20 * Math.max(-reach, Math.min(reach, value))) / 20);
      sliders.forEach((slider, axis) => slider.set(state.start[axis]));
      renew();
    }
    pointing(plane, (x, y) => put([2 * x - 1, 1 - 2 * y].map((share) => GAMES[state.game].reach * share)));
    plane.node.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (by) put(state.start.map((value, axis) => value + by[axis]));
      else if (event.key === "Enter" && !still.matches) play.node.click();
      if (by || event.key === "Enter") event.preventDefault();
    });
    return {
      nodes: sliders.map(({ node }) => node),
      /** For another game: its axes, and where to start. */
      rename({ axes }, start) {
        sliders.forEach(({ node }, axis) => (node.querySelector("label").textContent = `start ${axes[axis]}`));
        state.start = start;
        sliders.forEach((slider, axis) => slider.set(start[axis]));
      },
    };
  }

  /** A click or a drag on a canvas: `move(x, y)` with shares of its width and height. */
  function pointing({ node, width, height, point }, move) {
    node.tabIndex = 0;
    node.classList.add("demo-drag");
    const take = (event) => {
      const [x, y] = point(event);
      move(x / width, y / height);
    };
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      take(event);
    });
    node.addEventListener("pointermove", (event) => node.hasPointerCapture(event.pointerId) && take(event));
  }

  /** The four pictures, side by side where there is room. */
  function pictures(room) {
    const two = room >= 600;
    const side = Math.round(two ? 0.52 * (room - 20) : Math.max(260, Math.min(420, room)));
    const rest = two ? room - 20 - side : side;
    const small = Math.floor((rest - 12) / 2);
    const plane = Demo.canvas(side, side, "Plane of the game");
    const distances = Demo.canvas(rest, Math.round(two ? side - small - 32 : 190), "Distance from rest");
    const eigenvalues = Demo.canvas(small, small + 20, "Eigenvalues of the field");
    const spectrum = Demo.canvas(small, small + 20, "Eigenvalues of one step");
    const pair = Demo.element("div", { class: "field-pair" }, eigenvalues.node, spectrum.node);
    const column = Demo.element("div", { class: "field-column" }, distances.node, pair);
    const moving = (scene) => {
      plane.draw((...canvas) => paintPlane(canvas, scene));
      distances.draw((...canvas) => paintDistances(canvas, scene));
    };
    return {
      plane,
      node: Demo.element("div", { class: two ? "field-pictures field-two" : "field-pictures" }, plane.node, column),
      moving,
      all(scene) {
        moving(scene);
        eigenvalues.draw((...canvas) => paintEigenvalues(canvas, scene));
        spectrum.draw((...canvas) => paintSpectrum(canvas, scene));
        const { title, eigenvalues: roots } = scene;
        plane.describe(`The plane of ${title} with its arrows, from the start ${pairOf(scene.start)}. ${said(scene)}`);
        distances.describe(`Distance from the point of rest over ${scene.steps} steps, on a logarithmic axis. ${ends(scene)}`);
        eigenvalues.describe(`Eigenvalues of the field at the point of rest, in the complex plane: ${roots.map(complex).join(" and ")}.`);
        spectrum.describe(`Eigenvalues of one step next to the unit circle. ${moduli(scene)}`);
      },
    };
  }

  /** All that is shown of a state. */
  function computed({ game: key, constants, own, chosen, h, start, steps }) {
    const { name: title, axes, reach } = GAMES[key];
    const game = Demos.fields[key](constants);
    return {
      game, title, axes, reach, start, steps, shown: steps,
      bound: key === "clip" ? constants.strength : Infinity,
      flow: flow(game, start, Math.min(60, h * steps)),
      eigenvalues: Demos.dynamics.eigenvalues(game.slopes(game.rest)),
      methods: Object.keys(NAMES).filter((name) => chosen.has(name)).map((name) => {
        const points = path(game, name, h, own[name], start, steps);
        const roots = spectrum(game, name, h, own[name]);
        return { name, points, spectrum: roots, predicted: Math.hypot(...roots[0]), ...measured(game, points, steps) };
      }),
    };
  }

  Demo.start("field", build);
})();
