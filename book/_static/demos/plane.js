/* How the playground draws: the plane with D as a heat map, points, arrows and G's bent grid; the losses. */
"use strict";

Demos.part("plane", () => {
  const SIDE = 48; // of the heat map
  const NODES = 41; // of G's grid, each way; every other one carries a line
  const RADIUS = 2; // the grid covers [-RADIUS, RADIUS]^2 of z

  /** The points of a heat map over [-reach, reach]^2, row by row from above, [SIDE^2, 2]. */
  function lattice(reach, side = SIDE) {
    const points = new Float64Array(2 * side * side);
    for (let i = 0; i < side * side; i++) {
      points[2 * i] = reach * ((2 * (i % side) + 1) / side - 1);
      points[2 * i + 1] = reach * (1 - (2 * Math.floor(i / side) + 1) / side);
    }
    return points;
  }

  /** The nodes of the grid whose picture under G is drawn, [NODES^2, 2]. */
  function nodes() {
    const points = new Float64Array(2 * NODES * NODES);
    for (let i = 0; i < NODES * NODES; i++) {
      points[2 * i] = RADIUS * ((2 * (i % NODES)) / (NODES - 1) - 1);
      points[2 * i + 1] = RADIUS * ((2 * Math.floor(i / NODES)) / (NODES - 1) - 1);
    }
    return points;
  }

  /** From logits to how sure D is of "real", 0 to 1; a critic's are taken around their mean. */
  function opinions(logits, opinion) {
    if (opinion) return logits.map(opinion);
    const mean = logits.reduce((sum, a) => sum + a, 0) / logits.length;
    const reach = logits.reduce((most, a) => Math.max(most, Math.abs(a - mean)), 0) || 1;
    return logits.map((a) => 0.5 + (a - mean) / reach / 2);
  }

  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  /** Tints from "fake" over paper to "real" into an ImageData's bytes. */
  function tint(shares, colours, data) {
    const [paper, real, fake] = [rgb(colours.paper), rgb(colours.real), rgb(colours.fake)];
    shares.forEach((share, i) => {
      const doubt = Math.min(Math.max(2 * share - 1, -1), 1);
      const towards = doubt > 0 ? real : fake;
      const strength = 0.55 * Math.abs(doubt);
      for (let c = 0; c < 3; c++) data[4 * i + c] = paper[c] + strength * (towards[c] - paper[c]);
      data[4 * i + 3] = 255;
    });
  }

  let seen = {}; // the last heat map, in the canvas's own pixels: points move more often than it does

  function heat(context, size, shares, colours) {
    const { width } = context.canvas;
    if (!seen.large) seen = { large: document.createElement("canvas"), small: document.createElement("canvas") };
    const { large, small } = seen;
    if (seen.shares !== shares || seen.theme !== colours.paper || large.width !== width) {
      Object.assign(seen, { shares, theme: colours.paper });
      smooth(shares, colours, small, large, width);
    }
    context.drawImage(large, 0, 0, size, size);
  }

  /** The map in `width` pixels, with the values between its points interpolated. */
  function smooth(shares, colours, small, large, width) {
    small.width = small.height = SIDE;
    if (large.width !== width) large.width = large.height = width;
    const image = new ImageData(SIDE, SIDE);
    tint(shares, colours, image.data);
    small.getContext("2d").putImageData(image, 0, 0);
    const context = large.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, width, width);
  }

  /** From the plane to the canvas: `at(points, i)` is where the i-th point lies. */
  function scale(size, reach) {
    const half = size / 2;
    return (points, i) => [half * (1 + points[2 * i] / reach), half * (1 - points[2 * i + 1] / reach)];
  }

  function discs(context, at, points, colour) {
    context.fillStyle = colour;
    context.beginPath();
    for (let i = 0; i < points.length / 2; i++) {
      const [x, y] = at(points, i);
      context.moveTo(x + 2, y);
      context.arc(x, y, 2, 0, 2 * Math.PI);
    }
    context.fill();
  }

  function crosses(context, at, points, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 1.3;
    context.beginPath();
    for (let i = 0; i < points.length / 2; i++) {
      const [x, y] = at(points, i);
      context.moveTo(x - 2.5, y - 2.5);
      context.lineTo(x + 2.5, y + 2.5);
      context.moveTo(x - 2.5, y + 2.5);
      context.lineTo(x + 2.5, y - 2.5);
    }
    context.stroke();
  }

  /** Heads of arrows at the rim, towards points that lie outside. */
  function strays(context, size, at, points, colour) {
    context.fillStyle = colour;
    context.beginPath();
    for (let i = 0; i < points.length / 2; i++) {
      const [x, y] = at(points, i);
      if (x >= 0 && x <= size && y >= 0 && y <= size) continue;
      const [tipX, tipY] = [x, y].map((a) => Math.min(Math.max(a, 0), size));
      const [dx, dy] = [x - size / 2, y - size / 2].map((a) => (7 * a) / Math.hypot(x - size / 2, y - size / 2));
      context.moveTo(tipX, tipY);
      context.lineTo(tipX - dx - 0.5 * dy, tipY - dy + 0.5 * dx);
      context.lineTo(tipX - dx + 0.5 * dy, tipY - dy - 0.5 * dx);
    }
    context.fill();
  }

  /** Where G takes the grid: lines along the first latent and along the second. */
  function grid(context, at, image, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 0.8;
    context.beginPath();
    for (let line = 0; line < NODES; line += 2) {
      for (let i = 0; i < NODES; i++) {
        const move = i ? "lineTo" : "moveTo";
        context[move](...at(image, line * NODES + i));
      }
      for (let i = 0; i < NODES; i++) {
        const move = i ? "lineTo" : "moveTo";
        context[move](...at(image, i * NODES + line));
      }
    }
    context.stroke();
  }

  function arrow(context, x, y, dx, dy) {
    const length = Math.hypot(dx, dy);
    if (length < 1) return;
    const [tipX, tipY] = [x + dx, y + dy];
    const [ux, uy] = [(4 * dx) / length, (4 * dy) / length];
    context.moveTo(x, y);
    context.lineTo(tipX, tipY);
    context.moveTo(tipX - ux - 0.6 * uy, tipY - uy + 0.6 * ux);
    context.lineTo(tipX, tipY);
    context.lineTo(tipX - ux + 0.6 * uy, tipY - uy - 0.6 * ux);
  }

  /** Pulls [n, 2] at points, the longest a tenth of the picture long. */
  function arrows(context, at, points, pulls, size, colour) {
    const norms = Array.from({ length: pulls.length / 2 }, (_, i) => Math.hypot(pulls[2 * i], pulls[2 * i + 1]));
    const unit = (0.1 * size) / Math.max(...norms, 1e-30);
    context.strokeStyle = colour;
    context.lineWidth = 1.2;
    context.beginPath();
    norms.forEach((_, i) => arrow(context, ...at(points, i), unit * pulls[2 * i], -unit * pulls[2 * i + 1]));
    context.stroke();
  }

  function crosshair(context, [x, y], colour) {
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.moveTo(x - 12, y);
    context.lineTo(x + 12, y);
    context.moveTo(x, y - 12);
    context.lineTo(x, y + 12);
    context.stroke();
  }

  /** The whole plane; parts of `scene` that are missing are left out. */
  function paintPlane(context, size, colours, scene) {
    const at = scale(size, scene.reach);
    if (scene.shares) heat(context, size, scene.shares, colours);
    if (scene.sheet) grid(context, at, scene.sheet, colours.fourth);
    discs(context, at, scene.real, colours.real);
    crosses(context, at, scene.fake, colours.fake);
    strays(context, size, at, scene.fake, colours.fake);
    if (scene.pulls) arrows(context, at, scene.fake, scene.pulls, size, colours.ink);
    if (scene.cursor) crosshair(context, at(scene.cursor, 0), colours.ink);
  }

  function curve(context, toX, toY, history, key, colour, dashes) {
    context.strokeStyle = colour;
    context.lineWidth = 1.6;
    context.setLineDash(dashes);
    context.beginPath();
    history.forEach((record, i) => context[i ? "lineTo" : "moveTo"](toX(record.step), toY(record[key])));
    context.stroke();
    context.setLineDash([]);
  }

  /** Both losses over the steps, with the value of D's at the equilibrium. */
  function paintLosses(context, width, height, colours, history, level) {
    const values = history.flatMap(({ D, G }) => [D, G]).concat(level);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const pad = 0.12 * (high - low) || 1;
    const end = Math.max(history.length ? history[history.length - 1].step : 0, 100);
    const [left, right, bottom] = [44, 64, 20];
    const toX = (step) => left + ((width - left - right) * step) / end;
    const toY = (value) => 4 + ((height - bottom - 4) * (high + pad - value)) / (high - low + 2 * pad);
    context.font = "12px sans-serif";
    context.fillStyle = colours.ink;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const value of [low, high]) context.fillText(value.toPrecision(2), left - 6, toY(value));
    context.textAlign = "center";
    for (const step of [0, end]) context.fillText(step.toLocaleString("en"), toX(step), height - 8);
    context.fillText("steps", toX(end / 2), height - 8);
    const flat = [{ step: 0, level }, { step: end, level }];
    curve(context, toX, toY, flat, "level", colours.ink, [5, 4]);
    curve(context, toX, toY, history, "D", colours.third, []);
    curve(context, toX, toY, history, "G", colours.fourth, [2, 2]);
    context.textAlign = "left";
    const words = [`D cannot tell: ${level.toFixed(3)}`, left + 4, toY(level) + 10];
    context.lineWidth = 4; // a halo, to be read on a curve
    context.strokeStyle = colours.paper;
    context.strokeText(...words);
    context.fillText(...words);
    if (!history.length) return;
    const last = history[history.length - 1];
    const gap = toY(last.G) - toY(last.D);
    const shift = Math.abs(gap) < 14 ? ((14 - Math.abs(gap)) / 2) * (gap < 0 ? -1 : 1) : 0;
    context.fillStyle = colours.third;
    context.fillText("D's loss", toX(last.step) + 4, toY(last.D) - shift);
    context.fillStyle = colours.fourth;
    context.fillText("G's loss", toX(last.step) + 4, toY(last.G) + shift);
  }

  return { crosses, discs, lattice, nodes, opinions, paintLosses, paintPlane, scale };
});
