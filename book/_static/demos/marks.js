/* Chapter 10: the look of each method of the field explorer, in its pictures, its legend and its table. */
"use strict";

Demos.marks = (() => {
  // Of each method: a colour of demos.css, the dashes of its line, and the mark at its end.
  const STYLES = {
    simultaneous: { colour: "fake", dash: [], mark: "square" },
    alternating: { colour: "real", dash: [9, 4], mark: "disc" },
    consensus: { colour: "fourth", dash: [2, 3], mark: "diamond" },
    extragradient: { colour: "third", dash: [12, 3, 2, 3], mark: "up" },
    optimistic: { colour: "fifth", dash: [5, 3], mark: "down" },
    momentum: { colour: "sixth", dash: [7, 3, 2, 3, 2, 3], mark: "cross" },
  };

  /** From a window {x, y, half} of the plane to a box of the canvas, its y as wide as its x. */
  function scale({ x, y, half }, { left, top, size }) {
    const unit = size / (2 * half);
    return ([a, b]) => [left + (a - x + half) * unit, top + (y + half - b) * unit];
  }

  function line(context, points, colour, { width = 1, dash = [] } = {}) {
    context.beginPath();
    for (const point of points) context.lineTo(...point);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.stroke();
    context.setLineDash([]);
  }

  const SHAPES = {
    square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
    diamond: [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]],
    up: [[0, -1.4], [1.3, 0.9], [-1.3, 0.9]],
    down: [[0, 1.4], [1.3, -0.9], [-1.3, -0.9]],
    cross: [[-0.4, -1.4], [0.4, -1.4], [0.4, -0.4], [1.4, -0.4], [1.4, 0.4], [0.4, 0.4], [0.4, 1.4], [-0.4, 1.4], [-0.4, 0.4], [-1.4, 0.4], [-1.4, -0.4], [-0.4, -0.4]],
  };

  /** A method's mark, with a rim of paper so that it is seen on lines. */
  function mark(context, [x, y], shape, colour, paper, size = 4.5) {
    context.beginPath();
    if (shape === "disc") context.arc(x, y, size, 0, 2 * Math.PI);
    else for (const [dx, dy] of SHAPES[shape]) context.lineTo(x + size * dx, y + size * dy);
    context.closePath();
    context.strokeStyle = paper;
    context.lineWidth = 2.5;
    context.stroke();
    context.fillStyle = colour;
    context.fill();
  }

  function plus(context, [x, y], colour, size = 7) {
    line(context, [[x - size, y], [x + size, y]], colour, { width: 2 });
    line(context, [[x, y - size], [x, y + size]], colour, { width: 2 });
  }

  /** A method's line and mark for the legend, as a small picture in the colours of the page. */
  function sample(name) {
    const node = Demo.element("span", { class: "field-sample", "aria-hidden": "true" });
    const stroke = (colour, width, dash) => `<path d="M0 7H36" stroke="var(--demo-${colour})" stroke-width="${width}" stroke-dasharray="${dash.join(" ")}"/>`;
    const picture = (content) => `<svg width="36" height="14">${content}</svg>`;
    if (name === "flow") {
      node.innerHTML = picture(stroke("faint", 4, []));
      return node;
    }
    const { colour, dash, mark: shape } = STYLES[name];
    const fill = `var(--demo-${colour})`;
    const points = shape === "disc" ? "" : SHAPES[shape].map(([x, y]) => `${18 + 4 * x},${7 + 4 * y}`).join(" ");
    const end = shape === "disc" ? `<circle cx="18" cy="7" r="4" fill="${fill}"/>` : `<polygon points="${points}" fill="${fill}"/>`;
    node.innerHTML = picture(stroke(colour, 2, dash) + end);
    return node;
  }

  return { STYLES, scale, line, mark, plus, sample };
})();
