/* The thirteen scores of chapter 7, as gan_course.metrics computes them: a test holds them equal. Features
   are Float64Arrays [n, d], row by row; they are whole multiples of a power of two, so that squared
   distances are exact and equal distances are equal. Real samples x come first, generated ones y second. */
"use strict";

window.Demos = window.Demos || {};

Demos.scores = (() => {
  function mean(values) {
    let sum = 0;
    for (const value of values) sum += value;
    return sum / values.length;
  }

  function dot(a, b) {
    let sum = 0;
    for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
    return sum;
  }

  /** The squared length of each row of a [n, d]. */
  const norms = (a, d) =>
    Float64Array.from({ length: a.length / d }, (_, i) => {
      const row = a.subarray(i * d, (i + 1) * d);
      return dot(row, row);
    });

  /** Squared distances [n, m], |a|^2 + |b|^2 - 2 a.b: it loses no digit, since all of it is whole steps. */
  function squares(a, b, d) {
    const [n, m] = [a.length / d, b.length / d];
    const turned = new Float64Array(b.length);
    for (let j = 0; j < m; j++) for (let c = 0; c < d; c++) turned[c * m + j] = b[j * d + c];
    const out = new Float64Array(n * m);
    Demos.product.product(a, d, 1, turned, n, m, d, out);
    const [sizeA, sizeB] = [norms(a, d), norms(b, d)];
    for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < m; j++, at++) out[at] = sizeA[i] + sizeB[j] - 2 * out[at];
    return out;
  }

  /** The squared distance of each row to its k-th nearest other row, from squares [n, n]. */
  function radii(own, n, k) {
    return Float64Array.from({ length: n }, (_, i) => {
      const least = new Float64Array(k + 1).fill(Infinity); // the row itself is one of the zeros
      for (let j = i * n; j < (i + 1) * n; j++) {
        if (own[j] >= least[k]) continue;
        let at = k;
        for (; at > 0 && least[at - 1] > own[j]; at--) least[at] = least[at - 1];
        least[at] = own[j];
      }
      return least[k];
    });
  }

  const rowMinima = (d2, n, m) => Float64Array.from({ length: n }, (_, i) => Math.min(...d2.subarray(i * m, (i + 1) * m)));

  function columnMinima(d2, n, m) {
    const least = new Float64Array(m).fill(Infinity);
    for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < m; j++, at++) if (d2[at] < least[j]) least[j] = d2[at];
    return least;
  }

  /** Mean of k over all pairs, or over different ones where a and b are the same set. */
  function kernelMean(d2, n, m, k, same) {
    let sum = 0;
    for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < m; j++, at++) if (!same || i !== j) sum += k(d2[at], i, j);
    return sum / (same ? n * (n - 1) : n * m);
  }

  const gaussian = (width) => (d2) => Math.exp(-d2 / (2 * width * width));
  const cubic = (a, b, d) => (d2, i, j) => ((a[i] + b[j] - d2) / 2 / d + 1) ** 3; // a, b: squared norms

  /** Mean [d] and an upper triangle R [d, d] with R^T R = S, the covariance, by Gram and Schmidt. */
  function gaussianOf(x, d) {
    const n = x.length / d;
    const center = new Float64Array(d);
    for (let i = 0; i < x.length; i++) center[i % d] += x[i] / n;
    const columns = Array.from({ length: d }, (_, c) =>
      Float64Array.from({ length: n }, (_, i) => (x[i * d + c] - center[c]) / Math.sqrt(n - 1)),
    );
    const sizes = columns.map((column) => Math.sqrt(dot(column, column)));
    const factor = columns.map(() => new Float64Array(d));
    columns.forEach((column, c) => {
      const size = Math.sqrt(dot(column, column));
      if (size <= 1e-10 * sizes[c]) return; // nothing new but rounding
      for (let i = 0; i < n; i++) column[i] /= size;
      factor[c][c] = size;
      for (let next = c + 1; next < d; next++) {
        const share = dot(column, columns[next]);
        factor[c][next] = share;
        for (let i = 0; i < n; i++) columns[next][i] -= share * column[i];
      }
    });
    return { center, factor };
  }

  /** The sum of the singular values of a square matrix, its rows given: turned until they are at right angles. */
  function nuclear(rows) {
    const d = rows.length;
    for (let sweep = 0; sweep < 40; sweep++) {
      let turned = false;
      for (let p = 0; p < d - 1; p++) {
        for (let q = p + 1; q < d; q++) {
          const [a, b] = [rows[p], rows[q]];
          const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)];
          if (Math.abs(ab) <= 1e-15 * Math.sqrt(aa * bb) || ab === 0) continue;
          turned = true;
          const ratio = (bb - aa) / (2 * ab);
          const tangent = (ratio >= 0 ? 1 : -1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
          const cosine = 1 / Math.sqrt(1 + tangent * tangent);
          const sine = cosine * tangent;
          for (let i = 0; i < d; i++) {
            const old = a[i];
            a[i] = cosine * old - sine * b[i];
            b[i] = sine * old + cosine * b[i];
          }
        }
      }
      if (!turned) break;
    }
    return rows.reduce((sum, row) => sum + Math.sqrt(dot(row, row)), 0);
  }

  function frechet(p, q) {
    const shift = p.center.map((value, i) => value - q.center[i]);
    const traces = [...p.factor, ...q.factor].reduce((sum, row) => sum + dot(row, row), 0);
    const product = p.factor.map((a) => Float64Array.from(q.factor, (b) => dot(a, b)));
    return dot(shift, shift) + traces - 2 * nuclear(product);
  }

  /** The projections of x [n, d] on unit vectors [k, d], each sorted. */
  function slices(x, directions, d) {
    return Array.from({ length: directions.length / d }, (_, k) => {
      const direction = directions.subarray(k * d, (k + 1) * d);
      return Float64Array.from({ length: x.length / d }, (_, i) => dot(x.subarray(i * d, (i + 1) * d), direction)).sort();
    });
  }

  function sliced(a, b) {
    const costs = a.map((line, k) => {
      const gaps = line.map((value, i) => value - b[k][i]);
      return dot(gaps, gaps) / gaps.length;
    });
    return Math.sqrt(mean(costs));
  }

  /** What the classifier's last layer says about features: rows of probabilities. */
  function probabilities(x, { weight, bias }, d) {
    return Array.from({ length: x.length / d }, (_, i) => {
      const row = x.subarray(i * d, (i + 1) * d);
      const logits = bias.map((value, c) => value + dot(row, weight.subarray(c * d, (c + 1) * d)));
      const most = Math.max(...logits);
      const shares = logits.map((logit) => Math.exp(logit - most));
      const total = shares.reduce((sum, share) => sum + share, 0);
      return shares.map((share) => share / total);
    });
  }

  const kl = (p, q) => p.reduce((sum, value, c) => sum + (value > 0 ? value * Math.log(value / q[c]) : 0), 0);
  const average = (rows) => rows[0].map((_, c) => mean(rows.map((row) => row[c])));

  /** P(a < b) + P(a = b) / 2 over all pairs. */
  function below(a, b) {
    const sorted = Float64Array.from(b).sort();
    const first = (value, strict) => {
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (strict ? sorted[middle] <= value : sorted[middle] < value) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    return mean(a.map((value) => sorted.length - (first(value, true) + first(value, false)) / 2)) / sorted.length;
  }

  const shareSmaller = (a, b) => mean(a.map((value, i) => (value < b[i] ? 1 : value === b[i] ? 0.5 : 0)));

  /** What is computed once of the real images. `test` is `{d, x, held_out, directions, head, width}`. */
  function prepare({ d, x, held_out, directions, head, width }) {
    const n = x.length / d;
    const own = squares(x, x, d);
    const size = norms(x, d);
    return {
      n,
      size,
      radii: { 1: radii(own, n, 1), 3: radii(own, n, 3), 5: radii(own, n, 5) },
      cubic: kernelMean(own, n, n, cubic(size, size, d), true),
      gaussian: kernelMean(own, n, n, gaussian(width), true),
      gauss: gaussianOf(x, d),
      slices: slices(x, directions, d),
      shares: average(probabilities(x, head, d)),
      held: columnMinima(squares(x, held_out, d), n, held_out.length / d),
    };
  }

  /** All scores of generated samples y [n, d], by the names of the package; n as for x. */
  function compute(test, known, y) {
    const { d, x, head, width, directions } = test;
    const { n } = known;
    const across = squares(x, y, d);
    const own = squares(y, y, d);
    const size = norms(y, d);
    const y3 = radii(own, n, 3);
    const [looksReal, isGenerated, inside] = [new Uint8Array(n), new Uint8Array(n), new Float64Array(n)];
    let nearest = 0;
    for (let j = 0; j < n; j++) {
      let best = 0;
      for (let i = 0; i < n; i++) {
        const d2 = across[i * n + j];
        if (d2 <= known.radii[3][i]) looksReal[j] = 1;
        if (d2 <= y3[j]) isGenerated[i] = 1;
        if (d2 <= known.radii[5][i]) inside[i] += 1;
        const lengths = Math.sqrt(known.size[i] * size[j]);
        if (lengths > 0) best = Math.max(best, Math.abs(known.size[i] + size[j] - d2) / 2 / lengths);
      }
      nearest += (1 - Math.min(best, 1)) / n;
    }
    const toX = columnMinima(across, n, n);
    const p = probabilities(y, head, d);
    const shares = average(p);
    const doubt = mean(p.map((row) => kl(row, shares)));
    const kernel = (k, real) => real + kernelMean(own, n, n, k(size, size), true) - 2 * kernelMean(across, n, n, k(known.size, size), false);
    return {
      "Fréchet": frechet(known.gauss, gaussianOf(y, d)),
      "cubic MMD": kernel((a, b) => cubic(a, b, d), known.cubic),
      "Gauss MMD": kernel(() => gaussian(width), known.gaussian),
      "sliced W": sliced(known.slices, slices(y, directions, d)),
      precision: mean(looksReal),
      recall: mean(isGenerated),
      density: mean(inside) / 5,
      coverage: mean(inside.map((count) => (count > 0 ? 1 : 0))),
      "1-NN": (shareSmaller(known.radii[1], rowMinima(across, n, n)) + shareSmaller(radii(own, n, 1), toX)) / 2,
      inception: Math.exp(doubt),
      mode: Math.exp(doubt - kl(shares, known.shares)),
      memorisation: below(toX, known.held),
      nearest,
    };
  }

  return { below, compute, frechet, gaussianOf, nuclear, prepare, radii, squares };
})();
