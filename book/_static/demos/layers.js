/* Runs a trained generator in the page, one picture at a time. `tools/demos/_layers.py` writes a network
   as a list of operations on one array of float32 numbers; each operation is a function here.
   Sums are taken in double precision: the results equal PyTorch's to about 1e-6. */
"use strict";

window.Demos = window.Demos || {};

Demos.layers = (() => {
  /** Loads an exported network `{ops, weights}`; returns `G(z, y)`: a picture's values, row by row. */
  function network({ ops, weights }) {
    const numbers = Demo.unpack(weights);
    const part = (range) => (range ? numbers.subarray(range[0], range[1]) : null);
    const layers = ops.map((op) => {
      const tensors = {};
      for (const name of ["weight", "bias", "scale", "shift", "table"]) tensors[name] = part(op[name]);
      return { ...op, ...tensors };
    });
    return (z, y = 0) => layers.reduce((h, layer) => OPERATIONS[layer.op](h, layer, y), vector(z)).values;
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
  function convolution(h, { weight, bias, before, after, kernel, stride, padding }) {
    const out = maps(after, Math.floor((h.side + 2 * padding - kernel) / stride) + 1);
    forEachPixel(out, (o, y, x, place) => {
      let sum = bias ? bias[o] : 0;
      for (let a = 0; a < kernel; a++) {
        const row = stride * y + a - padding;
        if (row < 0 || row >= h.side) continue;
        for (let b = 0; b < kernel; b++) {
          const column = stride * x + b - padding;
          if (column < 0 || column >= h.side) continue;
          for (let i = 0; i < before; i++) {
            sum += weight[((o * before + i) * kernel + a) * kernel + b] * at(h, i, row, column);
          }
        }
      }
      out.values[place] = sum;
    });
    return out;
  }

  /** Chapter 4's stamps, collected pixel by pixel: which stamps reach this one? weight is [i][o][a][b]. */
  function transposed(h, { weight, bias, before, after, kernel, stride, padding }) {
    const out = maps(after, (h.side - 1) * stride - 2 * padding + kernel);
    const reach = stamps(out.side, h.side, kernel, stride, padding);
    forEachPixel(out, (o, y, x, place) => {
      let sum = bias ? bias[o] : 0;
      for (const [a, row] of reach[y]) {
        for (const [b, column] of reach[x]) {
          for (let i = 0; i < before; i++) {
            sum += weight[((i * after + o) * kernel + a) * kernel + b] * at(h, i, row, column);
          }
        }
      }
      out.values[place] = sum;
    });
    return out;
  }

  /** For every place of the output, the pairs [entry of the kernel, place of the input] that reach it. */
  function stamps(outSide, inSide, kernel, stride, padding) {
    const reach = Array.from({ length: outSide }, () => []);
    for (let place = 0; place < inSide; place++) {
      for (let entry = 0; entry < kernel; entry++) {
        const hit = place * stride + entry - padding;
        if (hit >= 0 && hit < outSide) reach[hit].push([entry, place]);
      }
    }
    return reach;
  }

  /** Batch norm in eval mode: a scale and a shift for each channel; conditional, one table row per class. */
  function affine(h, { scale, shift }, y) {
    const row = scale.length > h.channels ? y * h.channels : 0;
    const size = h.side * h.side;
    const values = h.values.map((value, i) => {
      const channel = row + Math.floor(i / size);
      return scale[channel] * value + shift[channel];
    });
    return { ...h, values };
  }

  function upsample(h) {
    const out = maps(h.channels, 2 * h.side);
    forEachPixel(out, (c, y, x, place) => {
      out.values[place] = at(h, c, y >> 1, x >> 1);
    });
    return out;
  }

  const OPERATIONS = {
    linear,
    convolution,
    transposed,
    affine,
    upsample,
    unflatten: (h, { shape }) => ({ values: h.values, channels: shape[0], side: shape[1] }),
    leakyRelu: (h, { slope }) => ({ ...h, values: h.values.map((v) => (v > 0 ? v : slope * v)) }),
    tanh: (h) => ({ ...h, values: h.values.map(Math.tanh) }),
    oneHot: (h, { classes }, y) => vector([...h.values, ...Array(classes).fill(0).fill(1, y, y + 1)]),
    embedding: (h, { table, size }, y) => vector([...h.values, ...table.subarray(y * size, (y + 1) * size)]),
  };

  const at = (h, channel, row, column) => h.values[(channel * h.side + row) * h.side + column];

  function forEachPixel(h, visit) {
    let place = 0;
    for (let channel = 0; channel < h.channels; channel++) {
      for (let row = 0; row < h.side; row++) {
        for (let column = 0; column < h.side; column++) visit(channel, row, column, place++);
      }
    }
  }

  return { network };
})();
