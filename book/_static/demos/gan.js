/* The game of chapter 3 on the networks of nn.js: D moves, `turns` times, then G, as `gan` and `play` of
   the package do it. */
"use strict";

Demos.part("gan", () => {
  const { Adam, backward, forward, layersOf, tape } = Demos.nn;

  const sigmoid = (a) => 1 / (1 + Math.exp(-a));
  const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));
  const between = (a, low, high) => Math.min(Math.max(a, low), high);

  // A loss of one logit, and its slope.
  const CALL_REAL = { value: (a) => softplus(-a), slope: (a) => -sigmoid(-a) };
  const CALL_FAKE = { value: softplus, slope: sigmoid };
  const RAISE = { value: (a) => -a, slope: () => -1 };
  const LOWER = { value: (a) => a, slope: () => 1 };
  const towards = (target) => ({ value: (a) => (a - target) ** 2 / 2, slope: (a) => a - target });

  /* D minimises the means of `real` over D(x) and of `fake` over D(G(z)); G that of `g` over D(G(z)).
     `balanced` is the logit of a D that cannot tell; `opinion` says how sure a logit is of "real", from 0
     to 1, and is missing where only differences of logits mean something. */
  const OBJECTIVES = {
    non_saturating: { real: CALL_REAL, fake: CALL_FAKE, g: CALL_REAL, balanced: 0, opinion: sigmoid },
    minimax: {
      real: CALL_REAL,
      fake: CALL_FAKE,
      g: { value: (a) => -softplus(a), slope: (a) => -sigmoid(a) },
      balanced: 0,
      opinion: sigmoid,
    },
    wasserstein: { real: RAISE, fake: LOWER, g: RAISE, balanced: 0 },
    hinge: {
      real: { value: (a) => Math.max(0, 1 - a), slope: (a) => (a < 1 ? -1 : 0) },
      fake: { value: (a) => Math.max(0, 1 + a), slope: (a) => (a > -1 ? 1 : 0) },
      g: RAISE,
      balanced: 0,
      opinion: (a) => (1 + between(a, -1, 1)) / 2,
    },
    least_squares: {
      real: towards(1),
      fake: towards(0),
      g: towards(1),
      balanced: 0.5,
      opinion: (a) => between(a, 0, 1),
    },
  };

  /** D's loss where it cannot tell real from fake: the value that theory gives for the equilibrium. */
  function equilibrium({ real, fake, balanced }) {
    return real.value(balanced) + fake.value(balanced);
  }

  function player(net, lr, betas) {
    const gradients = new Float64Array(net.parameters.length);
    return { net, gradients, layers: layersOf(net.widths, gradients), adam: new Adam(net.parameters, lr, betas) };
  }

  /** Two networks, their optimizers and room for batches of n points. `clip` is the bound of D's weights
      after each of its moves, 0 for none; `turns` counts D's moves for each one of G. */
  function game(G, D, objective, { n, lrG, lrD, betas = [0.5, 0.999], turns = 1, clip = 0 }) {
    return {
      G: player(G, lrG, betas),
      D: player(D, lrD, betas),
      tapes: { G: tape(G, n), real: tape(D, n), fake: tape(D, n) },
      objective,
      n,
      turns,
      clip,
    };
  }

  /** The mean of a loss over logits; the slope of that mean is left in the tape. */
  function meanLoss({ value, slope }, logits, tape) {
    const slopes = tape.slopes[tape.slopes.length - 1];
    let sum = 0;
    for (let i = 0; i < logits.length; i++) {
      sum += value(logits[i]);
      slopes[i] = slope(logits[i]) / logits.length;
    }
    return sum / logits.length;
  }

  function move({ net, adam, gradients }, loss, name) {
    if (!Number.isFinite(loss)) throw new RangeError(`the loss of ${name} is no longer a finite number`);
    adam.step(gradients);
    return loss;
  }

  /** D's move on real points x [n, 2] and on G(z): real up, fake down. Returns its loss before the move. */
  function moveD(game, x, z) {
    const { G, D, tapes, objective, clip } = game;
    const fake = forward(G.net, tapes.G, z, true);
    const onReal = meanLoss(objective.real, forward(D.net, tapes.real, x, true), tapes.real);
    const onFake = meanLoss(objective.fake, forward(D.net, tapes.fake, fake, true), tapes.fake);
    D.gradients.fill(0);
    backward(D.net, tapes.real, D.layers);
    backward(D.net, tapes.fake, D.layers);
    const loss = move(D, onReal + onFake, "D");
    const { parameters } = D.net;
    if (clip) for (let i = 0; i < parameters.length; i++) parameters[i] = between(parameters[i], -clip, clip);
    return loss;
  }

  /** G's move: its samples G(z) up, seen through D, whose weights stay. Returns its loss before the move. */
  function moveG(game, z) {
    const { G, D, tapes, objective } = game;
    const fake = forward(G.net, tapes.G, z, true);
    const loss = meanLoss(objective.g, forward(D.net, tapes.fake, fake, true), tapes.fake);
    tapes.G.slopes[tapes.G.slopes.length - 1].set(backward(D.net, tapes.fake));
    G.gradients.fill(0);
    backward(G.net, tapes.G, G.layers);
    return move(G, loss, "G");
  }

  /** One step: `draw()` gives a batch x and `noise()` a z, fresh for every move. D's loss is its mean. */
  function play(game, draw, noise) {
    let sum = 0;
    for (let turn = 0; turn < game.turns; turn++) sum += moveD(game, draw(), noise());
    return { D: sum / game.turns, G: moveG(game, noise()) };
  }

  /** Where D pushes each of the points x [n, 2]: minus the slope of G's loss in it. `room` is D's tape. */
  function pull({ D, objective }, room, x) {
    const logits = forward(D.net, room, x);
    const slopes = room.slopes[room.slopes.length - 1];
    for (let i = 0; i < logits.length; i++) slopes[i] = -objective.g.slope(logits[i]);
    return backward(D.net, room);
  }

  return { OBJECTIVES, equilibrium, game, moveD, moveG, play, pull };
});
