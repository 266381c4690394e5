/* Chapter 8: eight f-divergences of two densities, what a D shows of them, and how it pulls. The definitions
   are those of gan_course.objectives, written for r = ln p/q: what T* and the cost f*(T*) are of D's idea of r.
   The densities are chapter 2's, cut off where the grid ends. */
"use strict";

Demos.family = (() => {
  const { first, dx, cells, sure, spoilt: KINDS } = demoData["f-divergences"];
  const { logDensities } = Demos.divergences;
  const x = Float64Array.from({ length: cells }, (_, i) => first + (i + 0.5) * dx);
  const { exp, expm1, log1p, LN2 } = Math;
  const xlogy = (a, b) => (a === 0 ? 0 : a * Math.log(b));
  const softplus = (r) => (r > 0 ? r + log1p(exp(-r)) : log1p(exp(r)));

  /** Of each: f(u); T*(r), cost(r) = f*(T*(r)); rise(u) = u f''(u), how fast T* rises with r. */
  const MEMBERS = {
    kl: { f: (u) => xlogy(u, u), T: (r) => 1 + r, cost: exp, rise: () => 1 },
    reverse_kl: { f: (u) => -Math.log(u), T: (r) => -exp(-r), cost: (r) => r - 1, rise: (u) => 1 / u },
    pearson: { f: (u) => (u - 1) ** 2, T: (r) => 2 * expm1(r), cost: (r) => expm1(2 * r), rise: (u) => 2 * u },
    neyman: {
      f: (u) => (1 - u) ** 2 / u,
      T: (r) => -expm1(-2 * r),
      cost: (r) => -2 * expm1(-r),
      rise: (u) => 2 / u ** 2,
    },
    squared_hellinger: {
      f: (u) => (Math.sqrt(u) - 1) ** 2,
      T: (r) => -expm1(-r / 2),
      cost: (r) => expm1(r / 2),
      rise: (u) => 1 / (2 * Math.sqrt(u)),
    },
    jensen_shannon: {
      f: (u) => xlogy(u, u) - xlogy(u + 1, (u + 1) / 2),
      T: (r) => LN2 - softplus(-r),
      cost: (r) => softplus(r) - LN2,
      rise: (u) => 1 / (1 + u),
    },
    gan: {
      f: (u) => xlogy(u, u) - xlogy(u + 1, u + 1),
      T: (r) => -softplus(-r),
      cost: softplus,
      rise: (u) => 1 / (1 + u),
    },
    total_variation: {
      f: (u) => Math.abs(u - 1) / 2,
      T: (r) => Math.sign(r) / 2,
      cost: (r) => Math.sign(r) / 2,
      rise: () => 0,
    },
  };

  /** A density on the grid, of a shape of chapter 2: its logarithms and its values, which sum to 1 / dx. */
  function density({ shape, width, centre = 0 }) {
    const log = x.map((t) => logDensities[shape](t, centre, width));
    const mass = log.reduce((sum, value) => sum + exp(value), 0) * dx;
    const logs = log.map((value) => value - Math.log(mass));
    return { log: logs, at: logs.map(exp), centre };
  }

  /** ln p/q; 0 where both are 0. */
  const logRatio = (p, q) => p.log.map((log, i) => (log === -Infinity && q.log[i] === log ? 0 : log - q.log[i]));

  /** D's idea of ln p/q: the truth, blurred, kept small, or a falling line that is 0 half-way to q. */
  function spoilt(ratio, how, much, distance) {
    if (how === "blurred") return blurred(ratio, much);
    if (how === "clipped") return ratio.map((r) => Math.max(-much, Math.min(much, r)));
    return how === "line" ? x.map((t) => -much * (t - distance / 2)) : ratio;
  }

  function blurred(ratio, width) {
    const reach = Math.round((4 * width) / dx);
    const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, k) =>
      exp(-((((k - reach) * dx) / width) ** 2) / 2),
    );
    const known = ratio.map((r) => Math.max(-sure, Math.min(sure, r)));
    return known.map((_, i) => {
      let [sum, total] = [0, 0];
      const last = Math.min(cells - 1, i + reach);
      for (let j = Math.max(0, i - reach); j <= last; j++) {
        const weight = weights[j - i + reach];
        sum += weight * known[j];
        total += weight;
      }
      return sum / total;
    });
  }

  /** The divergence itself: the sum of q f(p/q); where q is 0, the mass of p times the slope of f at infinity. */
  function between(name, p, q) {
    const { f, T } = MEMBERS[name];
    let sum = 0;
    for (let i = 0; i < cells; i++) {
      if (q.at[i] > 0) sum += q.at[i] * f(p.at[i] / q.at[i]);
      else if (p.at[i] > 0) sum += p.at[i] * T(Infinity);
    }
    return Math.max(f(1), sum * dx);
  }

  /** What a D shows: E_p T - E_q f*(T), where it holds `known` for ln p/q. */
  function bound(name, p, q, known) {
    const { T, cost } = MEMBERS[name];
    let [gain, paid] = [0, 0];
    for (let i = 0; i < cells; i++) {
      if (p.at[i] > 0) gain += p.at[i] * T(known[i]);
      if (q.at[i] > 0) paid += q.at[i] * cost(known[i]);
    }
    return (gain - paid) * dx;
  }

  /** Value and slope of `ratio` at the edge of cells next to a place, where the slider's places are. */
  function atPlace(ratio, place) {
    const edge = Math.max(1, Math.min(cells - 1, Math.round((place - first) / dx)));
    const [left, right] = [ratio[edge - 1], ratio[edge]];
    return { r: (left + right) / 2, slope: (right - left) / dx };
  }

  /** The pull on a fake sample, how fast G's loss falls along x: `{zeroSum, nonSaturating}`. */
  function pull(name, { r, slope }) {
    const rise = MEMBERS[name].rise(exp(r)) * (Number.isFinite(slope) ? slope : NaN);
    return { zeroSum: exp(r) * rise, nonSaturating: rise };
  }

  /** All numbers of one state `{name, p, q, distance, how, much, at}`, p and q specified as `{shape, width}`. */
  function numbers({ name, p, q, distance, how, much, at }) {
    const [one, other] = [density(p), density({ ...q, centre: distance })];
    const truth = logRatio(one, other);
    const known = spoilt(truth, how, much, distance);
    const of = (ratio) => {
      const here = atPlace(ratio, at);
      return { bound: bound(name, one, other, ratio), T: MEMBERS[name].T(here.r), ...pull(name, here), r: here.r };
    };
    const best = of(truth);
    return {
      p: one, q: other, truth, known, best,
      divergence: between(name, one, other),
      u: exp(best.r),
      mine: of(known),
    };
  }

  return { MEMBERS, KINDS, numbers, x };
})();
