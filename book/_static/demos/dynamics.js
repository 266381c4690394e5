/* The Dirac-GAN (Mescheder et al., 2018): the data are the point 0, G makes the point theta, D(x) = psi x.
   Its field v = (-dL_G / dtheta, -dL_D / dpsi), its steps, and its linearisation at (0, 0). In this convention
   D is high on the data; the paper counts psi with the other sign, so its (1, 1) is (1, -1) here. */
"use strict";

window.Demos = window.Demos || {};

Demos.dynamics = (() => {
  const noise = demoData.dirac.noise; // pairs (node, weight) of N(0, 1), Gauss-Hermite
  const sigmoid = (t) => 1 / (1 + Math.exp(-t));
  const one = () => 1;
  const zero = () => 0;
  const bump = (t) => sigmoid(t) * sigmoid(-t);

  /* v_theta = psi g(t) and v_psi = -theta d(t), at t = psi theta; with the slopes of g and d. */
  const LOSSES = {
    minimax: { g: sigmoid, gSlope: bump, d: sigmoid, dSlope: bump },
    nonSaturating: { g: (t) => sigmoid(-t), gSlope: (t) => -bump(t), d: sigmoid, dSlope: bump },
    wasserstein: { g: one, gSlope: zero, d: one, dSlope: zero },
  };

  const plain =
    ({ g, d }) =>
    (theta, psi) => [psi * g(psi * theta), -theta * d(psi * theta)];

  /** The slopes of the plain v at any pair, as rows: of v_theta and of v_psi, in theta and in psi. */
  const plainSlopes = (loss) => (theta, psi) => {
    const t = psi * theta;
    const [g, d] = [loss.gSlope(t), loss.dSlope(t)];
    return [
      [psi * psi * g, loss.g(t) + t * g],
      [-loss.d(t) - t * d, -theta * theta * d],
    ];
  };

  const mean = (f, s) => noise.reduce((sum, [node, weight]) => sum + weight * f(s * node), 0);

  /** N(0, s^2) on real and fake points. With tanh, whose terms all have one sign, no digits cancel near 0. */
  function blurred({ g, d }, s) {
    const pull = (psi, point) => point * Math.tanh((psi * point) / 2);
    return (theta, psi) => [
      psi * mean((e) => g(psi * (theta + e)), s),
      d === one ? -theta : -(theta + mean((e) => pull(psi, e) + pull(psi, theta + e), s)) / 2,
    ];
  }

  function blurredSlopes(loss, s) {
    const steep = (t) => 1 - Math.tanh(t / 2) ** 2;
    return (theta, psi) => {
      const over = (f) => mean((e) => f(psi * (theta + e), theta + e), s); // of t and the fake point
      const real = mean((e) => e * e * steep(psi * e), s);
      return [
        [psi * psi * over(loss.gSlope), over((t) => loss.g(t) + t * loss.gSlope(t))],
        loss.d === one
          ? [-1, 0]
          : [
              -(1 + over((t) => Math.tanh(t / 2) + (t / 2) * steep(t))) / 2,
              -(real + over((t, fake) => fake * fake * steep(t))) / 4,
            ],
      ];
    };
  }

  /** Consensus optimisation (Mescheder et al., 2017): v - gamma grad |v|^2 / 2 = v - gamma J' v. */
  function consensus(loss, gamma) {
    const [v, J] = [plain(loss), plainSlopes(loss)];
    return (theta, psi) => {
      const [a, b] = v(theta, psi);
      const [[tt, tp], [pt, pp]] = J(theta, psi);
      return [a - gamma * (tt * a + pt * b), b - gamma * (tp * a + pp * b)];
    };
  }

  /** Adds -penalty'(psi) to D's part. */
  const charged = (loss, slope) => (theta, psi) => {
    const [a, b] = plain(loss)(theta, psi);
    return [a, b - slope(psi)];
  };

  const LEASHES = {
    none: plain,
    clip: plain, // after D's step
    penalty: (loss, c) => charged(loss, (psi) => c * Math.sign(psi) * (Math.abs(psi) - 1)),
    oneSided: (loss, c) => charged(loss, (psi) => c * Math.sign(psi) * Math.max(0, Math.abs(psi) - 1)),
    r1: (loss, c) => charged(loss, (psi) => c * psi),
    noise: blurred,
    consensus,
  };

  /** v(theta, psi) of a game `{loss, leash, strength}`. */
  const field = ({ loss, leash, strength }) => LEASHES[leash](LOSSES[loss], strength);

  /** The slopes of v at any (theta, psi), as rows, for the games without a kink. */
  function slopes({ loss, leash, strength }) {
    if (leash === "noise") return blurredSlopes(LOSSES[loss], strength);
    const J = plainSlopes(LOSSES[loss]);
    if (leash !== "r1") return J;
    return (theta, psi) => {
      const [first, [across, own]] = J(theta, psi);
      return [first, [across, own - strength]];
    };
  }

  /** The path of `steps` steps from `start`, [[theta, psi], ...]. `moves` is the order of play: "GD" lets G go
      first, "GDDDDD" gives D five moves, and "together" takes both from the state before. */
  function path(game, moves, h, start, steps) {
    const v = field(game);
    const bound = game.leash === "clip" ? game.strength : Infinity;
    const clip = (psi) => Math.max(-bound, Math.min(bound, psi));
    const points = [start];
    let [theta, psi] = start;
    for (let k = 0; k < steps; k++) {
      if (moves === "together") {
        const [a, b] = v(theta, psi);
        [theta, psi] = [theta + h * a, clip(psi + h * b)];
      } else {
        for (const player of moves) {
          if (player === "G") theta += h * v(theta, psi)[0];
          else psi = clip(psi + h * v(theta, psi)[1]);
        }
      }
      points.push([theta, psi]);
    }
    return points;
  }

  /** The linearisation J = v'(0, 0), as rows; null for a penalty that jumps where psi changes its sign. */
  function jacobian({ loss, leash, strength }) {
    if (leash === "penalty") return null;
    const f = loss === "wasserstein" ? 1 : 0.5;
    const spread = loss === "wasserstein" ? 0 : (strength * strength) / 2;
    const down = { r1: strength, noise: spread, consensus: strength * f * f }[leash] || 0;
    return [
      [leash === "consensus" ? -down : 0, f],
      [-f, -down],
    ];
  }

  /** The eigenvalues of a 2 x 2 matrix, [[re, im], [re, im]]. */
  function eigenvalues([[a, b], [c, d]]) {
    const half = (a + d) / 2;
    const square = ((a - d) / 2) ** 2 + b * c;
    const root = Math.sqrt(Math.abs(square));
    return square < 0
      ? [
          [half, root],
          [half, -root],
        ]
      : [
          [half + root, 0],
          [half - root, 0],
        ];
  }

  const times = (A, B) => A.map((row) => [0, 1].map((j) => row[0] * B[0][j] + row[1] * B[1][j]));

  /** What one step multiplies small distances by: the largest modulus of an eigenvalue of its linear part. */
  function multiplier(game, moves, h) {
    const J = jacobian(game);
    if (!J) return null;
    const [G, D] = [
      [
        [1 + h * J[0][0], h * J[0][1]],
        [0, 1],
      ],
      [
        [1, 0],
        [h * J[1][0], 1 + h * J[1][1]],
      ],
    ];
    const both = [G[0], D[1]];
    const step =
      moves === "together"
        ? both
        : [...moves].reduce(
            (M, player) => times(player === "G" ? G : D, M),
            [
              [1, 0],
              [0, 1],
            ],
          );
    return Math.max(...eigenvalues(step).map(([re, im]) => Math.hypot(re, im)));
  }

  return { field, slopes, path, jacobian, eigenvalues, multiplier };
})();
