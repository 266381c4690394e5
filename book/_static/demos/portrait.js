/* How the Dirac-GAN is drawn: the field and the path of the pair, and its distance from the equilibrium. */
"use strict";

Demos.portrait = (() => {
  const { field, multiplier } = Demos.dynamics;
  const STEPS = 500;
  const REACH = 2.2; // of the portrait, both ways
  const radius = ([theta, psi]) => Math.hypot(theta, psi);

  function paintPortrait([context, width, height, colours], state) {
    const at = ([theta, psi]) => [(1 + theta / REACH) * (width / 2), (1 - psi / REACH) * (height / 2)];
    context.font = "13px system-ui, sans-serif";
    context.lineJoin = "round";
    paintAxes(context, colours, at);
    paintField(context, colours, at, field(state), width / 60);
    const points = state.points.slice(0, Math.floor(state.shown) + 1).filter((point) => radius(point) < 100);
    context.strokeStyle = context.fillStyle = colours.third;
    context.lineWidth = 1;
    context.beginPath();
    for (const point of points) context.lineTo(...at(point));
    context.stroke();
    for (const point of points) {
      const [x, y] = at(point);
      context.fillRect(x - 1.2, y - 1.2, 2.4, 2.4);
    }
    marks(context, colours, at(state.start), at(points[points.length - 1]));
  }

  function paintAxes(context, colours, at) {
    context.strokeStyle = colours.faint;
    context.fillStyle = colours.ink;
    context.lineWidth = 1;
    context.beginPath();
    for (const [from, to] of [
      [
        [-REACH, 0],
        [REACH, 0],
      ],
      [
        [0, -REACH],
        [0, REACH],
      ],
    ]) {
      context.moveTo(...at(from));
      context.lineTo(...at(to));
    }
    context.stroke();
    const write = (text, point, dx, dy) => context.fillText(text, at(point)[0] + dx, at(point)[1] + dy);
    write("θ", [REACH, 0], -14, -6);
    write("ψ", [0, REACH], 6, 14);
    for (const tick of [-2, -1, 1, 2]) {
      write(String(tick).replace("-", "−"), [tick, 0], -4, 15);
      write(String(tick).replace("-", "−"), [0, tick], -18, 4);
    }
  }

  /** Arrows of one length: the direction of v. */
  function paintField(context, colours, at, v, length) {
    context.strokeStyle = colours.ink;
    context.globalAlpha = 0.45;
    context.beginPath();
    for (let theta = -2; theta <= 2.01; theta += 0.4) {
      for (let psi = -2; psi <= 2.01; psi += 0.4) {
        const [a, b] = v(theta, psi);
        const size = Math.hypot(a, b);
        if (size < 1e-9) continue;
        const [x, y] = at([theta, psi]);
        const [dx, dy] = [(length * a) / size, (-length * b) / size];
        context.moveTo(x - dx, y - dy);
        context.lineTo(x + dx, y + dy);
        context.moveTo(x + 0.3 * dx - 0.4 * dy, y + 0.3 * dy + 0.4 * dx);
        context.lineTo(x + dx, y + dy);
        context.lineTo(x + 0.3 * dx + 0.4 * dy, y + 0.3 * dy - 0.4 * dx);
      }
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  /** A ring where the pair starts, a square where it is, a cross at the equilibrium. */
  function marks(context, colours, start, now) {
    const [x, y] = [
      parseFloat(context.canvas.style.maxWidth) / 2,
      parseFloat(context.canvas.style.maxWidth) / 2,
    ];
    context.strokeStyle = colours.ink;
    context.lineWidth = 2;
    context.beginPath();
    for (const [dx, dy] of [
      [7, 0],
      [0, 7],
    ]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
    context.strokeStyle = context.fillStyle = colours.fake;
    context.beginPath();
    context.arc(...start, 6, 0, 2 * Math.PI);
    context.stroke();
    context.fillText("start", start[0] + 10, start[1] - 6);
    context.fillRect(now[0] - 4, now[1] - 4, 8, 8);
  }

  function paintDistances([context, width, height, colours], state) {
    const logs = state.points.map((point) => Math.log10(Math.max(1e-40, radius(point))));
    const finite = logs.filter(Number.isFinite);
    const low = Math.floor(Math.min(-1, ...finite));
    const high = Math.ceil(Math.max(0.4, ...finite));
    const box = { left: 44, right: width - 12, above: 24, below: height - 24 };
    const across = (step) => box.left + (step / STEPS) * (box.right - box.left);
    const up = (log) => box.below - ((log - low) / (high - low)) * (box.below - box.above);
    context.font = "13px system-ui, sans-serif";
    paintLevels(context, colours, box, { across, up, low, high });
    const predicted = multiplier(state, state.moves, state.h);
    if (predicted && Number.isFinite(logs[0])) {
      const end = logs[0] + STEPS * Math.log10(Math.max(1e-40, predicted));
      stroke(
        context,
        colours.ink,
        [5, 4],
        [
          [0, logs[0]],
          [STEPS, end],
        ].map(([k, log]) => [across(k), up(log)]),
        box,
      );
    }
    const seen = logs.slice(0, Math.floor(state.shown) + 1).filter(Number.isFinite);
    stroke(
      context,
      colours.third,
      [],
      seen.map((log, k) => [across(k), up(log)]),
      box,
    );
    context.fillStyle = colours.ink;
    context.fillText(predicted ? "distance; dashed: predicted" : "distance", box.left, 15);
  }

  function paintLevels(context, colours, box, { across, up, low, high }) {
    context.lineWidth = 1;
    const every = Math.max(1, Math.ceil((high - low) / 4));
    for (let level = high; level >= low; level -= every) {
      stroke(
        context,
        colours.faint,
        [],
        [
          [box.left, up(level)],
          [box.right, up(level)],
        ],
        box,
      );
      context.fillStyle = colours.ink;
      context.fillText(
        Math.abs(level) < 3 ? String(10 ** level) : `1e${level}`.replace("-", "−"),
        4,
        up(level) + 4,
      );
    }
    for (const step of [0, 250, STEPS])
      context.fillText(step, across(step) - (step ? 22 : 0), box.below + 17);
    context.fillText("steps", across(STEPS) - 72, box.below + 17);
  }

  function stroke(context, colour, dash, points, box) {
    context.save();
    context.beginPath();
    context.rect(box.left, box.above - 1, box.right - box.left, box.below - box.above + 2);
    context.clip();
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.strokeStyle = colour;
    context.lineWidth = dash.length || colour.length ? 1.5 : 1;
    context.setLineDash(dash);
    context.stroke();
    context.restore();
  }

  return { paintPortrait, paintDistances, radius, REACH, STEPS };
})();
