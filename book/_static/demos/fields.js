/* Chapter 10: games of two numbers, as fields in the plane. A game is `{v, slopes, rest, clip}`: the push v of both
   players at a pair, its slopes (the Jacobian, as rows), the point of rest, and what happens to a pair after a step. */
"use strict";

Demos.fields = (() => {
  const still = (pair) => pair;

  /** V = a/2 x^2 + x y - b/2 y^2: x descends, y climbs. */
  const bilinear = ({ a, b }) => ({
    v: ([x, y]) => [-a * x - y, x - b * y],
    slopes: () => [
      [-a, -1],
      [1, -b],
    ],
    rest: [0, 0],
    clip: still,
  });

  /** The Dirac-GAN, with its losses and with what holds D: dynamics.js. */
  const dirac =
    (loss, leash) =>
    ({ strength = 0 }) => {
      const rule = { loss, leash, strength };
      const [v, J] = [Demos.dynamics.field(rule), Demos.dynamics.slopes(rule)];
      const bound = (psi) => Math.max(-strength, Math.min(strength, psi));
      return {
        v: (pair) => v(...pair),
        slopes: (pair) => J(...pair),
        rest: [0, 0],
        clip: leash === "clip" ? ([theta, psi]) => [theta, bound(psi)] : still,
      };
    };

  /** V = x (y - c) + f(x) - f(y) with f(t) = t^2/4 - t^4/2 + t^6/6 (Hsieh et al., 2021, with c = 0.45). */
  function forsaken({ c }) {
    const slope = (t) => t / 2 - 2 * t ** 3 + t ** 5;
    const bend = (t) => 0.5 - 6 * t ** 2 + 5 * t ** 4;
    const v = ([x, y]) => [c - y - slope(x), x - slope(y)];
    const slopes = ([x, y]) => [
      [-bend(x), -1],
      [1, -bend(y)],
    ];
    const near = demoData.field.rest.map((value) => (value * c) / demoData.field.shift);
    return { v, slopes, rest: newton(v, slopes, near), clip: still };
  }

  /** The zero of v next to a point. */
  function newton(v, slopes, [x, y]) {
    for (let k = 0; k < 20; k++) {
      const [p, q] = v([x, y]);
      const [[a, b], [c, d]] = slopes([x, y]);
      [x, y] = [x - (d * p - b * q) / (a * d - b * c), y - (a * q - c * p) / (a * d - b * c)];
    }
    return [x, y];
  }

  return {
    bilinear,
    minimax: dirac("minimax", "none"),
    nonSaturating: dirac("nonSaturating", "none"),
    r1: dirac("minimax", "r1"),
    noise: dirac("minimax", "noise"),
    wasserstein: dirac("wasserstein", "none"),
    clip: dirac("wasserstein", "clip"),
    forsaken,
  };
})();
