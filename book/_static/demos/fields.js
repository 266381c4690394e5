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

  /** V = x (y - 0.45) + f(x) - f(y) with f(z) = z^2/4 - z^4/2 + z^6/6 (Hsieh et al., 2021). */
  function forsaken() {
    const slope = (z) => z / 2 - 2 * z ** 3 + z ** 5;
    const bend = (z) => 0.5 - 6 * z ** 2 + 5 * z ** 4;
    return {
      v: ([x, y]) => [-(y - 0.45) - slope(x), x - slope(y)],
      slopes: ([x, y]) => [
        [-bend(x), -1],
        [1, -bend(y)],
      ],
      rest: demoData.field.forsaken,
      clip: still,
    };
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
