/* The cover: a small GAN learns as the page opens. It starts by itself once the page is drawn and the
   plane is in view, rests out of view, and comes to rest for good when it has found everything and
   settled: nothing moves on while a reader reads. Readers who asked for less motion see the static
   picture and a button. The game is that of `tools/demos/cover.py`, which says how it was chosen. */
"use strict";

Demos.cover = (() => {
  const { nn, gan, toys, plane } = Demos;
  const SIZE = 440;
  const SHOWN = 260; // samples, and as many points of the data
  const COUNTED = 1000;
  const SIDE = 32; // of D's field
  const BUDGET = 9; // milliseconds of training in a frame
  const RATE = 180; // steps in a second, where the machine can
  const TAIL = 0.16; // how fast the end of a sample's tail follows it
  const LOOKS = 80; // milliseconds between two looks at D's field
  const COUNTS = 250; // ... and between two counts

  const noise = (random, n) => Float64Array.from({ length: 2 * n }, random.normal);

  /** A game from a seed: the same seed, the same run. */
  function create(settings, seed) {
    const { width, batch, objective, lrG, lrD, betas, steps, reach } = settings;
    const mixture = { modes: Float64Array.from(Demo.unpack(settings.modes)), spread: settings.spread };
    const random = Demo.random(seed);
    const apart = Demo.random(seed + 1_000_003); // looking must not change the run
    const G = nn.mlp([2, width, width, 2], random, settings.activations.G);
    const D = nn.mlp([2, width, width, 1], random, settings.activations.D);
    return {
      game: gan.game(G, D, gan.OBJECTIVES[objective], { n: batch, lrG, lrD, betas }),
      mixture,
      reach,
      random,
      steps: 0,
      end: steps,
      foundAt: null, // the step at which all modes had been found, for good
      room: { x: new Float64Array(2 * batch), z: new Float64Array(2 * batch) },
      real: toys.draw(mixture, apart, new Float64Array(2 * SHOWN)),
      z: noise(apart, COUNTED),
      tapes: { shown: nn.tape(G, SHOWN), counted: nn.tape(G, COUNTED), field: nn.tape(D, SIDE * SIDE) },
      lattice: plane.lattice(reach, SIDE),
    };
  }

  function step(world) {
    const { game, mixture, random, room } = world;
    const latent = () => {
      for (let i = 0; i < room.z.length; i++) room.z[i] = random.normal();
      return room.z;
    };
    gan.play(game, () => toys.draw(mixture, random, room.x), latent);
    world.steps += 1;
  }

  const samples = ({ game, tapes, z }) => nn.forward(game.G.net, tapes.shown, z.subarray(0, 2 * SHOWN));

  /** How sure D is of "real" over the plane, 0 to 1, [SIDE^2]. */
  function field({ game, tapes, lattice }) {
    return plane.opinions(nn.forward(game.D.net, tapes.field, lattice), game.objective.opinion);
  }

  /** The counts of 1,000 samples. A mode is found when it has at least a third of its fair share. */
  function count(world) {
    const { game, tapes, z, mixture } = world;
    const x = nn.forward(game.G.net, tapes.counted, z);
    const modes = mixture.modes.length / 2;
    const hits = new Array(modes).fill(0);
    for (const mode of toys.nearest(x, mixture)) if (mode >= 0) hits[mode] += 1;
    const found = hits.filter((n) => n >= COUNTED / modes / 3).length;
    if (found < modes) world.foundAt = null;
    else world.foundAt ??= world.steps;
    return { found, modes, ...toys.report(x, mixture) };
  }

  return { BUDGET, COUNTS, LOOKS, RATE, SHOWN, SIDE, SIZE, TAIL, count, create, field, samples, step };
})();

/* How it is drawn: D's field as a soft tint, the data as dots, G's samples as crosses with a tail that
   shows where they come from. */
Demos.cover.picture = (() => {
  const { plane } = Demos;
  const { SIDE, SIZE, TAIL } = Demos.cover;
  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const buffer = Demo.element("canvas", { width: SIDE, height: SIDE });

  function tint(context, shares, colours) {
    const inner = buffer.getContext("2d");
    const image = inner.createImageData(SIDE, SIDE);
    const [real, fake] = [rgb(colours.real), rgb(colours.fake)];
    shares.forEach((share, i) => {
      const doubt = 2 * share - 1;
      image.data.set(doubt > 0 ? real : fake, 4 * i);
      image.data[4 * i + 3] = 140 * Math.abs(doubt) ** 0.8; // of 255: soft
    });
    inner.putImageData(image, 0, 0);
    context.imageSmoothingQuality = "high";
    context.drawImage(buffer, 0, 0, SIZE, SIZE);
  }

  function tails(context, at, points, ends) {
    context.beginPath();
    for (let i = 0; i < points.length / 2; i++) {
      context.moveTo(...at(ends, i));
      context.lineTo(...at(points, i));
    }
    context.stroke();
  }

  /** What is seen of a world follows it softly: `{follow(now), paint(context, colours)}`. */
  function create({ reach, real }) {
    const at = plane.scale(SIZE, reach);
    let shares = null;
    let fake = null;
    let ends = null;
    return {
      follow(samples, field) {
        fake = samples;
        ends ??= Float64Array.from(fake);
        shares ??= Float64Array.from(field);
        for (let i = 0; i < ends.length; i++) ends[i] += TAIL * (fake[i] - ends[i]);
        for (let i = 0; i < shares.length; i++) shares[i] += TAIL * (field[i] - shares[i]);
      },
      paint(context, colours) {
        tint(context, shares, colours);
        context.globalAlpha = 0.75;
        plane.discs(context, at, real, colours.real);
        context.strokeStyle = colours.fake;
        context.globalAlpha = 0.35;
        context.lineWidth = 1;
        tails(context, at, fake, ends);
        context.globalAlpha = 0.95;
        plane.crosses(context, at, fake, colours.fake);
        context.globalAlpha = 1;
      },
    };
  }

  return { create };
})();

/* What the reader sees and presses. */
Demos.cover.Cover = class {
  constructor(root, settings) {
    const still = root.previousElementSibling;
    this.settings = settings;
    this.rest = matchMedia("(prefers-reduced-motion: reduce)");
    this.plane = Demo.canvas(Demos.cover.SIZE, Demos.cover.SIZE, "");
    this.player = Demo.player("training", root, (seconds) => this.frame(seconds));
    this.player.node.addEventListener("click", () => this.pressed());
    this.words = Demo.element("span", { class: "cover-count" });
    this.turn = 0; // which of the seeds plays
    root.append(this.plane.node);
    root.after(still); // the plane first, then what it is
    still.lastElementChild.append(this.player.node, this.words);
    this.begin();
    if (this.rest.matches) this.wait(still);
    else this.open();
    this.rest.addEventListener("change", () => this.rest.matches && this.player.playing && this.player.node.click());
  }

  /** The static picture stays until the reader presses Play. */
  wait(still) {
    const pictures = still.querySelectorAll("img");
    const show = (on) => {
      this.plane.node.hidden = !on;
      for (const picture of pictures) picture.hidden = on;
    };
    queueMicrotask(() => show(false)); // after Demo.start has put the picture away
    this.player.node.addEventListener("click", () => show(true), { once: true });
  }

  /** Starts once the page has loaded and two frames have been drawn, so that nothing waits for it. */
  open() {
    const soon = () => requestAnimationFrame(() => requestAnimationFrame(() => this.player.playing || this.player.toggle()));
    if (document.readyState === "complete") soon();
    else addEventListener("load", soon, { once: true });
  }

  begin() {
    const { create, samples, field, picture } = Demos.cover;
    const { seeds } = this.settings;
    this.world = create(this.settings, seeds[this.turn % seeds.length]);
    this.seen = picture.create(this.world);
    this.far = field(this.world);
    this.seen.follow(samples(this.world), this.far);
    this.owed = 0;
    this.clocks = { field: 0, count: 0 };
    this.counted();
    this.plane.draw((context, width, height, colours) => this.seen.paint(context, colours));
  }

  /** After the player's own listener: the game that has come to rest is followed by another one. */
  pressed() {
    if (this.player.playing && this.over) {
      this.turn += 1;
      this.begin();
    }
    this.counted();
  }

  get over() {
    return this.world.steps >= this.world.end;
  }

  frame(seconds) {
    const { step, samples, field, BUDGET, COUNTS, LOOKS, RATE } = Demos.cover;
    const start = performance.now();
    this.owed = Math.min(this.owed + RATE * seconds, RATE / 10); // what a slow machine cannot pay is forgiven
    for (; this.owed >= 1 && !this.over && performance.now() - start < BUDGET; this.owed -= 1) step(this.world);
    if (this.due("field", start, LOOKS)) this.far = field(this.world);
    this.seen.follow(samples(this.world), this.far);
    this.plane.draw();
    if (this.over) this.finish();
    else if (this.due("count", start, COUNTS)) this.counted();
  }

  due(name, now, milliseconds) {
    if (now - this.clocks[name] < milliseconds) return false;
    this.clocks[name] = now;
    return true;
  }

  finish() {
    this.player.toggle();
    this.player.node.textContent = "Train another";
    this.counted();
  }

  counted() {
    const { found, modes } = Demos.cover.count(this.world);
    const steps = this.world.steps.toLocaleString("en");
    this.words.textContent = `step ${steps}: ${found} of ${modes} found`;
    this.plane.describe(
      `A ring of ${modes} clusters of data, and the samples of a generator: after ${steps} steps they have found ${found} of them.`,
    );
  }
};

Demo.start("cover", (root) => {
  Demos.cover.playing = new Demos.cover.Cover(root, demoData.cover);
});
