/* Chapter 2: two densities, moved apart; five ways to say how far. The definitions are those of
   gan_course.divergences: closed forms for two Gaussians, else sums over the cells of one fine grid. */
"use strict";

window.Demos = window.Demos || {};

Demos.divergences = (() => {
  const { first, dx, cells, humps, farthest } = demoData.divergences;
  const LN2 = Math.log(2);
  const x = Float64Array.from({ length: cells }, (_, i) => first + (i + 0.5) * dx); // midpoints

  const logNormal = (t, centre, std) =>
    -(((t - centre) / std) ** 2) / 2 - Math.log(std * Math.sqrt(2 * Math.PI));

  /** Logarithms of densities of one width around a centre: KL needs them where the densities underflow. */
  const LOG_DENSITIES = {
    gaussian: (t, centre, width) => logNormal(t, centre, width),
    box: (t, centre, width) => (Math.abs(t - centre) < width / 2 ? -Math.log(width) : -Infinity),
    humps(t, centre, width) {
      const logs = humps.map(
        ([share, at, std]) => Math.log(share) + logNormal(t, centre + at * width, std * width),
      );
      const top = Math.max(...logs);
      return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0));
    },
  };

  /** A density on the grid: its logarithm and its values, which sum to 1 / dx. */
  function density({ shape, centre = 0, width }) {
    const log = x.map((t) => LOG_DENSITIES[shape](t, centre, width));
    const at = log.map(Math.exp);
    const mass = at.reduce((sum, value) => sum + value, 0) * dx;
    return {
      shape,
      centre,
      width,
      log: log.map((value) => value - Math.log(mass)),
      at: at.map((value) => value / mass),
    };
  }

  /** The error function, by a series whose terms are all positive: no digits are lost. */
  function erf(z) {
    if (Math.abs(z) > 6) return Math.sign(z);
    let [term, sum] = [z, z];
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }

  const bothGaussian = (p, q) => p.shape === "gaussian" && q.shape === "gaussian";

  function kl(p, q) {
    if (bothGaussian(p, q)) {
      const ratio = (p.width / q.width) ** 2;
      return (ratio + ((p.centre - q.centre) / q.width) ** 2 - 1 - Math.log(ratio)) / 2;
    }
    let sum = 0;
    for (let i = 0; i < cells; i++) if (p.at[i] > 0) sum += p.at[i] * (p.log[i] - q.log[i]);
    return Math.max(0, sum * dx);
  }

  function js(p, q) {
    let sum = 0;
    for (let i = 0; i < cells; i++) {
      const [a, b] = [p.at[i], q.at[i]];
      if (a > 0) sum += a * Math.log((2 * a) / (a + b));
      if (b > 0) sum += b * Math.log((2 * b) / (a + b));
    }
    return Math.min(Math.max(0, (sum * dx) / 2), LN2);
  }

  function tv(p, q) {
    if (bothGaussian(p, q) && p.width === q.width) {
      return erf(Math.abs(p.centre - q.centre) / (p.width * Math.sqrt(8)));
    }
    let sum = 0;
    for (let i = 0; i < cells; i++) sum += Math.abs(p.at[i] - q.at[i]);
    return Math.min((sum * dx) / 2, 1);
  }

  /** Two Gaussians: the mean of a folded normal; else the area between the distribution functions. */
  function w1(p, q) {
    if (bothGaussian(p, q)) {
      const [d, s] = [Math.abs(p.centre - q.centre), Math.abs(p.width - q.width)];
      if (s === 0) return d;
      const z = d / s;
      return s * Math.sqrt(2 / Math.PI) * Math.exp((-z * z) / 2) + d * erf(z / Math.SQRT2);
    }
    let [gap, sum] = [0, 0];
    for (let i = 0; i < cells; i++) {
      gap += (p.at[i] - q.at[i]) * dx;
      sum += Math.abs(gap);
    }
    return sum * dx;
  }

  /** The five of two specifications `{shape, centre, width}`. */
  function all(first, second) {
    const [p, q] = [density(first), density(second)];
    return five(p, q);
  }

  const five = (p, q) => ({ kl: kl(p, q), reverse: kl(q, p), js: js(p, q), tv: tv(p, q), w1: w1(p, q) });

  return { all, density, erf, five, logDensities: LOG_DENSITIES, x, dx, farthest };
})();
