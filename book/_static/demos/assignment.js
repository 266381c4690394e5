/* Optimal transport between two sets of n points of one mass each: some cheapest plan is a pairing. The
   Hungarian algorithm finds it with shortest augmenting paths (Jonker and Volgenant, 1987), in O(n^3). */
"use strict";

window.Demos = window.Demos || {};

Demos.assignment = (() => {
  const distance = ([a, b], [c, d]) => Math.hypot(a - c, b - d);
  const costs = (from, to) => from.map((x) => to.map((y) => distance(x, y)));

  /** The cheapest pairing, `partner[i]` of each row i. */
  function optimal(cost) {
    const n = cost.length;
    const partner = Array(n).fill(-1); // of each row
    const owner = Array(n).fill(-1); // of each column
    const [f, g] = [Array(n).fill(0), Array(n).fill(0)]; // potentials: f_i + g_j <= cost_ij, equal on pairs
    for (let row = 0; row < n; row++) augment(row, cost, { partner, owner, f, g });
    return partner;
  }

  /** Pairs one more row, along the shortest path of re-pairings in reduced costs (Dijkstra). */
  function augment(row, cost, { partner, owner, f, g }) {
    const n = cost.length;
    const [reach, before, done] = [Array(n).fill(Infinity), Array(n).fill(-1), Array(n).fill(false)];
    let [i, at, length] = [row, -1, 0];
    do {
      let nearest = -1;
      for (let j = 0; j < n; j++) {
        if (done[j]) continue;
        const through = length + cost[i][j] - f[i] - g[j];
        if (through < reach[j]) [reach[j], before[j]] = [through, i];
        if (nearest < 0 || reach[j] < reach[nearest]) nearest = j;
      }
      [at, length] = [nearest, reach[nearest]];
      done[at] = true;
      i = owner[at];
    } while (i >= 0);
    f[row] += length;
    for (let j = 0; j < n; j++) {
      if (!done[j] || owner[j] < 0) continue;
      f[owner[j]] += length - reach[j];
      g[j] -= length - reach[j];
    }
    while (at >= 0) {
      const from = before[at];
      owner[at] = from;
      [partner[from], at] = [at, partner[from]];
    }
  }

  /** The greedy pairing: the nearest two that are still free, again and again. */
  function greedy(cost) {
    const pairs = cost.flatMap((row, i) => row.map((c, j) => [c, i, j])).sort((a, b) => a[0] - b[0]);
    const partner = Array(cost.length).fill(-1);
    const taken = new Set();
    for (const [, i, j] of pairs) {
      if (partner[i] >= 0 || taken.has(j)) continue;
      partner[i] = j;
      taken.add(j);
    }
    return partner;
  }

  /** What a pairing costs: its mean distance. */
  const price = (cost, partner) => partner.reduce((sum, j, i) => sum + cost[i][j], 0) / partner.length;

  /** Both plans of two sets of points: `{cost, optimal, greedy, w1, greedyPrice}`. */
  function solve(from, to) {
    const cost = costs(from, to);
    const [best, quick] = [optimal(cost), greedy(cost)];
    return { cost, optimal: best, greedy: quick, w1: price(cost, best), greedyPrice: price(cost, quick) };
  }

  return { solve };
})();
