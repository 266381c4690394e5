/* Chapter 14: the reader draws outlines, and two U-Nets paint them: one trained with an adversary and L1, one with
   L1 alone. What is known of a drawing and of the answers stands here; layers.js runs the networks. */
"use strict";

window.Demos = window.Demos || {};

Demos.edges = (() => {
  /** The stored networks and pictures, ready to run: `G(lines, uniform)` is a picture, colour by colour. */
  function load(stored) {
    const { side } = stored;
    const ready = (exported) => {
      const run = Demos.layers.network(exported);
      return (lines, uniform) => run(Array.from(lines, (on) => (on ? 1 : -1)), 0, uniform);
    };
    const examples = stored.examples.map((text) => pictureOf(text));
    const sketches = stored.sketches.map(({ name, strokes }) => ({ name, lines: drawn(strokes, side) }));
    return { ...stored, G: ready(stored.G), L1: ready(stored.L1), examples, sketches };
  }

  /** A picture in [-1, 1] from bytes. */
  function pictureOf(text) {
    return Float32Array.from(atob(text), (character) => character.charCodeAt(0) / 127.5 - 1);
  }

  /** The cells of a straight line between two cells [x, y], ends included (Bresenham). */
  function line([x, y], [toX, toY]) {
    const [wide, high] = [Math.abs(toX - x), Math.abs(toY - y)];
    const [right, down] = [Math.sign(toX - x), Math.sign(toY - y)];
    const cells = [[x, y]];
    for (let error = wide - high; x !== toX || y !== toY; ) {
      const twice = 2 * error;
      if (twice >= -high) [error, x] = [error - high, x + right];
      if (twice <= wide) [error, y] = [error + wide, y + down];
      cells.push([x, y]);
    }
    return cells;
  }

  /** A drawing from strokes, each a list of corners [x, y]: 1 where a line is, row by row. */
  function drawn(strokes, side) {
    const lines = new Uint8Array(side * side);
    for (const stroke of strokes) {
      stroke.slice(1).forEach((corner, k) => line(stroke[k], corner).forEach(([x, y]) => (lines[y * side + x] = 1)));
    }
    return lines;
  }

  const brightest = (picture, size, k) => {
    let light = picture[k];
    for (let at = k + size; at < picture.length; at += size) light = Math.max(light, picture[at]);
    return light;
  };

  /** The outline of what is light: 1 where a light pixel has a dark one above, below, left or right; outside is dark. */
  function outline(picture, side) {
    const size = side * side;
    const light = (x, y) => x >= 0 && x < side && y >= 0 && y < side && brightest(picture, size, y * side + x) > 0;
    return Uint8Array.from({ length: size }, (_, k) => {
      const [x, y] = [k % side, Math.floor(k / side)];
      return light(x, y) && !(light(x - 1, y) && light(x + 1, y) && light(x, y - 1) && light(x, y + 1)) ? 1 : 0;
    });
  }

  /** In which ink a picture is painted, by the colour of its light pixels, weighted by their brightness: its place
      in `inks`, or -1 where no ink is within `near` of it. */
  function inkOf({ inks, near }, picture) {
    const size = picture.length / 3;
    const colour = [0, 0, 0];
    let light = 0;
    for (let k = 0; k < size; k++) {
      const most = brightest(picture, size, k);
      if (!(most > 0)) continue;
      light += (most + 1) / 2;
      for (let c = 0; c < 3; c++) colour[c] += (picture[c * size + k] + 1) / 2;
    }
    const mean = colour.map((sum) => (2 * sum) / Math.max(light, 1e-6) - 1);
    const apart = inks.map((ink) => Math.sqrt(ink.colour.reduce((sum, value, c) => sum + (mean[c] - value) ** 2, 0) / 3));
    const nearest = apart.indexOf(Math.min(...apart));
    return apart[nearest] <= near ? nearest : -1;
  }

  /** The share of a drawing's lines that have a line of the other within one pixel, or null of no lines. */
  function followed(lines, other, side) {
    const near = (x, y) => x >= 0 && x < side && y >= 0 && y < side && other[y * side + x];
    let [all, found] = [0, 0];
    lines.forEach((on, k) => {
      if (!on) return;
      const [x, y] = [k % side, Math.floor(k / side)];
      all += 1;
      const square = [-1, 0, 1].flatMap((a) => [-1, 0, 1].map((b) => near(x + a, y + b)));
      found += square.some(Boolean) ? 1 : 0;
    });
    return all ? found / all : null;
  }

  return { load, pictureOf, line, drawn, outline, inkOf, followed };
})();
