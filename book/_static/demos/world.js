/* One game of the playground, from its settings and a seed alone: the same settings, the same run. */
"use strict";

Demos.part("world", () => {
  const { nn, gan, toys, plane } = Demos;
  const BATCH = 128;
  const COUNTED = 2500; // samples in the report, as many as the protocol asks for
  const SHOWN = 300;
  const PULLED = 40;
  const MOST_RECORDS = 400;

  // How D is kept smooth: by a bound on its weights after each of its moves, or by spectral normalisation.
  const BOUNDS = {
    none: { title: "nothing", clip: 0 },
    clip: { title: "weights clipped to ±0.1", clip: 0.1 },
    tight: { title: "weights clipped to ±0.01", clip: 0.01 },
    spectral: { title: "spectral normalisation", clip: 0, spectral: true },
  };

  function noise(random, n) {
    return Float64Array.from({ length: 2 * n }, random.normal);
  }

  /** A new game: untrained networks, and all that is drawn of it. `mixture` is `{modes, spread, reach}`. */
  function create(settings, mixture) {
    const random = Demos.random(settings.seed);
    const apart = Demos.random(settings.seed + 1_000_003); // looking must not change the run
    const bound = BOUNDS[settings.bound];
    const G = nn.mlp([2, settings.width, settings.width, 2], random);
    const D = nn.mlp([2, settings.width, settings.width, 1], random);
    if (bound.spectral) nn.spectral(D, random);
    const rates = { n: BATCH, lrG: settings.lrG, lrD: settings.lrD, turns: settings.turns, clip: bound.clip };
    const world = {
      game: gan.game(G, D, gan.OBJECTIVES[settings.objective], rates),
      random,
      apart,
      z: noise(apart, COUNTED),
      room: { x: new Float64Array(2 * BATCH), z: new Float64Array(2 * BATCH) },
      steps: 0,
      turn: 0, // D's moves in a step that is half done
      history: [],
      every: 1, // steps in one record
      sums: { n: 0, D: 0, G: 0 },
    };
    world.tapes = {
      count: nn.tape(G, COUNTED),
      shown: nn.tape(G, SHOWN),
      pulled: nn.tape(D, PULLED),
      sheet: nn.tape(G, plane.nodes().length / 2),
      heat: nn.tape(D, plane.lattice(1).length / 2),
    };
    show(world, mixture);
    return world;
  }

  /** Lets a world learn, and be judged by, this mixture from now on. A drawing may have been wiped: then
      there are no data, and nothing that is derived of them (`perfect` is null). */
  function show(world, mixture) {
    const sampled = (n) => toys.draw(mixture, world.apart, new Float64Array(2 * n));
    const empty = !mixture.modes.length;
    world.mixture = mixture;
    world.real = empty ? new Float64Array(0) : sampled(SHOWN);
    world.perfect = empty ? null : judged(sampled(COUNTED), mixture);
  }

  /** The four counts of samples, and how many of them lie outside the plane. */
  function judged(x, mixture) {
    return { ...toys.report(x, mixture), outside: toys.outside(x, mixture.reach) };
  }

  function batch({ mixture, random, room }) {
    return toys.draw(mixture, random, room.x);
  }

  function latent({ random, room }) {
    for (let i = 0; i < room.z.length; i++) room.z[i] = random.normal();
    return room.z;
  }

  /** Keeps the mean losses of every few steps; when there are many records, of every two of them. */
  function note(world, losses) {
    const { sums, history } = world;
    sums.n += 1;
    for (const name of ["D", "G"]) sums[name] += losses[name];
    if (sums.n < world.every) return;
    history.push({ step: world.steps, D: sums.D / sums.n, G: sums.G / sums.n });
    Object.assign(sums, { n: 0, D: 0, G: 0 });
    if (history.length < MOST_RECORDS) return;
    world.every *= 2;
    world.history = history
      .filter((_, i) => i % 2)
      .map((record, i) => ({
        step: record.step,
        D: (record.D + history[2 * i].D) / 2,
        G: (record.G + history[2 * i].G) / 2,
      }));
  }

  /** The rates and D's turns, from now on. */
  function pace({ game }, { turns = game.turns, lrD = game.D.adam.lr, lrG = game.G.adam.lr }) {
    game.turns = turns;
    game.D.adam.lr = lrD;
    game.G.adam.lr = lrG;
  }

  /** One step: D's turns, then G; of a step that is half done, the rest. */
  function step(world) {
    if (world.turn) {
      do half(world);
      while (world.turn);
      return;
    }
    finish(world, gan.play(world.game, () => batch(world), () => latent(world)));
  }

  function finish(world, losses) {
    world.turn = 0;
    world.steps += 1;
    world.losses = losses;
    note(world, losses);
  }

  /** The next move of a step. */
  function half(world) {
    if (world.turn < world.game.turns) {
      world.turn += 1;
      return moveAlone(world, "D");
    }
    const moved = moveAlone(world, "G");
    finish(world, world.losses);
    return moved;
  }

  /** One move of one player alone, which the count of steps leaves out. Tells its loss before the move, what
      D said on average of the real points and of the fakes, and how far the mover's weights went. */
  function moveAlone(world, name) {
    const { game } = world;
    const before = game[name].net.parameters.slice();
    const loss = name === "D" ? gan.moveD(game, batch(world), latent(world)) : gan.moveG(game, latent(world));
    world.losses = { ...world.losses, [name]: loss };
    const stride = Math.hypot(...game[name].net.parameters.map((w, i) => w - before[i]));
    return { name, loss, stride, ...says(game, name) };
  }

  /** What D said on average in the last move: how sure it was of "real", or its logit where only that means
      something. In G's move it saw no real points. */
  function says({ tapes, objective }, name = "D") {
    const mean = ({ values }) => {
      const logits = values[values.length - 1];
      return logits.map(objective.opinion || ((a) => a)).reduce((sum, a) => sum + a, 0) / logits.length;
    };
    return { real: name === "D" ? mean(tapes.real) : null, fake: mean(tapes.fake) };
  }

  /** What moves at every frame: G's samples, and D's pull on the first of them. */
  function samples(world) {
    const { game, tapes, z } = world;
    const fake = nn.forward(game.G.net, tapes.shown, z.subarray(0, 2 * SHOWN));
    return { real: world.real, fake, pulls: gan.pull(game, tapes.pulled, fake.subarray(0, 2 * PULLED)) };
  }

  /** D over the plane, which costs more and is drawn less often. */
  function landscape({ game, tapes, mixture }) {
    const logits = nn.forward(game.D.net, tapes.heat, plane.lattice(mixture.reach));
    return plane.opinions(logits, game.objective.opinion);
  }

  /** The counts of 2,500 samples; null where there are no data to count them by. */
  function count({ game, tapes, mixture, z, perfect }) {
    if (!mixture.modes.length) return null;
    return { ...judged(nn.forward(game.G.net, tapes.count, z), mixture), perfect };
  }

  /** All that is drawn or told of a world; `look` names what is asked for besides the samples. */
  function picture(world, look) {
    const { steps, losses, failed, game, history } = world;
    return {
      steps,
      failed,
      ...samples(world),
      ...(look.far && { shares: landscape(world) }),
      ...(look.sheet && { sheet: nn.forward(game.G.net, world.tapes.sheet, plane.nodes()) }),
      ...(look.words && { losses, history, says: losses ? says(game, losses.D === undefined ? "G" : "D") : null }),
      ...(look.count && { report: count(world) }),
    };
  }

  return { BOUNDS, create, half, moveAlone, pace, picture, show, step };
});
