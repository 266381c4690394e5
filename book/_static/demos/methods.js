/* Chapter 10: six ways to follow a field, and what one step of each does to small distances. A method is
   `step(game, now, before, h, own)`: the pair after `now`, where `before` is the pair of the step before (at the
   start the same) and `own` the method's own constant. Games come from fields.js. */
"use strict";

Demos.methods = (() => {
  const along = ([x, y], t, [a, b]) => [x + t * a, y + t * b];
  const apart = ([x, y], [a, b]) => [x - a, y - b];
  const onlyG = ([a]) => [a, 0];
  const onlyD = ([, b]) => [0, b];

  /** J' v. */
  function turnedBack({ v, slopes }, at) {
    const [[a, b], [c, d]] = slopes(at);
    const [p, q] = v(at);
    return [a * p + c * q, b * p + d * q];
  }

  const STEPS = {
    simultaneous: ({ v }, now, before, h) => along(now, h, v(now)),
    alternating({ v }, now, before, h) {
      const half = along(now, h, onlyG(v(now)));
      return along(half, h, onlyD(v(half)));
    },
    consensus: (game, now, before, h, gamma) => along(along(now, h, game.v(now)), -h * gamma, turnedBack(game, now)),
    extragradient: ({ v }, now, before, h) => along(now, h, v(along(now, h, v(now)))),
    optimistic: ({ v }, now, before, h) => along(along(now, 2 * h, v(now)), -h, v(before)),
    momentum({ v }, now, before, h, beta) {
      const [p, q] = apart(now, before);
      const half = along(along(now, h, onlyG(v(now))), beta, [p, 0]);
      return along(along(half, h, onlyD(v(half))), beta, [0, q]);
    },
  };
  const REMEMBER = ["optimistic", "momentum"]; // whose step depends on `before`, too

  /** The pairs from `start` on, [[x, y], ...], one for each of `steps` steps; fewer if the next is not finite. */
  function path(game, method, h, own, start, steps) {
    const points = [start];
    let before = start;
    for (let k = 0; k < steps; k++) {
      const now = points[k];
      const next = game.clip(STEPS[method](game, now, before, h, own));
      if (!next.every(Number.isFinite)) break;
      before = now;
      points.push(next);
    }
    return points;
  }

  /** The linear part of a step at the point of rest, as rows: the step itself, on the linear part of the field.
      A method that remembers acts on (now, before), four numbers. */
  function matrix(game, method, h, own) {
    const J = game.slopes(game.rest);
    const linear = {
      v: ([x, y]) => J.map(([a, b]) => a * x + b * y),
      slopes: () => J,
    };
    const size = REMEMBER.includes(method) ? 4 : 2;
    const columns = Array.from({ length: size }, (_, k) => {
      const unit = [0, 0, 0, 0].map((zero, i) => Number(i === k));
      const [now, before] = [unit.slice(0, 2), unit.slice(2)];
      return [...STEPS[method](linear, now, before, h, own), ...now].slice(0, size);
    });
    return columns[0].map((_, i) => columns.map((column) => column[i]));
  }

  const product = (A, B) => A.map((row) => B[0].map((_, j) => row.reduce((sum, a, k) => sum + a * B[k][j], 0)));

  /** The coefficients c of det(m I - A) = m^n + c[1] m^(n - 1) + ... + c[n] (Faddeev and LeVerrier). */
  function characteristic(A) {
    const c = [1];
    let M = A.map((row) => row.map(() => 0));
    for (let k = 1; k <= A.length; k++) {
      M = product(A, M).map((row, i) => row.map((a, j) => a + (i === j ? c[k - 1] : 0)));
      c.push(-product(A, M).reduce((sum, row, i) => sum + row[i], 0) / k);
    }
    return c;
  }

  const times = ([a, b], [c, d]) => [a * c - b * d, a * d + b * c];
  const over = ([a, b], [c, d]) => [(a * c + b * d) / (c * c + d * d), (b * c - a * d) / (c * c + d * d)];

  /** All roots of a polynomial with leading coefficient 1 at once (Durand and Kerner), [[re, im], ...]. */
  function roots(c) {
    const size = 1 + Math.max(...c.slice(1).map(Math.abs));
    let found = c.slice(1).map((_, k) => [size * Math.cos(0.4 + (2 * Math.PI * k) / (c.length - 1)), size * Math.sin(0.4 + (2 * Math.PI * k) / (c.length - 1))]);
    const value = (z) => c.reduce((sum, a) => along(times(sum, z), 1, [a, 0]), [0, 0]);
    for (let k = 0; k < 500; k++) {
      const moved = found.map((z, i) => {
        const others = found.reduce((all, other, j) => (i === j ? all : times(all, apart(z, other))), [1, 0]);
        const by = over(value(z), others);
        return by.every(Number.isFinite) ? by : [0, 0];
      });
      found = found.map((z, i) => apart(z, moved[i]));
      if (Math.max(...moved.map(([a, b]) => Math.hypot(a, b))) < 1e-15) break;
    }
    return found;
  }

  /** The eigenvalues of one step, [[re, im], ...], the largest first. */
  function spectrum(game, method, h, own) {
    const A = matrix(game, method, h, own);
    const found = A.length === 2 ? Demos.dynamics.eigenvalues(A) : roots(characteristic(A));
    return found.sort((z, w) => Math.hypot(...w) - Math.hypot(...z) || w[1] - z[1]);
  }

  /** What one step multiplies small distances by in the long run: the largest modulus. */
  const multiplier = (...asked) => Math.hypot(...spectrum(...asked)[0]);

  /** What the logarithm of the distance gains per step: least squares over the last two thirds of the steps, as long
      as double precision has digits, with weights that fade to both sides so that the swing of a turn cancels. */
  function slope(distances) {
    const lost = distances.findIndex((d) => d < 1e-13);
    const end = lost < 0 ? distances.length : lost;
    const logs = distances.slice(Math.floor(end / 3), end).map(Math.log);
    const weights = logs.map((_, k) => Math.sin((Math.PI * (k + 0.5)) / logs.length) ** 2);
    const middle = (logs.length - 1) / 2;
    const sum = (f) => logs.reduce((all, log, k) => all + weights[k] * f(k - middle, log), 0);
    return logs.length > 3 ? sum((k, log) => k * log) / sum((k) => k * k) : NaN;
  }

  /** How a path of `steps` steps went: the distances from the point of rest, the last of them, what a step
      multiplied them by, and the path's fate in a word. On its way round, the distance of a pair swings; so what
      counts for it is how far out it comes, in the last two fifths and in the two before. */
  function measured({ rest }, points, steps) {
    const distances = points.map((point) => Math.hypot(...apart(point, rest)));
    if (points.length <= steps) return { distances, end: Infinity, rate: NaN, fate: "infinity" };
    const part = Math.floor(0.4 * steps);
    const reach = (from) => Math.max(...distances.slice(from, from + part + 1));
    const growth = reach(steps - part) / reach(steps - 2 * part);
    const end = distances[steps];
    const moved = Math.hypot(...apart(points[steps], points[steps - 1]));
    const way = growth > 1.02 ? "away" : growth < 0.98 ? "nearer" : moved < 1e-6 * end ? "stuck" : "round";
    return { distances, end, rate: Math.exp(slope(distances)), fate: end < 0.01 * distances[0] ? "home" : way };
  }

  /** The path of infinitely small steps, for `time`: Runge and Kutta's steps of 1/20. */
  function flow({ v, clip }, start, time) {
    const points = [start];
    const dt = 0.05;
    for (let k = 0; k < Math.round(time / dt); k++) {
      const w = points[k];
      const k1 = v(w);
      const k2 = v(along(w, dt / 2, k1));
      const k3 = v(along(w, dt / 2, k2));
      const k4 = v(along(w, dt, k3));
      const push = k1.map((a, i) => (a + 2 * k2[i] + 2 * k3[i] + k4[i]) / 6);
      const next = clip(along(w, dt, push));
      if (!next.every((a) => Math.abs(a) < 100)) break;
      points.push(next);
    }
    return points;
  }

  return { names: Object.keys(STEPS), path, matrix, spectrum, multiplier, measured, flow };
})();
