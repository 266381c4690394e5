/* Small networks that learn in the page: linear layers with an activation between them, their slopes by
   the chain rule, spectral normalisation and Adam, each as in torch: a test compares them.

   Matrices are Float64Arrays, row by row; a batch of n points in d dimensions is [n, d]. A network's
   weights lie in one array, `net.parameters`, in torch's order (weight, bias, weight, bias, ...), and
   `net.layers` are views into it. */
"use strict";

Demos.part("nn", () => {
  const { product } = Demos.product;

  // The slope of an activation is written in its own value y = value(a). NaN must pass, or nobody would
  // notice that a game has broken.
  const ACTIVATIONS = {
    relu: { value: (a) => Math.max(a, 0), slope: (y) => Number(y > 0) },
    leaky: { value: (a) => (a < 0 ? 0.2 * a : a), slope: (y) => (y > 0 ? 1 : 0.2) },
    tanh: { value: Math.tanh, slope: (y) => 1 - y * y },
  };

  /** out[m, n] = a[n, m]^T */
  function transpose(a, n, m, out) {
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) out[j * n + i] = a[i * m + j];
    return out;
  }

  function layersOf(widths, values) {
    let start = 0;
    const take = (size) => values.subarray(start, (start += size));
    return widths.slice(1).map((outputs, l) => {
      const inputs = widths[l];
      return { inputs, outputs, weight: take(inputs * outputs), bias: take(outputs) };
    });
  }

  /** An untrained network such as `mlp([2, 64, 64, 1], random)`, with torch's first weights: uniform on
      +-1/sqrt(inputs), the biases too. */
  function mlp(widths, random, activation = "relu") {
    const size = widths.slice(1).reduce((sum, outputs, l) => sum + (widths[l] + 1) * outputs, 0);
    const parameters = new Float64Array(size);
    const layers = layersOf(widths, parameters);
    for (const layer of layers) {
      const bound = 1 / Math.sqrt(layer.inputs);
      for (const values of [layer.weight, layer.bias]) {
        for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1);
      }
    }
    return { widths, parameters, layers, activation: ACTIVATIONS[activation] };
  }

  function normalise(vector) {
    const norm = Math.max(Math.hypot(...vector), 1e-12);
    for (let i = 0; i < vector.length; i++) vector[i] /= norm;
  }

  /** One step of power iteration: u and v turn towards the singular vectors of the largest singular value. */
  function iterate({ inputs, outputs, weight, u, v }) {
    u.fill(0);
    product(weight, inputs, 1, v, outputs, 1, inputs, u);
    normalise(u);
    v.fill(0);
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) v[i] += weight[o * inputs + i] * u[o];
    normalise(v);
  }

  /** From now on every weight matrix is divided by its largest singular value (Miyato et al., 2018). */
  function spectral(net, random) {
    for (const layer of net.layers) {
      layer.u = Float64Array.from({ length: layer.outputs }, random.normal);
      layer.v = Float64Array.from({ length: layer.inputs }, random.normal);
      normalise(layer.v);
      for (let i = 0; i < 15; i++) iterate(layer);
    }
    return net;
  }

  /** sigma = u^T W v, and W / sigma into `out`. u and v are kept: the slope needs those of this pass. */
  function divide(layer, note, training) {
    if (training) iterate(layer);
    const { inputs, outputs, weight, u, v } = layer;
    note.u.set(u);
    note.v.set(v);
    note.sigma = 0;
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) note.sigma += u[o] * weight[o * inputs + i] * v[i];
    }
    for (let i = 0; i < weight.length; i++) note.weight[i] = weight[i] / note.sigma;
  }

  /** Room for one pass of n points through a network, used again for every pass: what enters each layer
      (`values`), the loss's slope in it (`slopes`), and the weights that were in force. */
  function tape(net, n) {
    const room = (sizes) => sizes.map((size) => new Float64Array(size));
    return {
      n,
      values: room(net.widths.map((width) => n * width)),
      slopes: room(net.widths.map((width) => n * width)),
      notes: net.layers.map(({ inputs, outputs, weight, u }) => ({
        weight: u ? new Float64Array(weight.length) : weight,
        u: new Float64Array(outputs),
        v: new Float64Array(inputs),
        sigma: 1,
        turned: new Float64Array(weight.length),
        slope: new Float64Array(u ? weight.length : 0),
      })),
    };
  }

  /** net(x) for x [n, inputs], as a view into the tape. A training pass moves the spectral vectors. */
  function forward(net, tape, x, training = false) {
    tape.values[0].set(x);
    net.layers.forEach((layer, l) => {
      const { inputs, outputs, bias } = layer;
      const note = tape.notes[l];
      const out = tape.values[l + 1];
      if (layer.u) divide(layer, note, training);
      transpose(note.weight, outputs, inputs, note.turned);
      for (let start = 0; start < out.length; start += outputs) out.set(bias, start);
      product(tape.values[l], inputs, 1, note.turned, tape.n, outputs, inputs, out);
      if (l < net.layers.length - 1) activate(net.activation, out);
    });
    return tape.values[net.layers.length];
  }

  function activate({ value }, values) {
    for (let i = 0; i < values.length; i++) values[i] = value(values[i]);
  }

  /** The slope in a layer's weights, added to `into`. Through W / sigma the slope S becomes
      S / sigma - <S, W> / sigma^2 u v^T, with u and v held fixed as in torch. */
  function addSlope(layer, tape, l, into) {
    const { inputs, outputs, weight } = layer;
    const { u, v, sigma, slope } = tape.notes[l];
    const dy = tape.slopes[l + 1];
    const { bias } = into;
    for (let i = 0; i < dy.length; ) for (let o = 0; o < outputs; o++, i++) bias[o] += dy[i];
    product(dy, 1, outputs, tape.values[l], outputs, inputs, tape.n, layer.u ? slope.fill(0) : into.weight);
    if (!layer.u) return;
    let along = 0;
    for (let i = 0; i < weight.length; i++) along += slope[i] * weight[i];
    along /= sigma * sigma;
    for (let o = 0, i = 0; o < outputs; o++) {
      for (let j = 0; j < inputs; j++, i++) into.weight[i] += slope[i] / sigma - along * u[o] * v[j];
    }
  }

  /** The chain rule, from the slope in the outputs, which stands in the last of `tape.slopes`, back to that
      in the inputs, which is returned. Slopes in the weights are added to `gradients`, layers like the net's;
      then nobody asks for the slope in the inputs, and it is left out. */
  function backward(net, tape, gradients = null) {
    for (let l = net.layers.length - 1; l >= 0; l--) {
      const { inputs, outputs } = net.layers[l];
      const dy = tape.slopes[l + 1];
      if (l < net.layers.length - 1) throughActivation(net.activation, tape.values[l + 1], dy);
      if (gradients) addSlope(net.layers[l], tape, l, gradients[l]);
      if (gradients && !l) break;
      product(dy, outputs, 1, tape.notes[l].weight, tape.n, inputs, outputs, tape.slopes[l].fill(0));
    }
    return tape.slopes[0];
  }

  function throughActivation({ slope }, y, dy) {
    for (let i = 0; i < dy.length; i++) dy[i] *= slope(y[i]);
  }

  /** Adam (Kingma and Ba, 2015), with both means corrected for their start at zero. */
  class Adam {
    constructor(parameters, lr, [beta1, beta2] = [0.5, 0.999]) {
      Object.assign(this, { parameters, lr, beta1, beta2, steps: 0 });
      this.mean = new Float64Array(parameters.length);
      this.square = new Float64Array(parameters.length);
    }

    step(gradients) {
      const { parameters, mean, square, beta1, beta2 } = this;
      this.steps += 1;
      const rate = this.lr / (1 - beta1 ** this.steps);
      const scale = 1 / Math.sqrt(1 - beta2 ** this.steps);
      for (let i = 0; i < parameters.length; i++) {
        const g = gradients[i];
        mean[i] = beta1 * mean[i] + (1 - beta1) * g;
        square[i] = beta2 * square[i] + (1 - beta2) * g * g;
        parameters[i] -= (rate * mean[i]) / (Math.sqrt(square[i]) * scale + 1e-8);
      }
    }
  }

  return { ACTIVATIONS, Adam, backward, forward, layersOf, mlp, spectral, tape };
});
