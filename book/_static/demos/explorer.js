/* How chapter 8's divergence explorer is drawn: the two densities over D's T, f over the line of T, and G's pull
   over p/q. */
"use strict";

Demos.explorer = (() => {
  const { MEMBERS, x } = Demos.family;
  const { shown } = demoData["f-divergences"];
  const LEFT = x[0];
  const SPAN = x[x.length - 1] - LEFT;
  const DASHES = [6, 3];
  const across = (at, width) => ((at - LEFT) / SPAN) * width;
  const HEIGHTS = { densities: 124, above: 148, below: 264 }; // of the first picture, in pixels

  /** A frame `{left, right, above, below}` with scales for both directions; what is drawn stays inside. */
  function frame(context, box, [x0, x1], [y0, y1]) {
    const at = (a, b) => [
      box.left + ((a - x0) / (x1 - x0)) * (box.right - box.left),
      box.below - ((b - y0) / (y1 - y0)) * (box.below - box.above),
    ];
    const inside = (draw) => {
      context.save();
      context.beginPath();
      context.rect(box.left, box.above, box.right - box.left, box.below - box.above);
      context.clip();
      draw();
      context.restore();
    };
    const far = 4 * (y1 - y0); // a canvas draws no line to infinity
    const curve = (points, colour, dash = []) =>
      inside(() => {
        context.strokeStyle = colour;
        context.lineWidth = 2;
        context.setLineDash(dash);
        context.beginPath();
        for (const [a, b] of points) context.lineTo(...at(a, Math.max(y0 - far, Math.min(y1 + far, b))));
        context.stroke();
      });
    return { at, curve, box, inside };
  }

  function axes(context, colours, { at, box }, across_, up) {
    context.setLineDash([]);
    context.lineWidth = 1;
    context.fillStyle = colours.ink;
    const stroke = (a, b, c, d) => {
      context.strokeStyle = colours.faint;
      context.beginPath();
      context.moveTo(a, b);
      context.lineTo(c, d);
      context.stroke();
    };
    context.textAlign = "right";
    for (const [value, text] of up) {
      const y = at(0, value)[1];
      stroke(box.left, y, box.right, y);
      context.fillText(text, box.left - 5, y + 4);
    }
    context.textAlign = "center";
    for (const [value, text] of across_) {
      const place = at(value, 0)[0];
      stroke(place, box.above, place, box.below);
      context.fillText(text, place, box.below + 16);
    }
    context.textAlign = "left";
  }

  const minus = (value) => String(value).replace("-", "−");
  const marked = (...values) => values.map((value) => [value, minus(value)]);

  function dot(context, [a, b], colour, full = true) {
    context.setLineDash([]);
    context.beginPath();
    context.arc(a, b, 4.5, 0, 2 * Math.PI);
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 2;
    context[full ? "fill" : "stroke"]();
  }

  function start(context) {
    context.font = "13px system-ui, sans-serif";
    context.lineJoin = "round";
    context.textAlign = "left";
  }

  /** The densities, and under them on the same axis T* and this D's T; a line goes through the sample. */
  function paintLine([context, width, , colours], { found, at, name }) {
    start(context);
    densities(context, width, colours, found);
    const box = { left: 0, right: width, above: HEIGHTS.above, below: HEIGHTS.below };
    const [low, high] = shown[name];
    const picture = frame(context, box, [LEFT, LEFT + SPAN], [low, high]);
    axes(context, colours, picture, marked(-4, -2, 0, 2, 4, 6, 8), [[0, ""]]);

    const { T } = MEMBERS[name];
    const points = (ratio) => Array.from(x, (t, i) => [t, T(ratio[i])]);
    picture.curve(points(found.truth), colours.third, DASHES);
    picture.curve(points(found.known), colours.fourth);
    nought(context, colours, picture.at(0, 0)[1]);
    context.fillStyle = colours.third;
    context.fillText("- - T*, the best", 6, box.above - 6);
    context.fillStyle = colours.fourth;
    context.fillText("— T of this D", 112, box.above - 6);
    sample(context, width, colours, picture, { at, found, T });
  }

  /** Names the level T = 0, on the paper's colour: a curve may pass. */
  function nought(context, colours, y) {
    context.fillStyle = colours.paper;
    context.fillRect(2, y - 15, 40, 14);
    context.fillStyle = colours.ink;
    context.fillText("T = 0", 4, y - 4);
  }

  function densities(context, width, colours, { p, q }) {
    const highest = [...p.at, ...q.at].reduce((a, b) => Math.max(a, b));
    for (const [name, { at, centre }, colour, dash] of [
      ["p", p, colours.real, []],
      ["q", q, colours.fake, DASHES],
    ]) {
      const up = (value) => HEIGHTS.densities - (value / highest) * (HEIGHTS.densities - 24);
      context.beginPath();
      context.moveTo(0, HEIGHTS.densities);
      x.forEach((t, i) => i % 2 || context.lineTo(across(t, width), up(at[i])));
      context.lineTo(width, HEIGHTS.densities);
      context.strokeStyle = context.fillStyle = colour;
      context.setLineDash(dash);
      context.lineWidth = 2;
      context.globalAlpha = 0.25;
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
      const aside = name === "p" && Math.abs(q.centre) < 0.6 ? -18 : 0; // p and q on one spot
      context.fillText(name, across(centre, width) - 4 + aside, 16);
    }
    context.setLineDash([]);
  }

  /** The fake sample, where T has both its values, and an arrow to where the zero-sum G of this D pulls it. */
  function sample(context, width, colours, picture, { at, found, T }) {
    const place = across(at, width);
    context.strokeStyle = context.fillStyle = colours.ink;
    context.lineWidth = 1;
    context.beginPath();
    for (const [from, to] of [
      [24, HEIGHTS.densities],
      [HEIGHTS.above, HEIGHTS.below],
    ]) {
      context.moveTo(place, from);
      context.lineTo(place, to);
    }
    context.stroke();
    const pull = found.mine.zeroSum;
    arrow(context, place, HEIGHTS.densities - 9, Math.abs(pull) > 1e-3 ? Math.sign(pull) : 0);
    for (const [ratio, colour] of [
      [found.best.r, colours.third],
      [found.mine.r, colours.fourth],
    ])
      picture.inside(() => dot(context, picture.at(at, T(ratio)), colour));
  }

  function arrow(context, place, y, way) {
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(place, y);
    context.lineTo(place + 26 * way, y);
    context.moveTo(place + 19 * way, y - 6);
    context.lineTo(place + 26 * way, y);
    context.lineTo(place + 19 * way, y + 6);
    context.stroke();
    context.beginPath();
    context.arc(place, y, 4, 0, 2 * Math.PI);
    context.fill();
  }

  const HEIGHT_OF_F = {
    kl: [-3, 5], reverse_kl: [-3, 3], pearson: [-6, 9], neyman: [-4, 6], squared_hellinger: [-1, 1.5],
    jensen_shannon: [-1, 1.5], gan: [-4, 1], total_variation: [-1, 2],
  };

  /** f, and the lines u -> T u - f*(T) of the best D, which touches it at p/q, and of this one, which lies below. */
  function paintTangents([context, width, height, colours], { found, name }) {
    start(context);
    const { f, T, cost } = MEMBERS[name];
    const box = { left: 30, right: width - 8, above: 26, below: height - 36 };
    const [low, high] = HEIGHT_OF_F[name];
    const picture = frame(context, box, [0, 4], [low, high]);
    axes(context, colours, picture, marked(0, 1, 2, 3, 4), marked(0, Math.floor(high), Math.ceil(low)));
    context.fillText("f(u)", box.left, 16);
    context.fillText("u = p/q", box.right - 52, height - 5);
    const us = Array.from({ length: 201 }, (_, i) => Math.max(1e-6, i / 50));
    picture.curve(us.map((u) => [u, f(u)]), colours.ink);
    const lines = [
      ["T*u − f*(T*)", found.best.r, colours.third, DASHES, 44],
      ["Tu − f*(T)", found.mine.r, colours.fourth, [], 136],
    ];
    for (const [text, r, colour, dash, from] of lines) {
      context.fillStyle = colour;
      context.fillText(text, box.left + from, 16);
      const [slope, below] = [T(r), cost(r)];
      if (Number.isFinite(slope) && Number.isFinite(below))
        picture.curve([[0, -below], [4, 4 * slope - below]], colour, dash);
    }
    if (found.u < 4) picture.inside(() => dot(context, picture.at(found.u, f(found.u)), colours.ink));
  }

  /** G's pull along ln p/q at the best D, over p/q, both on logarithmic axes: in the zero-sum game, and where G
      maximises T. */
  function paintPulls([context, width, height, colours], { found, name }) {
    start(context);
    const box = { left: 40, right: width - 8, above: 26, below: height - 36 };
    const picture = frame(context, box, [-3, 3], [-3, 3]);
    const powers = [-3, -2, -1, 0, 1, 2, 3].map((power) => [power, power % 2 ? "" : minus(10 ** power)]);
    axes(context, colours, picture, powers, powers);
    context.fillText("u = p/q", box.right - 52, height - 5);
    const { rise } = MEMBERS[name];
    const both = [
      ["pull: — zero-sum", (u) => u * rise(u), [], 0],
      ["- - G maximises T", rise, DASHES, 116],
    ];
    for (const [text, pull, dash, from] of both) {
      context.fillStyle = colours.ink;
      context.fillText(text, box.left + from, 16);
      if (!rise(1)) continue; // none anywhere
      const points = Array.from({ length: 121 }, (_, i) => (i - 60) / 20);
      picture.curve(points.map((power) => [power, Math.log10(pull(10 ** power))]), colours.ink, dash);
      const here = Math.log10(found.u);
      picture.inside(() => dot(context, picture.at(here, Math.log10(pull(found.u))), colours.ink, !dash.length));
    }
    if (!rise(1)) context.fillText("no pull but at p = q", box.left + 20, (box.above + box.below) / 2 + 5);
  }

  /** Where in the first picture a point lies: `{x, onT}`. */
  const placed = ([left, top], width) => ({ x: LEFT + (left / width) * SPAN, onT: top > HEIGHTS.densities + 14 });

  return { paintLine, paintTangents, paintPulls, placed };
})();
