/* A GAN that the reader trains in the page (chapter 3): controls, the clock, and the words. */
"use strict";

Demos.playground = (() => {
  const { gan, plane, world: worlds } = Demos;
  const RATES = [0, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2];
  const SPEEDS = { fast: "as fast as it goes", 20: "20 steps a second", 2: "2 steps a second" };
  const OBJECTIVES = {
    non_saturating: "non-saturating",
    minimax: "minimax (saturating)",
    wasserstein: "Wasserstein",
    hinge: "hinge",
    least_squares: "least squares",
  };
  const WIDTHS = { 16: "2 × 16", 32: "2 × 32", 64: "2 × 64", 128: "2 × 128 (slow)" };
  const START = {
    data: "ring",
    objective: "non_saturating",
    bound: "none",
    width: 64,
    turns: 1,
    lrD: 1e-3,
    lrG: 1e-3,
    seed: 1,
  };
  const BUDGET = 9; // milliseconds of training in a frame: the rest of its 16 is for drawing
  const SIZE = 400;

  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const number = (value, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits) : "–");

  /** The mixtures of tools/demos/playground.py, and room for one that the reader draws. */
  function mixtures() {
    const sets = demoData.playground.sets.map((set) => [
      set.name,
      { ...set, modes: Float64Array.from(Demo.unpack(set.modes)) },
    ]);
    return { ...Object.fromEntries(sets), drawn: { title: "draw your own", ...Demos.drawing.FIRST } };
  }

  class Playground {
    constructor(root) {
      this.settings = { ...START };
      this.sets = mixtures();
      this.view = { heat: true, arrows: true, grid: false };
      this.speed = "fast";
      this.owed = 0; // steps that a slow clock owes
      this.clocks = { landscape: 0, words: 0, count: 0 };
      this.build(root);
      this.restart();
    }

    get mixture() {
      return this.sets[this.settings.data];
    }

    build(root) {
      const wide = Math.min(root.clientWidth || 640, 760);
      this.plane = Demo.canvas(SIZE, SIZE, "The plane of the playground");
      this.curves = Demo.canvas(wide, wide < 500 ? 170 : 150, "Losses of D and G");
      this.numbers = Demo.element("p", { class: "playground-numbers" });
      this.message = Demo.readout();
      this.table = Demo.element("tbody");
      this.player = Demo.player("training", root, (seconds) => this.frame(seconds));
      this.player.node.addEventListener("click", () => this.paused());
      this.drawing = Demos.drawing.attach(this.plane, () => this.redrawn());
      const side = Demo.element("div", { class: "playground-side" }, ...this.controls());
      const picture = Demo.element("div", { class: "playground-plane" });
      picture.append(this.plane.node, this.legend(), this.buttons(), this.message);
      const top = Demo.element("div", { class: "playground-top" }, picture, side);
      root.append(top, this.numbers, this.curves.node, this.counts());
      this.plane.draw((context, size, _, colours) => this.scene && plane.paintPlane(context, size, colours, this.scene));
      this.curves.draw((context, width, height, colours) => this.paintCurves(context, width, height, colours));
    }

    /** A list of choices that begins the game anew, with the same seed. */
    choice(label, name, options, parse = String) {
      return Demo.select(label, options, this.settings[name], (value) => this.begin({ [name]: parse(value) }));
    }

    /** A learning rate or a count of turns: it holds from now on, the game goes on. */
    live(label, name, values, change) {
      const at = values.indexOf(this.settings[name]);
      const range = { min: 0, max: values.length - 1, step: 1, value: at, format: (i) => String(values[i]) };
      return Demo.slider(label, range, (i) => {
        this.settings[name] = values[i];
        change(values[i]);
      });
    }

    controls() {
      const titles = Object.fromEntries(Object.entries(this.sets).map(([name, set]) => [name, set.title]));
      const bounds = Object.entries(worlds.BOUNDS).map(([name, { title }]) => [name, title]);
      this.bound = this.choice("D is kept smooth by", "bound", Object.fromEntries(bounds));
      return [
        this.choice("Data", "data", titles),
        this.choice("Objective", "objective", OBJECTIVES),
        this.bound,
        this.choice("Hidden layers", "width", WIDTHS, Number),
        this.live("D's moves in a step", "turns", [1, 2, 3, 5, 10], (turns) => (this.world.game.turns = turns)),
        this.live("Learning rate of D", "lrD", RATES, (lr) => (this.world.game.D.adam.lr = lr)),
        this.live("Learning rate of G", "lrG", RATES, (lr) => (this.world.game.G.adam.lr = lr)),
        Demo.number("Seed", { min: 0, max: 999, step: 1, value: START.seed }, (seed) => this.begin({ seed })),
        Demo.select("Speed", SPEEDS, this.speed, (speed) => (this.speed = speed)),
      ].map(({ node }) => node);
    }

    buttons() {
      return Demo.element(
        "div",
        { class: "demo-row", role: "group", "aria-label": "Train" },
        this.player.node,
        Demo.button("Move D once", () => this.alone("D")),
        Demo.button("Move G once", () => this.alone("G")),
        Demo.button("Start again", () => this.begin({})),
        this.drawing.clear,
      );
    }

    legend() {
      const layer = (label, name) =>
        Demo.checkbox(label, this.view[name], (on) => {
          this.view[name] = on;
          this.look(true);
        }).node;
      const key = (mark, kind, text) =>
        Demo.element("span", {}, Demo.element("b", { class: `playground-${kind}`, "aria-hidden": "true" }, mark), ` ${text}`);
      return Demo.element(
        "div",
        { class: "playground-legend" },
        key("●", "real", "real"),
        key("×", "fake", "made by G"),
        layer("D's opinion", "heat"),
        layer("pull on G's samples", "arrows"),
        layer("G's bent grid", "grid"),
      );
    }

    counts() {
      const heads = ["2,500 points", "modes", "good share", "spread", "reverse KL"];
      const head = Demo.element("tr", {}, ...heads.map((text) => Demo.element("th", { scope: "col" }, text)));
      return Demo.element("table", { class: "playground-table" }, Demo.element("thead", {}, head), this.table);
    }

    /** The same seed, other settings. A Wasserstein critic without any bound is possible, but not the start. */
    begin(change) {
      if (change.objective === "wasserstein" && this.settings.bound === "none") {
        change.bound = "spectral";
        this.bound.set("spectral");
      }
      Object.assign(this.settings, change);
      this.restart();
      this.message.textContent = "Untrained networks, from the seed.";
    }

    restart() {
      this.drawing.enable(this.settings.data === "drawn" ? this.mixture : null);
      this.failed = false;
      this.world = worlds.create(this.settings, this.mixture);
      this.look(true);
    }

    /** The reader has drawn a dot or wiped them all: the game goes on, with other data. */
    redrawn() {
      worlds.show(this.world, this.mixture);
      this.look(true);
      this.message.textContent = this.drawing.text();
    }

    /** Runs `move` unless the game has ended; says so when a loss stops being a number. */
    guarded(move) {
      if (!this.mixture.modes.length) return this.stop("There is nothing to learn: draw some dots first.");
      if (this.failed) return this.stop("This game is over: start again.");
      try {
        move();
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.failed = true;
        const advice = "Start again with a lower learning rate, or keep D smooth.";
        this.stop(`After step ${this.world.steps} ${error.message}. ${advice}`);
      }
    }

    stop(text) {
      if (this.player.playing) this.player.toggle();
      this.message.textContent = text;
    }

    frame(seconds) {
      const now = performance.now();
      this.guarded(() => {
        if (this.speed === "fast") {
          do worlds.step(this.world);
          while (performance.now() - now < BUDGET);
        } else {
          for (this.owed += seconds * Number(this.speed); this.owed >= 1; this.owed -= 1) worlds.step(this.world);
        }
      });
      this.look();
    }

    alone(name) {
      let loss = NaN;
      this.guarded(() => {
        loss = worlds.moveAlone(this.world, name);
        this.message.textContent = `${name} moved once; its loss was ${number(loss)}.`;
      });
      this.look(true);
    }

    paused() {
      this.look(true);
      if (this.player.playing) this.message.textContent = "Training.";
      else if (!this.failed && this.mixture.modes.length) this.message.textContent = `Paused. ${this.words()}`;
    }

    /** Draws anew: the samples at every frame, the rest when its time has come, or all of it `now`. */
    look(now = false) {
      const due = (name, milliseconds) => {
        const time = performance.now();
        if (!now && time - this.clocks[name] < milliseconds) return false;
        this.clocks[name] = time;
        return true;
      };
      if (due("landscape", 120)) this.far = worlds.landscape(this.world);
      this.near = worlds.samples(this.world);
      if (due("count", 1000)) this.counted();
      if (due("words", 250)) this.tell();
      this.compose();
    }

    compose() {
      const { heat, arrows, grid } = this.view;
      this.scene = {
        reach: this.mixture.reach,
        real: this.drawing.enabled ? this.mixture.modes : this.near.real,
        fake: this.near.fake,
        pulls: arrows ? this.near.pulls : null,
        shares: heat ? this.far.shares : null,
        sheet: grid ? this.far.sheet : null,
        cursor: this.drawing.cursor(),
      };
      this.plane.draw();
    }

    counted() {
      this.report = worlds.count(this.world);
      const rows = this.report ? this.rows() : [];
      this.table.replaceChildren(...rows);
      this.table.parentNode.hidden = !rows.length;
      this.plane.describe(this.words());
      this.curves.describe(`The losses of D and G over ${this.world.steps} steps. ${this.words()}`);
    }

    /** The counts of G's samples, and of as many that are drawn from the data. */
    rows() {
      const row = (title, { modes, high_quality, spread, reverse_kl }) => {
        const cells = [`${modes} of ${this.mixture.modes.length / 2}`, percent(high_quality)];
        cells.push(number(spread, 2), number(reverse_kl, 3));
        const head = Demo.element("th", { scope: "row" }, title);
        return Demo.element("tr", {}, head, ...cells.map((text) => Demo.element("td", {}, text)));
      };
      return [row("made by G", this.report), row("drawn from the data", this.world.perfect)];
    }

    words() {
      const { steps, losses } = this.world;
      const of = this.mixture.modes.length / 2;
      const modes = of === 1 ? "mode" : "modes";
      const found = this.report
        ? `G's samples cover ${this.report.modes} of ${of} ${modes}, and ${percent(this.report.high_quality)} of the samples are good`
        : "nothing has been drawn, so nothing is counted";
      const lost = losses ? `; D's loss ${number(losses.D)}, G's loss ${number(losses.G)}` : "";
      return `Step ${steps.toLocaleString("en")}: ${found}${lost}.`;
    }

    tell() {
      const { steps, losses = {}, game } = this.world;
      const { pulls } = this.near;
      let pull = 0;
      for (let i = 0; i < pulls.length; i += 2) pull += Math.hypot(pulls[i], pulls[i + 1]) / (pulls.length / 2);
      this.numbers.replaceChildren(
        ...[
          `step ${steps.toLocaleString("en")}`,
          `D's loss ${number(losses.D)} (cannot tell: ${number(gan.equilibrium(game.objective))})`,
          `G's loss ${number(losses.G)}`,
          `mean pull ${Number.isFinite(pull) ? pull.toPrecision(3) : "–"}`,
        ].map((text) => Demo.element("span", {}, text)),
      );
      this.curves.draw();
    }

    paintCurves(context, width, height, colours) {
      if (!this.world) return;
      plane.paintLosses(context, width, height, colours, this.world.history, gan.equilibrium(this.world.game.objective));
    }
  }

  return { Playground, RATES, START, mixtures };
})();

Demo.start("playground", (root) => new Demos.playground.Playground(root));
