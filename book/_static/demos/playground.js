/* A GAN that the reader trains in the page (chapter 3): controls, the clock, and the words. */
"use strict";

Demos.playground = (() => {
  const { gan, graph, plane, world: worlds } = Demos;
  const RATES = [0, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2];
  const SPEEDS = { fast: "as fast as it goes", 20: "20 steps a second", slow: "slow motion, move by move" };
  const OBJECTIVES = {
    non_saturating: "non-saturating",
    minimax: "minimax (saturating)",
    wasserstein: "Wasserstein",
    hinge: "hinge",
    least_squares: "least squares",
  };
  const WIDTHS = { 16: "2 × 16", 32: "2 × 32", 64: "2 × 64", 128: "2 × 128 (slow)" };
  /* The seed is the fastest of 1 to 20 under these settings, counted every 25 steps: G's samples first cover
     all 8 modes at step 125. The others took 200 to 2,325 steps; 19 and 20 did not get there in 4,000. */
  const START = {
    data: "ring",
    objective: "non_saturating",
    bound: "none",
    width: 64,
    turns: 1,
    lrD: 1e-3,
    lrG: 1e-3,
    seed: 3,
  };
  const SIZE = 400;
  const EVERY = { far: 120, words: 250, count: 1000 }; // milliseconds between two looks, while it trains
  const ALL = { far: true, sheet: true, words: true, count: true };

  const NOTHING = "nothing has been drawn, so nothing is counted";

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
    /** Fills `root`. `worker` false trains in the page itself, as where there are no workers. */
    constructor(root, worker) {
      this.root = root;
      this.settings = { ...START };
      this.sets = mixtures();
      this.view = { heat: true, arrows: true, grid: false };
      this.speed = "fast";
      this.owed = 0; // steps that a slow clock owes
      this.clocks = { far: 0, words: 0, count: 0 };
      this.waiting = 0; // messages without an answer
      this.seen = {}; // the newest of all that the answers held
      this.engine = Demos.engine.open((picture) => this.heard(picture), worker);
      this.build(root);
      this.restart("");
    }

    get mixture() {
      return this.sets[this.settings.data];
    }

    build(root) {
      const wide = Math.min(root.clientWidth || 640, 760);
      this.plane = Demo.canvas(SIZE, SIZE, "The plane of the playground");
      this.curves = Demo.canvas(wide < 500 ? wide : 385, wide < 500 ? 100 : 130, "Losses of D and G");
      this.graph = graph.create();
      this.numbers = Demo.element("p", { class: "playground-numbers" });
      for (let i = 0; i < 4; i++) this.numbers.append(Demo.element("span"));
      this.message = Demo.readout();
      this.table = this.emptyTable();
      this.player = Demo.player("training", root, (seconds) => this.frame(seconds));
      this.player.node.addEventListener("click", () => this.toggled());
      this.drawing = Demos.drawing.attach(this.plane, () => this.redrawn());
      const picture = Demo.element("div", { class: "playground-plane" }, this.plane.node);
      const beside = Demo.element("div", { class: "playground-beside" });
      beside.append(this.numbers, this.curves.node, this.table, this.graph.node);
      const view = Demo.element("div", { class: "playground-top" }, picture, beside);
      const rules = Demo.element("div", { class: "playground-side" }, ...this.controls());
      root.append(this.buttons(), view, this.legend(), this.message, rules);
      this.plane.draw((context, size, _, colours) => this.scene && plane.paintPlane(context, size, colours, this.scene));
      this.curves.draw((context, width, height, colours) => this.paintCurves(context, width, height, colours));
    }

    /** A list of choices that begins the game anew, with the same seed. */
    choice(label, name, options, parse = String) {
      return Demo.select(label, options, this.settings[name], (value) => this.begin({ [name]: parse(value) }));
    }

    /** A learning rate or a count of turns: it holds from now on, the game goes on. */
    live(label, name, values) {
      const at = values.indexOf(this.settings[name]);
      const range = { min: 0, max: values.length - 1, step: 1, value: at, format: (i) => String(values[i]) };
      return Demo.slider(label, range, (i) => {
        this.settings[name] = values[i];
        this.ask("set", { rates: { [name]: values[i] } }, {});
      });
    }

    controls() {
      const titles = Object.fromEntries(Object.entries(this.sets).map(([name, set]) => [name, set.title]));
      const bounds = Object.entries(worlds.BOUNDS).map(([name, { title }]) => [name, title]);
      this.bound = this.choice("D is kept smooth by", "bound", Object.fromEntries(bounds));
      return [
        Demo.select("Speed", SPEEDS, this.speed, (speed) => this.paced(speed)),
        this.choice("Data", "data", titles),
        this.choice("Objective", "objective", OBJECTIVES),
        this.bound,
        this.choice("Hidden layers", "width", WIDTHS, Number),
        Demo.number("Seed", { min: 0, max: 999, step: 1, value: START.seed }, (seed) => this.begin({ seed })),
        this.live("D's moves in a step", "turns", [1, 2, 3, 5, 10]),
        this.live("Learning rate of D", "lrD", RATES),
        this.live("Learning rate of G", "lrG", RATES),
      ].map(({ node }) => node);
    }

    buttons() {
      return Demo.element(
        "div",
        { class: "demo-row playground-buttons", role: "group", "aria-label": "Train" },
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
          this.ask("rest", {}, ALL);
        }).node;
      const key = (mark, kind, text) =>
        Demo.element("span", {}, Demo.element("b", { class: `playground-${kind}`, "aria-hidden": "true" }, mark), ` ${text}`);
      return Demo.element(
        "div",
        { class: "playground-legend" },
        key("●", "real", "real"),
        key("×", "fake", "made by G"),
        key("▸", "fake", "outside the plane"),
        layer("D's opinion", "heat"),
        layer("pull on G's samples", "arrows"),
        layer("G's bent grid", "grid"),
      );
    }

    /** The same seed, other settings. A Wasserstein critic without any bound is possible, but not the start. */
    begin(change) {
      if (change.objective === "wasserstein" && this.settings.bound === "none") {
        change.bound = "spectral";
        this.bound.set("spectral");
      }
      Object.assign(this.settings, change);
      this.restart(this.player.playing ? "Training untrained networks, from the seed." : "Untrained networks, from the seed.");
    }

    restart(text) {
      this.drawing.enable(this.settings.data === "drawn" ? this.mixture : null);
      this.graph.hurry();
      this.seen = {};
      this.beginning = true; // what is still said of the game before is not listened to
      this.message.textContent = text;
      this.ask("begin", { settings: this.settings, mixture: this.mixture }, ALL);
    }

    /** The reader has drawn a dot or wiped them all: the game goes on, with other data. */
    redrawn() {
      this.graph.hurry();
      this.message.textContent = this.drawing.text();
      this.ask("show", { mixture: this.mixture }, ALL);
    }

    ask(order, more, look) {
      this.waiting += 1;
      this.root.setAttribute("aria-busy", "true");
      this.engine.send({ order, ...more, look });
    }

    /** An answer of whoever trains. A move is told part by part, and drawn with the last of them. */
    heard(picture) {
      this.waiting -= 1;
      if (picture.order === "begin") this.beginning = false;
      if (this.beginning) return;
      if (picture.moved) this.told(picture);
      else this.accept(picture);
      if (picture.order === "pause" && !this.player.playing) this.paused();
      this.calm();
    }

    calm() {
      if (!this.waiting && !this.graph.telling) this.root.setAttribute("aria-busy", "false");
    }

    told(picture) {
      const { name, loss } = picture.moved;
      this.graph.play(picture.moved, Boolean(this.objective.opinion), () => {
        this.accept(picture);
        this.message.textContent = `${name} moved once; its loss was ${number(loss)}.`;
        this.calm();
      });
    }

    get objective() {
      return gan.OBJECTIVES[this.settings.objective];
    }

    /** Whether there is a game to go on with; says why not. */
    allowed() {
      if (!this.mixture.modes.length) this.stop("There is nothing to learn: draw some dots first.");
      else if (this.seen.failed) this.stop("This game is over: start again.");
      else return true;
      return false;
    }

    stop(text) {
      if (this.player.playing) this.player.toggle();
      this.message.textContent = text;
    }

    /** One frame of the clock: asks for steps and a picture, unless the last ones are still to come. */
    frame(seconds) {
      if (!this.allowed()) return;
      if (this.speed !== "fast") this.owed = Math.min(this.owed + seconds * Number(this.speed), 20) || 0;
      if (this.waiting) return;
      if (this.speed === "slow") {
        if (!this.graph.busy) this.ask("half", {}, ALL);
        return;
      }
      const steps = this.speed === "fast" ? Infinity : Math.floor(this.owed);
      this.owed -= steps === Infinity ? this.owed : steps;
      this.ask("frame", { steps }, this.due());
    }

    /** What a picture shall hold: the samples at every frame, the rest when its time has come. */
    due() {
      const now = performance.now();
      const look = {};
      for (const [name, milliseconds] of Object.entries(EVERY)) {
        look[name] = now - this.clocks[name] >= milliseconds;
        if (look[name]) this.clocks[name] = now;
      }
      return { ...look, sheet: look.far && this.view.grid };
    }

    alone(name) {
      this.graph.hurry();
      if (this.allowed()) this.ask("move", { name }, ALL);
    }

    paced(speed) {
      this.graph.hurry();
      this.speed = speed;
      this.owed = 0;
      if (this.player.playing) this.message.textContent = "Training."; // not the last move of a slow motion that is over
    }

    toggled() {
      this.graph.hurry();
      this.pace = null;
      if (this.player.playing) this.message.textContent = "Training.";
      else this.ask("pause", {}, ALL);
    }

    paused() {
      if (!this.seen.failed && this.mixture.modes.length) this.message.textContent = `Paused. ${this.words()}`;
      this.graph.rest();
    }

    accept(picture) {
      const over = this.seen.failed;
      Object.assign(this.seen, picture);
      this.compose();
      if (picture.history) this.tell();
      if ("report" in picture) this.counted();
      if (picture.failed && !over) {
        this.stop(`${picture.failed}. Start again with a lower learning rate, or keep D smooth.`);
      }
    }

    compose() {
      const { heat, arrows, grid } = this.view;
      const { real, fake, pulls, shares, sheet } = this.seen;
      this.scene = {
        reach: this.mixture.reach,
        real: this.drawing.enabled ? this.mixture.modes : real,
        fake,
        pulls: arrows ? pulls : null,
        shares: heat ? shares : null,
        sheet: grid ? sheet : null,
        cursor: this.drawing.cursor(),
      };
      this.plane.draw();
    }

    counted() {
      this.table.hidden = !this.seen.report;
      if (this.seen.report) {
        const cells = this.table.querySelectorAll("th, td");
        this.rows(this.seen.report).forEach((text, i) => Demo.say(cells[i], text));
      }
      this.plane.describe(this.words());
      this.curves.describe(`The losses of D and G over ${this.seen.steps} steps. ${this.words()}`);
    }

    /** How much of the data is found: of a curve, which has no modes, the share of its length. */
    found({ modes }) {
      const of = this.mixture.modes.length / 2;
      return this.mixture.curve ? `${((100 * modes) / of).toFixed(0)} %` : `${modes} of ${of}`;
    }

    emptyTable() {
      const row = (...kinds) => Demo.element("tr", {}, ...kinds.map(([tag, scope]) => Demo.element(tag, scope ? { scope } : {})));
      const counts = () => row(["th", "row"], ...Array(5).fill(["td"]));
      const head = Demo.element("thead", {}, row(...Array(6).fill(["th", "col"])));
      return Demo.element("table", { class: "playground-table", hidden: "" }, head, Demo.element("tbody", {}, counts(), counts()));
    }

    /** What the table says: its head, the counts of G's samples, and of as many that are drawn from the data. */
    rows(report) {
      const row = (title, counts) => [
        ...[title, this.found(counts), percent(counts.high_quality), number(counts.spread, 2)],
        ...[number(counts.reverse_kl, 3), String(counts.outside)],
      ];
      const found = this.mixture.curve ? "of the curve" : "modes";
      const head = ["of 2,500", found, "good", "spread", "reverse KL", "outside"];
      return [...head, ...row("by G", report), ...row("real", report.perfect)];
    }

    words() {
      const { steps, losses, report } = this.seen;
      const lost = losses ? `; D's loss ${number(losses.D)}, G's loss ${number(losses.G)}` : "";
      return `Step ${steps.toLocaleString("en")}: ${report ? this.covered(report) : NOTHING}${lost}.`;
    }

    covered(report) {
      const kind = this.mixture.curve ? "the curve" : this.mixture.modes.length === 2 ? "mode" : "modes";
      const cover = `G's samples cover ${this.found(report)}${this.mixture.curve ? " of" : ""} ${kind}`;
      const good = `${percent(report.high_quality)} of the samples are good`;
      return `${cover}, and ${good}${report.outside ? `; ${report.outside} of 2,500 lie outside the plane` : ""}`;
    }

    tell() {
      const { steps, losses = {}, pulls } = this.seen;
      let pull = 0;
      for (let i = 0; i < pulls.length; i += 2) pull += Math.hypot(pulls[i], pulls[i + 1]) / (pulls.length / 2);
      const told = [
        `step ${steps.toLocaleString("en")}`,
        `D's loss ${number(losses.D)} (cannot tell: ${number(gan.equilibrium(this.objective))})`,
        `G's loss ${number(losses.G)}`,
        `mean pull ${Number.isFinite(pull) ? pull.toPrecision(3) : "–"}`,
      ];
      told.forEach((text, i) => Demo.say(this.numbers.children[i], text));
      this.curves.draw();
      this.graph.tell(this.seen, Boolean(this.objective.opinion));
      if (this.speed !== "slow" && this.player.playing) this.graph.rest(this.rate(steps));
    }

    /** Who moves, and how fast: measured since the last time that it was told. */
    rate(steps) {
      const now = performance.now();
      const before = this.pace;
      this.pace = { steps, now };
      if (!before || steps <= before.steps) return "D and G move in turn.";
      const speed = Math.round((1000 * (steps - before.steps)) / (now - before.now));
      return `D and G move in turn, ${speed} steps a second.`;
    }

    paintCurves(context, width, height, colours) {
      if (!this.seen.history) return;
      plane.paintLosses(context, width, height, colours, this.seen.history, gan.equilibrium(this.objective));
    }
  }

  return { Playground, RATES, START, mixtures };
})();

Demo.start("playground", (root) => new Demos.playground.Playground(root));
