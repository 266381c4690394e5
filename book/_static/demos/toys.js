/* Data in the plane, as gan_course.data.toys has them, and the counts of gan_course.metrics.toys. A mixture
   is `{modes, spread}`: K Gaussians of equal weight around the centres `modes` [K, 2]. */
"use strict";

Demos.part("toys", () => {
  const RADIUS = 3; // of a high-quality sample, in spreads

  /** n points of a mixture into `out` [n, 2]. */
  function draw({ modes, spread }, random, out) {
    const count = modes.length / 2;
    for (let i = 0; i < out.length; i += 2) {
      const k = 2 * Math.floor(count * random.uniform());
      out[i] = modes[k] + spread * random.normal();
      out[i + 1] = modes[k + 1] + spread * random.normal();
    }
    return out;
  }

  /** For each point of x [n, 2] its nearest mode, or -1 where that is 3 spreads away or more. */
  function nearest(x, { modes, spread }) {
    const found = new Int32Array(x.length / 2);
    for (let i = 0; i < found.length; i++) {
      let [least, best] = [(RADIUS * spread) ** 2, -1];
      for (let k = 0; k < modes.length; k += 2) {
        const square = (x[2 * i] - modes[k]) ** 2 + (x[2 * i + 1] - modes[k + 1]) ** 2;
        if (square < least) [least, best] = [square, k / 2];
      }
      found[i] = best;
    }
    return found;
  }

  /** Sums over the high-quality points of each mode: how many, x, y and the squares x^2 + y^2. */
  function tally(x, mixture) {
    const sums = Array.from({ length: mixture.modes.length / 2 }, () => ({ n: 0, x: 0, y: 0, squares: 0 }));
    nearest(x, mixture).forEach((mode, i) => {
      if (mode < 0) return;
      // measured from the centre: a difference of large numbers would lose a small spread
      const [dx, dy] = [x[2 * i] - mixture.modes[2 * mode], x[2 * i + 1] - mixture.modes[2 * mode + 1]];
      sums[mode].n += 1;
      sums[mode].x += dx;
      sums[mode].y += dy;
      sums[mode].squares += dx * dx + dy * dy;
    });
    return sums.filter(({ n }) => n > 0);
  }

  /** What n samples x [n, 2] are worth: modes covered, high-quality share, spread within the modes over the
      true one, and the reverse KL over modes in nats; NaN where nothing can be said. */
  function report(x, mixture) {
    const covered = tally(x, mixture);
    const good = covered.reduce((sum, { n }) => sum + n, 0);
    const about = covered.reduce((sum, m) => sum + m.squares - (m.x * m.x + m.y * m.y) / m.n, 0);
    const freedom = good - covered.length;
    const a = RADIUS ** 2 / 2;
    const truth = 2 * mixture.spread ** 2 * (1 - a / Math.expm1(a)); // cut off at 3 spreads
    const entropy = covered.reduce((sum, { n }) => sum - (n / good) * Math.log(n / good), 0);
    return {
      modes: covered.length,
      high_quality: good / (x.length / 2),
      spread: freedom > 0 ? Math.sqrt(Math.max(about, 0) / freedom / truth) : NaN,
      reverse_kl: good ? Math.max(0, Math.log(mixture.modes.length / 2) - entropy) : NaN,
    };
  }

  /** How many points of x [n, 2] lie outside the square that shows the plane. */
  function outside(x, reach) {
    let count = 0;
    for (let i = 0; i < x.length; i += 2) count += !(Math.abs(x[i]) <= reach && Math.abs(x[i + 1]) <= reach);
    return count;
  }

  return { draw, nearest, outside, report };
});
