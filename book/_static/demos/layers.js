/* Runs a trained generator in the page, one picture at a time. `tools/demos/_layers.py` writes a network
   as a list of operations on one array of float32 numbers; each operation is a function here. In a U-Net
   `keep` remembers what an encoder's block made, and `join` sets it beside what a decoder's block made.
   Sums are taken in double precision: the results equal PyTorch's to about 1e-6. */
"use strict";

window.Demos = window.Demos || {};

Demos.layers = (() => {
  /** Loads an exported network `{ops, weights}`, or `{ops, halves}` of 16 bits, in which some operations bring
      numbers of 32 bits of their own; returns `G(z, y, uniform)`: a picture's values, row by row. A dropout that
      stays on asks `uniform()`, in [0, 1), for each number that it may drop. */
  function network({ ops, weights, halves }) {
    const numbers = halves ? Demo.unpackHalf(halves) : Demo.unpack(weights);
    const range = (part) => part && numbers.subarray(part[0], part[1]);
    const part = (place) => (typeof place === "string" ? Demo.unpack(place) : range(place));
    const layers = ops.map((op) => {
      const tensors = {};
      for (const name of ["weight", "bias", "scale", "shift", "table"]) tensors[name] = part(op[name]);
      return { ...op, ...tensors };
    });
    return (z, y = 0, uniform = null) => {
      const run = { y, uniform, kept: [] };
      return layers.reduce((h, layer) => OPERATIONS[layer.op](h, layer, run), vector(z)).values;
    };
  }

  // What flows: `values`, channel by channel and row by row; `side` is 1 for a vector.
  const vector = (values) => ({ values: Float32Array.from(values), channels: values.length, side: 1 });
  const maps = (channels, side) => ({ values: new Float32Array(channels * side * side), channels, side });

  function linear(h, { weight, bias }) {
    const inputs = h.values.length;
    const out = new Float32Array(weight.length / inputs);
    for (let row = 0; row < out.length; row++) {
      let sum = bias ? bias[row] : 0;
      for (let i = 0; i < inputs; i++) sum += weight[row * inputs + i] * h.values[i];
      out[row] = sum;
    }
    return vector(out);
  }

  /** out[o][y][x] = sum over i, a, b of weight[o][i][a][b] h[i][s y + a - p][s x + b - p]. */
  function convolution(h, op) {
    const out = maps(op.after, Math.floor((h.side + 2 * op.padding - op.kernel) / op.stride) + 1);
    return stamped(out, op, (sums, o, i, a, b) => {
      const weight = op.weight[((o * op.before + i) * op.kernel + a) * op.kernel + b];
      forEachPair(out, o, h, i, op, a, b, (small, large, count) => {
        for (let k = 0; k < count; k++) sums[small + k] += weight * h.values[large + k * op.stride];
      });
    });
  }

  /** Chapter 4's stamps: out[o][s y + a - p][s x + b - p] += weight[i][o][a][b] h[i][y][x]. */
  function transposed(h, op) {
    const out = maps(op.after, (h.side - 1) * op.stride - 2 * op.padding + op.kernel);
    return stamped(out, op, (sums, o, i, a, b) => {
      const weight = op.weight[((i * op.after + o) * op.kernel + a) * op.kernel + b];
      forEachPair(h, i, out, o, op, a, b, (small, large, count) => {
        for (let k = 0; k < count; k++) sums[large + k * op.stride] += weight * h.values[small + k];
      });
    });
  }

  /** Fills `out` with sums in double precision: the bias, then `add` for each pair of channels and entry. */
  function stamped(out, { before, after, kernel, bias }, add) {
    const size = out.side * out.side;
    const sums = new Float64Array(out.values.length);
    for (let o = 0; o < after; o++) {
      if (bias) sums.fill(bias[o], o * size, (o + 1) * size);
      for (let i = 0; i < before; i++) {
        for (let a = 0; a < kernel; a++) {
          for (let b = 0; b < kernel; b++) add(sums, o, i, a, b);
        }
      }
    }
    out.values.set(sums);
    return out;
  }

  /** The kernel's entry (a, b) joins place (y, x) of the small map with (s y + a - p, s x + b - p) of the large
      one. Visits the rows of such places: `visit(first in small, first in large, how many)`. */
  function forEachPair(small, c, large, d, { stride, padding }, a, b, visit) {
    const begin = (entry) => Math.max(0, Math.ceil((padding - entry) / stride));
    const end = (entry) => Math.min(small.side - 1, Math.floor((large.side - 1 + padding - entry) / stride));
    const x = begin(b);
    const count = end(b) - x + 1;
    for (let y = begin(a); y <= end(a); y++) {
      const row = d * large.side + stride * y + a - padding;
      visit((c * small.side + y) * small.side + x, row * large.side + stride * x + b - padding, count);
    }
  }

  /** Batch norm in eval mode: a scale and a shift for each channel; conditional, one table row per class. */
  function affine(h, { scale, shift }, { y }) {
    const row = scale.length > h.channels ? y * h.channels : 0;
    const size = h.side * h.side;
    const values = h.values.map((value, i) => {
      const channel = row + Math.floor(i / size);
      return scale[channel] * value + shift[channel];
    });
    return { ...h, values };
  }

  /** Each pixel becomes four. */
  function upsample(h) {
    const out = maps(h.channels, 2 * h.side);
    const wide = out.side;
    out.values.forEach((_, place) => {
      const [row, column] = [Math.floor(place / wide), place % wide]; // rows of all channels in one count
      out.values[place] = h.values[Math.floor(row / 2) * h.side + Math.floor(column / 2)];
    });
    return out;
  }

  function keep(h, _, { kept }) {
    kept.push(h);
    return h;
  }

  /** The channels of h, then those that were kept last. */
  function join(h, _, { kept }) {
    const other = kept.pop();
    return { values: Float32Array.from([...h.values, ...other.values]), channels: h.channels + other.channels, side: h.side };
  }

  /** Each number is dropped with probability p; what stays makes up for it. */
  function dropout(h, { p }, { uniform }) {
    return { ...h, values: h.values.map((value) => (uniform() < p ? 0 : value / (1 - p))) };
  }

  const OPERATIONS = {
    linear,
    convolution,
    transposed,
    affine,
    upsample,
    join,
    dropout,
    keep,
    unflatten: (h, { shape }) => ({ values: h.values, channels: shape[0], side: shape[1] }),
    leakyRelu: (h, { slope }) => ({ ...h, values: h.values.map((v) => (v > 0 ? v : slope * v)) }),
    tanh: (h) => ({ ...h, values: h.values.map(Math.tanh) }),
    oneHot: (h, { classes }, { y }) => vector([...h.values, ...Array(classes).fill(0).fill(1, y, y + 1)]),
    embedding: (h, { table, size }, { y }) => vector([...h.values, ...table.subarray(y * size, (y + 1) * size)]),
  };

  return { network };
})();
