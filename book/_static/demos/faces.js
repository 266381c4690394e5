/* Chapter 13: two faces and one made of both. Each layer of G hears the style of A or of B; psi draws all
   styles to the mean one; sliders push the style along directions that L found for one factor each. The judge
   reads every picture, so that what a slider changes beside its own factor is a number. G runs in style.js,
   the judge in layers.js. */
"use strict";

window.Demos = window.Demos || {};

Demos.faces = (() => {
  /** An exported generator with its judge, ready to run. */
  function load(stored) {
    const G = Demos.style.network(stored.G);
    const { at } = stored.G.mean;
    const mean = Demo.unpackHalf(stored.G.numbers).slice(at[0], at[1]);
    const edits = stored.edits.map((edit) => ({ ...edit, vector: Demo.unpack(edit.vector) }));
    const judge = Demos.layers.network(stored.judge);
    return { ...stored, G, mean, edits, judge, layers: G.sides.length };
  }

  /** z ~ N(0, I) of one seed, and its style w. */
  function person({ G }, seed) {
    const random = Demo.random(seed);
    return { seed, w: G.map(Array.from({ length: G.dim }, random.normal)) };
  }

  /** The style of every layer: that of A or of B, drawn to the mean by psi, then pushed along the edits. */
  function styles({ mean, edits, layers }, { a, b, fromB, psi, pushes }) {
    return Array.from({ length: layers }, (_, layer) => {
      const w = Array.from((fromB[layer] ? b : a).w, (value, i) => mean[i] + psi * (value - mean[i]));
      edits.forEach(({ vector, acts }, k) => {
        if (pushes[k] && acts[layer]) vector.forEach((value, i) => (w[i] += pushes[k] * value));
      });
      return w;
    });
  }

  /** What the judge reads in a picture, one number for each factor: of yes or no the probability of yes, of many
      kinds the likeliest. */
  function read({ judge, factors }, picture) {
    const out = judge(picture.map((value) => Math.max(-1, Math.min(1, value))));
    return factors.map(({ low, high, kinds, at }) => {
      const scores = Array.from(out.subarray(at[0], at[1]));
      if (!kinds) return low + ((high - low) * (scores[0] + 1)) / 2;
      if (scores.length === 2) return 1 / (1 + Math.exp(scores[0] - scores[1]));
      return scores.indexOf(Math.max(...scores));
    });
  }

  const ofMany = ({ kinds }) => kinds && kinds.length > 2;

  /** From one reading to another, in standard deviations of the factor among drawn faces. */
  const moved = ({ spread }, from, to) => (to - from) / spread;

  /** Whether two readings of one factor can be told apart. */
  const differ = (factor, one, other) => (ofMany(factor) ? one !== other : Math.abs(moved(factor, one, other)) > 0.5);

  /** The root of the mean square of the difference of two pictures, over pixels and colours. */
  function distance(one, other) {
    let sum = 0;
    for (let i = 0; i < one.length; i++) sum += (one[i] - other[i]) ** 2;
    return Math.sqrt(sum / one.length);
  }

  const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

  /** One digit with its sign; a zero has none. */
  function signed(value) {
    const rounded = Number(value.toFixed(1)) || 0;
    return (rounded > 0 ? "+" : "") + rounded.toFixed(1).replace("-", "−");
  }

  /** Whose factors your face has: of those in which A and B differ the nearer one's, else its own. */
  function likeWhom({ factors }, { a, b, yours }) {
    const like = { "Like A's": [], "Like B's": [], "Like neither's": [] };
    factors.forEach((factor, k) => {
      const nearer = Math.abs(yours[k] - b[k]) < Math.abs(yours[k] - a[k]) ? b : a;
      if (differ(factor, a[k], b[k])) like[nearer === b ? "Like B's" : "Like A's"].push(factor.words);
      else if (differ(factor, nearer[k], yours[k])) like["Like neither's"].push(factor.words);
    });
    const told = Object.entries(like).filter(([, words]) => words.length);
    if (!told.length) return "The judge sees no difference between A, B and your face.";
    return told.map(([whose, words]) => `${whose}: ${listed(words)}.`).join(" ");
  }

  /** What the sliders did to the factors they are named after, and to all others. */
  function compared({ factors, edits }, pushes, { plain, yours }) {
    const meant = new Set(edits.filter((_, k) => pushes[k]).map(({ factor }) => factor));
    const changes = factors.map((factor, k) => moved(factor, plain[k], yours[k]));
    const said = (k) => {
      const { words, kinds } = factors[k];
      return ofMany(factors[k]) ? `${words} ${kinds[plain[k]]} → ${kinds[yours[k]]}` : `${words} ${signed(changes[k])}`;
    };
    const all = factors.map((_, k) => k).filter((k) => !ofMany(factors[k]) || plain[k] !== yours[k]);
    const asked = all.filter((k) => meant.has(factors[k].name));
    const others = all.filter((k) => !meant.has(factors[k].name));
    const numbers = others.filter((k) => !ofMany(factors[k]));
    const size = numbers.reduce((sum, k) => sum + Math.abs(changes[k]), 0) / numbers.length;
    const most = numbers.reduce((best, k) => (Math.abs(changes[k]) > Math.abs(changes[best]) ? k : best));
    const extra = others.filter((k) => ofMany(factors[k])).map((k) => `; ${said(k)}`).join("");
    return `Asked for: ${listed(asked.map(said))}. Unasked: ${size.toFixed(1)} on average, most ${said(most)}${extra}. (In standard deviations.)`;
  }

  return { load, person, styles, read, distance, likeWhom, compared, signed, ofMany };
})();
