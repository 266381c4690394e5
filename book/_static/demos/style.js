/* Runs chapter 13's trained StyleGAN in the page, one picture at a time: z -> w by the mapping network, a style
   for each layer -> a picture by the synthesis network. `tools/demos/_style.py` writes the weights. All sums are
   taken in double precision: the pictures equal PyTorch's to about 1e-6. */
"use strict";

window.Demos = window.Demos || {};

Demos.style = (() => {
  const leaky = (value) => (value > 0 ? value : 0.2 * value);

  /** Loads an exported generator: `map(z)` is w, `synthesize(styles, noise)` a picture's values, colour by colour
      and row by row; `noise` holds one image for each layer, and is the stored one where none is given. */
  function network({ numbers, mapping, start, layers, paints, bias, side, dim }) {
    const all = Demo.unpackHalf(numbers);
    const part = ({ at, times }) => Float64Array.from(all.subarray(at[0], at[1]), (value) => value * times);
    const dense = ({ weight, bias }) => ({ weight: part(weight), bias: part(bias) });
    const steps = mapping.map(dense);
    const constant = { values: part(start), side: layers[0].side };
    const styledLayers = layers.map((layer) => prepared(layer, part, dense));
    const painters = paints.map((paint) => ({ ...paint, style: dense(paint.style), weight: part(paint.weight) }));
    const shades = part(bias);
    const stored = styledLayers.map((layer) => layer.noise);

    function map(z) {
      const size = Math.sqrt(z.reduce((sum, value) => sum + value * value, 0) / z.length + 1e-8);
      return steps.reduce((h, step) => affine(h, step).map(leaky), Float64Array.from(z, (value) => value / size));
    }

    function synthesize(styles, noise = stored) {
      let h = constant;
      let picture = null;
      styledLayers.forEach((layer, k) => {
        h = styled(h, layer, styles[k], noise[k]);
        const paint = painters.find((other) => other.after === k);
        if (paint) picture = painted(h, paint, styles[k], picture);
      });
      const size = side * side;
      return Float32Array.from(picture.values, (value, i) => value + shades[Math.floor(i / size)]);
    }

    const sides = layers.map((layer) => layer.side);
    const fresh = (random) => sides.map((pixels) => Float64Array.from({ length: pixels * pixels }, random.normal));
    return { map, synthesize, fresh, sides, side, dim };
  }

  function prepared(layer, part, dense) {
    const weight = part(layer.weight);
    const energy = Float64Array.from({ length: layer.after * layer.before }, (_, pair) => {
      let sum = 0;
      for (let k = 9 * pair; k < 9 * pair + 9; k++) sum += weight[k] * weight[k];
      return sum;
    });
    const noise = layer.noise && part(layer.noise);
    return { ...layer, weight, energy, noise, style: dense(layer.style), bias: part(layer.bias), strength: noise && part(layer.strength)[0] };
  }

  function affine(h, { weight, bias }) {
    return bias.map((start, row) => {
      let sum = start;
      for (let i = 0, at = row * h.length; i < h.length; i++) sum += weight[at + i] * h[i];
      return sum;
    });
  }

  /** A layer: the style scales what comes in, a convolution, what comes out is brought back to size; doubled or
      not, noise, bias, leaky ReLU. */
  function styled(h, layer, w, noise) {
    const scale = affine(w, layer.style).map((value) => 1 + value);
    const wide = bordered(h, scale);
    let out = { values: convolved(wide, h.side, layer), side: h.side };
    const size = h.side * h.side;
    for (let o = 0; o < layer.after; o++) {
      let energy = 1e-8;
      for (let i = 0; i < layer.before; i++) energy += layer.energy[o * layer.before + i] * scale[i] * scale[i];
      const times = 1 / Math.sqrt(energy);
      for (let k = o * size; k < (o + 1) * size; k++) out.values[k] *= times;
    }
    if (layer.up) out = doubled(out, layer.after);
    finish(out, layer, noise);
    return out;
  }

  /** Adds noise and bias, and lets pass what leaky ReLU lets pass; in place. */
  function finish({ values, side }, { after, strength, bias }, noise) {
    const size = side * side;
    for (let o = 0; o < after; o++) {
      for (let k = 0, at = o * size; k < size; k++, at++) {
        const value = values[at] + bias[o] + (noise ? strength * noise[k] : 0);
        values[at] = leaky(value) * Math.SQRT2;
      }
    }
  }

  /** The channels of h, each times its scale, with a border of zeros. */
  function bordered({ values, side }, scale) {
    const wide = side + 2;
    const out = new Float64Array(scale.length * wide * wide);
    for (let i = 0, from = 0; i < scale.length; i++) {
      for (let y = 1; y <= side; y++) {
        for (let x = 1, to = (i * wide + y) * wide + 1; x <= side; x++) out[to++] = scale[i] * values[from++];
      }
    }
    return out;
  }

  /** Sums of 3x3 neighbourhoods: nearly all time goes here, so nine weights and six neighbours stay at hand. */
  function convolved(wide, side, { before, after, weight }) {
    const out = new Float64Array(after * side * side);
    const row = side + 2;
    for (let o = 0; o < after; o++) {
      for (let i = 0; i < before; i++) {
        const at = 9 * (o * before + i);
        const [w0, w1, w2] = [weight[at], weight[at + 1], weight[at + 2]];
        const [w3, w4, w5] = [weight[at + 3], weight[at + 4], weight[at + 5]];
        const [w6, w7, w8] = [weight[at + 6], weight[at + 7], weight[at + 8]];
        let to = o * side * side;
        for (let y = 0; y < side; y++) {
          const top = (i * row + y) * row;
          let [a0, a1] = [wide[top], wide[top + 1]];
          let [b0, b1] = [wide[top + row], wide[top + row + 1]];
          let [c0, c1] = [wide[top + 2 * row], wide[top + 2 * row + 1]];
          for (let x = top + 2; x < top + row; x++) {
            const a2 = wide[x];
            const b2 = wide[x + row];
            const c2 = wide[x + 2 * row];
            out[to++] += w0 * a0 + w1 * a1 + w2 * a2 + w3 * b0 + w4 * b1 + w5 * b2 + w6 * c0 + w7 * c1 + w8 * c2;
            a0 = a1;
            a1 = a2;
            b0 = b1;
            b1 = b2;
            c0 = c1;
            c1 = c2;
          }
        }
      }
    }
    return out;
  }

  /** Twice as large, bilinear: a pixel is 3/4 of the nearest and 1/4 of the next one, along either side. */
  function doubled({ values, side }, channels) {
    const out = new Float64Array(4 * channels * side * side);
    const wide = 2 * side;
    const near = (k) => k >> 1;
    const far = (k) => Math.min(side - 1, Math.max(0, (k >> 1) + (k % 2 ? 1 : -1)));
    for (let c = 0, to = 0; c < channels; c++) {
      for (let y = 0; y < wide; y++) {
        const [one, two] = [(c * side + near(y)) * side, (c * side + far(y)) * side];
        for (let x = 0; x < wide; x++) {
          const [p, q] = [near(x), far(x)];
          out[to++] = 0.75 * (0.75 * values[one + p] + 0.25 * values[one + q]) + 0.25 * (0.75 * values[two + p] + 0.25 * values[two + q]);
        }
      }
    }
    return { values: out, side: wide };
  }

  /** The picture so far, doubled, and what this size adds: channels times their scales, mixed to three colours. */
  function painted({ values, side }, { before, weight, style }, w, picture) {
    const scale = affine(w, style).map((value) => 1 + value);
    const size = side * side;
    const out = picture ? doubled(picture, 3) : { values: new Float64Array(3 * size), side };
    for (let colour = 0; colour < 3; colour++) {
      for (let i = 0; i < before; i++) {
        const times = weight[colour * before + i] * scale[i];
        for (let k = 0; k < size; k++) out.values[colour * size + k] += times * values[i * size + k];
      }
    }
    return out;
  }

  return { network };
})();
