/* Chapter 10: how the field explorer draws: the plane with the arrows and every method's path, their distances from
   rest, and the eigenvalues of the field and of one step. */
"use strict";

Demos.fieldPictures = (() => {
  const { STYLES, scale, line, mark, plus } = Demos.marks;
  const FONT = "13px system-ui, sans-serif";
  const RING = Array.from({ length: 721 }, (_, k) => [Math.cos((k * Math.PI) / 360), Math.sin((k * Math.PI) / 360)]);
  const minus = (text) => String(text).replace("-", "−");

  function within(context, { left, top, size }, draw) {
    context.save();
    context.beginPath();
    context.rect(left, top, size, size);
    context.clip();
    draw();
    context.restore();
  }

  /** The plane: arrows, flow, paths, start and rest. `methods` are {name, points}. */
  function paintPlane([context, width, , colours], { game, reach, axes, methods, flow, start, shown, bound }) {
    const box = { left: 0, top: 0, size: width };
    const at = scale({ x: 0, y: 0, half: reach }, box);
    context.font = FONT;
    context.lineJoin = "round";
    paintArrows(context, colours, at, game, reach, width);
    paintAxes(context, colours, at, reach);
    if (Number.isFinite(bound)) paintBound(context, colours, at, reach, bound);
    line(context, flow.map(at), colours.faint, { width: 4 });
    for (const { name, points } of methods) paintPath(context, colours, at, reach, STYLES[name], points.slice(0, shown + 1));
    plus(context, at(game.rest), colours.ink);
    context.beginPath();
    context.arc(...at(start), 6.5, 0, 2 * Math.PI);
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.stroke();
    paintNumbers(context, colours, at, reach, axes);
  }

  function paintPath(context, colours, at, reach, { colour, dash, mark: shape }, points) {
    const seen = points.filter((point) => Math.max(...point.map(Math.abs)) < 50 * reach).map(at);
    line(context, seen, colours[colour], { width: 1.8, dash });
    context.fillStyle = colours[colour];
    seen.forEach(([x, y], k) => {
      if (k && Math.hypot(x - seen[k - 1][0], y - seen[k - 1][1]) > 14) context.fillRect(x - 2, y - 2, 4, 4);
    });
    if (seen.length) mark(context, seen[seen.length - 1], shape, colours[colour], colours.paper);
  }

  /** Arrows in the directions of v, the longer the faster. */
  function paintArrows(context, colours, at, { v }, reach, width) {
    const count = 14;
    const cell = (2 * reach) / count;
    const spots = Array.from({ length: count * count }, (_, k) => [((k % count) + 0.5) * cell - reach, (Math.floor(k / count) + 0.5) * cell - reach]);
    const pushes = spots.map((spot) => v(spot));
    const speeds = pushes.map((push) => Math.hypot(...push));
    const middle = [...speeds].sort((a, b) => a - b)[Math.floor(speeds.length / 2)];
    const longest = (0.42 * width) / count;
    context.strokeStyle = colours.ink;
    context.globalAlpha = 0.38;
    context.lineWidth = 1;
    context.beginPath();
    spots.forEach((spot, k) => {
      if (speeds[k] < 1e-9) return;
      const length = longest * (0.3 + (0.7 * speeds[k]) / (speeds[k] + middle));
      const [dx, dy] = [(length * pushes[k][0]) / speeds[k], (-length * pushes[k][1]) / speeds[k]];
      const [x, y] = at(spot);
      const [headX, headY] = [(5 * dx) / length, (5 * dy) / length];
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
      context.moveTo(x + dx - headX - 0.5 * headY, y + dy - headY + 0.5 * headX);
      context.lineTo(x + dx, y + dy);
      context.lineTo(x + dx - headX + 0.5 * headY, y + dy - headY - 0.5 * headX);
    });
    context.stroke();
    context.globalAlpha = 1;
  }

  function paintAxes(context, colours, at, reach) {
    line(context, [[-reach, 0], [reach, 0]].map(at), colours.faint);
    line(context, [[0, -reach], [0, reach]].map(at), colours.faint);
  }

  /** The numbers and names of the axes at the edges, with a rim of paper: they stay legible on paths. */
  function paintNumbers(context, colours, at, reach, [across, up]) {
    context.textAlign = "center";
    context.lineWidth = 4;
    context.strokeStyle = colours.paper;
    context.fillStyle = colours.ink;
    const write = (text, [x, y]) => {
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    };
    const [[left, bottom], [right, top]] = [at([-reach, -reach]), at([reach, reach])];
    for (let tick = -Math.floor(reach); tick <= reach; tick++) {
      const [x, y] = at([tick, tick]);
      write(minus(tick), [x, bottom - 5]);
      if (y < bottom - 24) write(minus(tick), [left + 10, y + 4]);
    }
    write(across, [right - 8, at([0, 0])[1] - 6]);
    write(up, [at([0, 0])[0] + 9, top + 12]);
    context.textAlign = "left";
  }

  function paintBound(context, colours, at, reach, bound) {
    for (const psi of [-bound, bound]) line(context, [[-reach, psi], [reach, psi]].map(at), colours.ink, { dash: [2, 4] });
  }

  const power = (level) => (Math.abs(level) < 3 ? String(10 ** level) : minus(`1e${level}`));

  /** The distances from rest, on a logarithmic axis. `methods` are {name, distances}. */
  function paintDistances([context, width, height, colours], { methods, steps, shown }) {
    const logs = methods.map(({ distances }) => distances.map((d) => Math.log10(Math.max(d, 1e-18))));
    const all = logs.flat();
    const low = Math.max(-16, Math.floor(Math.min(-1, ...all)));
    const high = Math.min(low + 20, Math.max(1, Math.ceil(Math.max(0, ...all))));
    const box = { left: 48, right: width - 10, top: 24, bottom: height - 22 };
    const at = ([step, log]) => [
      box.left + (step / steps) * (box.right - box.left),
      box.bottom - ((log - low) / (high - low)) * (box.bottom - box.top),
    ];
    context.font = FONT;
    context.fillStyle = colours.ink;
    context.fillText("distance from rest", box.left, 14);
    const every = Math.ceil((high - low) / 4);
    for (let level = high; level >= low; level -= every) {
      line(context, [at([0, level]), at([steps, level])], colours.faint);
      context.textAlign = "right";
      context.fillText(power(level), box.left - 5, at([0, level])[1] + 4);
    }
    for (const [share, align] of [[0, "left"], [0.5, "center"], [1, "right"]]) {
      context.textAlign = align;
      context.fillText(share ? (share < 1 ? steps / 2 : `${steps} steps`) : 0, at([share * steps, low])[0], box.bottom + 17);
    }
    context.textAlign = "left";
    context.save();
    context.beginPath();
    context.rect(box.left, box.top - 2, box.right - box.left + 6, box.bottom - box.top + 4);
    context.clip();
    methods.forEach(({ name }, i) => {
      const { colour, dash, mark: shape } = STYLES[name];
      const points = logs[i].slice(0, shown + 1).map((log, k) => at([k, log]));
      line(context, points, colours[colour], { width: 1.8, dash });
      if (points.length) mark(context, points[points.length - 1], shape, colours[colour], colours.paper, 4);
    });
    context.restore();
  }

  /** The eigenvalues of the Jacobian: a shaded half plane pulls inwards, height is turning. */
  function paintEigenvalues([context, width, height, colours], { eigenvalues }) {
    const box = { left: 0, top: 20, size: Math.min(width, height - 20) };
    const half = 1.35 * Math.max(0.5, ...eigenvalues.map(([re, im]) => Math.max(Math.abs(re), Math.abs(im))));
    const at = scale({ x: 0, y: 0, half }, box);
    context.font = FONT;
    context.fillStyle = colours.ink;
    context.fillText("eigenvalues of v′", 0, 13);
    within(context, box, () => {
      shade(context, colours, [[-half, -half], [0, -half], [0, half], [-half, half]].map(at));
      for (const axis of [[[-half, 0], [half, 0]], [[0, -half], [0, half]]]) line(context, axis.map(at), colours.faint);
      ticks(context, colours, { x: 0, y: 0, half }, box);
      for (const root of eigenvalues) {
        line(context, [at([0, 0]), at(root)], colours.faint, { width: 2 });
        mark(context, at(root), "disc", colours.ink, colours.paper, 5);
      }
    });
  }

  function shade(context, colours, points) {
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.closePath();
    context.globalAlpha = 0.13;
    context.fillStyle = colours.third;
    context.fill();
    context.globalAlpha = 1;
  }

  /** Numbers at the axes of a small plane, or at its edges where no axis crosses it. */
  function ticks(context, colours, { x, y, half }, { left, top, size }, hidden = () => false) {
    const at = scale({ x, y, half }, { left, top, size });
    const unit = size / (2 * half);
    const [across, up] = [round(46 / unit), round(28 / unit)];
    const floor = Math.max(y - half, Math.min(y + half, 0));
    const wall = Math.max(x - half, Math.min(x + half, 0));
    context.fillStyle = colours.ink;
    const low = floor < y - 0.8 * half; // no room below
    for (let k = Math.ceil((x - half + 16 / unit) / across); k * across < x + half - 14 / unit; k++) {
      if (k === 0 && wall === 0) continue;
      const [px, py] = at([k * across, floor]);
      line(context, [[px, py], [px, py - 4]], colours.ink);
      context.textAlign = "center";
      context.fillText(written(k * across, across), px, low ? py - 7 : py + 14);
    }
    for (let k = Math.ceil((y - half + (low ? 24 : 8) / unit) / up); k * up < y + half - 8 / unit; k++) {
      if (k === 0) continue;
      const [px, py] = at([wall, k * up]);
      if (hidden(px + 20, py)) continue;
      line(context, [[px, py], [px + 4, py]], colours.ink);
      context.textAlign = "left";
      context.fillText(`${written(k * up, up)} i`, px + 7, py + 4);
    }
    context.textAlign = "left";
  }

  /** The first of ..., 0.1, 0.2, 0.5, 1, 2, 5, ... that is not below `least`. */
  function round(least) {
    const power = 10 ** Math.floor(Math.log10(least));
    return power * [1, 2, 5, 10].find((digit) => digit * power >= least * 0.9999);
  }

  const written = (value, step) => minus((Math.abs(value) < step / 2 ? 0 : value).toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));

  /** Where the eigenvalues of largest modulus lie, and the unit circle next to them: the part of the plane to show. */
  function frame(methods) {
    const tops = methods.map(({ spectrum }) => [spectrum[0][0], Math.abs(spectrum[0][1])]);
    const near = tops.map(([a, b]) => [a, b].map((c) => c / (Math.hypot(a, b) || 1)));
    const all = [...tops, ...near, ...(tops.length ? [] : [[1, 0]])];
    const middle = (axis) => (Math.min(...all.map((p) => p[axis])) + Math.max(...all.map((p) => p[axis]))) / 2;
    const spread = (axis) => Math.max(...all.map((p) => p[axis])) - Math.min(...all.map((p) => p[axis]));
    const half = Math.max(0.02, 0.85 * Math.max(spread(0), spread(1)));
    return { x: middle(0) - 0.3 * half, y: middle(1), half };
  }

  /** The eigenvalues of one step next to the unit circle, enlarged; the whole circle in the corner. */
  function paintSpectrum([context, width, height, colours], { methods }) {
    const box = { left: 0, top: 20, size: Math.min(width, height - 20) };
    const view = frame(methods);
    context.font = FONT;
    context.fillStyle = colours.ink;
    const title = "eigenvalues of one step";
    context.fillText(context.measureText(title).width < width ? title : "of one step", 0, 13);
    const inset = corner(methods, scale(view, box), box);
    const { size } = inset;
    const under = (x, y) => x > inset.left && x < inset.left + size && y > inset.top - 8 && y < inset.top + size + 8;
    paintCircle(context, colours, box, view, methods, 4.5);
    within(context, box, () => ticks(context, colours, view, box, under));
    const whole = { x: 0, y: 0, half: 1.25 * Math.max(1, ...methods.map(({ spectrum }) => Math.min(3, Math.hypot(...spectrum[0])))) };
    context.clearRect(inset.left, inset.top, size, size);
    paintCircle(context, colours, inset, whole, methods, 2);
    const at = scale(whole, inset);
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map(([a, b]) => at([view.x + a * view.half, view.y + b * view.half]));
    within(context, inset, () => line(context, corners, colours.ink));
    const [l, t] = [inset.left, inset.top];
    line(context, [[l, t], [l + size, t], [l + size, t + size], [l, t + size], [l, t]], colours.faint);
  }

  /** The corner of a box that is farthest from all marks, and above its numbers. */
  function corner(methods, at, { left, top, size: whole }) {
    const size = 0.34 * whole;
    const marks = methods.flatMap(({ spectrum }) => spectrum.map(at));
    const far = (spot) => Math.min(...marks.map(([x, y]) => Math.hypot(x - spot.left - size / 2, y - spot.top - size / 2)));
    const spots = [left + 4, left + whole - size - 4].flatMap((l) => [top + 4, top + whole - size - 24].map((t) => ({ left: l, top: t, size })));
    return spots.reduce((best, spot) => (far(spot) > far(best) ? spot : best));
  }

  function paintCircle(context, colours, box, view, methods, size) {
    const at = scale(view, box);
    within(context, box, () => {
      shade(context, colours, RING.map(at));
      line(context, RING.map(at), colours.ink, { width: 1 });
      for (const { name, spectrum } of methods) {
        const { colour, mark: shape } = STYLES[name];
        for (const root of spectrum) mark(context, at(root), shape, colours[colour], colours.paper, size);
      }
    });
  }

  return { paintPlane, paintDistances, paintEigenvalues, paintSpectrum };
})();
