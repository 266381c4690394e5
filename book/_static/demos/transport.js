/* Chapter 6: two small sets of points to drag, the cheapest plan between them and the greedy one. Every point is
   a button over the picture: Tab reaches it, arrow keys move it. The plans come from assignment.js. */
"use strict";

(() => {
  const { solve } = Demos.assignment;
  const REACH = 2; // of the square, both ways
  const SETS = demoData.transport; // name: {title, real, fake}
  const PLANS = { optimal: "the cheapest", greedy: "the greedy one", both: "both" };
  const letter = (i) => String.fromCharCode(97 + i);

  function build(root) {
    const size = Math.max(300, Math.min(400, root.clientWidth));
    const state = { plans: "both", ...copy(SETS.ring) };
    const canvas = Demo.canvas(size, size, "Two sets of points and a plan");
    const square = Demo.element("div", { class: "demo-square" }, canvas.node);
    square.style.maxWidth = `${size}px`;
    const [prices, pairs] = [Demo.readout(), table()];
    let buttons = [];
    function show() {
      const found = solve(state.real, state.fake);
      prices.textContent = said(found);
      pairs.show(found);
      buttons.forEach((button) => button.place(state, found));
      canvas.draw((context, width, height, colours) => paint(context, width, colours, state, found));
      canvas.describe(told(found));
    }
    function fill(points) {
      Object.assign(state, points);
      buttons.forEach(({ node }) => node.remove());
      buttons = ["real", "fake"].flatMap((set) =>
        state[set].map((_, i) => handle(square, state, set, i, show)),
      );
      show();
    }
    root.append(
      Demo.element("div", { class: "demo-row" }, ...controls(state, fill, show)),
      Demo.element(
        "div",
        { class: "demo-row" },
        square,
        Demo.element("div", { class: "demo-side" }, prices, pairs.node),
      ),
    );
    fill(copy(SETS.ring));
  }

  const copy = ({ real, fake }) => ({ real: real.map((x) => [...x]), fake: fake.map((x) => [...x]) });

  function controls(state, fill, show) {
    const titles = Object.fromEntries(Object.entries(SETS).map(([name, { title }]) => [name, title]));
    const random = Demo.random(1);
    const place = () => [0, 0].map(() => REACH * 0.9 * (2 * random.uniform() - 1));
    return [
      Demo.select("points", titles, "ring", (name) => fill(copy(SETS[name]))).node,
      Demo.select("plan", PLANS, "both", (plans) => {
        state.plans = plans;
        show();
      }).node,
      Demo.button("Scatter anew", () => {
        const count = state.real.length;
        fill({ real: Array.from({ length: count }, place), fake: Array.from({ length: count }, place) });
      }),
    ];
  }

  /** The button of one point: it can be dragged, or moved with the arrow keys (with Shift by a tenth). */
  function handle(square, state, set, i, show) {
    const node = Demo.element("button", { type: "button", class: `demo-handle demo-handle-${set}` });
    const name = set === "real" ? `data point ${letter(i)}` : `fake ${i + 1}`;
    const put = (point) => {
      state[set][i] = point.map((value) => Math.max(-REACH, Math.min(REACH, value)));
      show();
    };
    node.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[
        event.key
      ];
      if (!by) return;
      event.preventDefault();
      put(state[set][i].map((value, axis) => value + by[axis] * (event.shiftKey ? 0.1 : 1)));
    });
    node.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // else the browser drags the picture
      node.focus();
      node.setPointerCapture(event.pointerId);
    });
    node.addEventListener("pointermove", (event) => {
      if (!node.hasPointerCapture(event.pointerId)) return;
      const box = square.getBoundingClientRect();
      const [right, down] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      put([REACH * (2 * right - 1), REACH * (1 - 2 * down)]);
    });
    square.append(node);
    return {
      node,
      place({ [set]: points }, found) {
        const [x, y] = points[i];
        node.style.left = `${50 * (1 + x / REACH)}%`;
        node.style.top = `${50 * (1 - y / REACH)}%`;
        const other =
          set === "real" ? `fake ${found.optimal[i] + 1}` : `data point ${letter(found.optimal.indexOf(i))}`;
        node.setAttribute("aria-label", `${name} at ${x.toFixed(1)}, ${y.toFixed(1)}, paired with ${other}`);
      },
    };
  }

  function said({ w1, greedyPrice }) {
    const more = w1 > 0 ? (greedyPrice / w1 - 1) * 100 : 0;
    return `W1 = ${w1.toFixed(4)}. The greedy plan costs ${greedyPrice.toFixed(4)}, ${more.toFixed(0)} % more.`;
  }

  const told = (found) =>
    `Data points as discs with letters, fakes as squares with numbers. ${said(found)} Cheapest pairs: ` +
    found.optimal.map((j, i) => `${letter(i)} with ${j + 1}`).join(", ");

  function table() {
    const body = Demo.element("tbody");
    const cell = (tag, text, scope) => Demo.element(tag, scope ? { scope } : {}, text);
    const head = ["data", "cheapest", "way", "greedy", "way"].map((text) => cell("th", text, "col"));
    const node = Demo.element(
      "table",
      { class: "demo-table" },
      Demo.element("thead", {}, Demo.element("tr", {}, ...head)),
      body,
    );
    return {
      node,
      show({ cost, optimal, greedy }) {
        const rows = optimal.map((j, i) => {
          const k = greedy[i];
          const texts = [String(j + 1), cost[i][j].toFixed(2), String(k + 1), cost[i][k].toFixed(2)];
          return Demo.element(
            "tr",
            {},
            cell("th", letter(i), "row"),
            ...texts.map((text) => cell("td", text)),
          );
        });
        body.replaceChildren(...rows);
      },
    };
  }

  function paint(context, size, colours, { real, fake, plans }, { optimal, greedy }) {
    const at = ([x, y]) => [(1 + x / REACH) * (size / 2), (1 - y / REACH) * (size / 2)];
    if (plans !== "optimal") ways(context, at, real, fake, greedy, colours.fourth, [6, 4]);
    if (plans !== "greedy") ways(context, at, real, fake, optimal, colours.third, []);
    context.font = "bold 12px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    real.forEach((point, i) => mark(context, at(point), letter(i), colours.real, colours.paper, true));
    fake.forEach((point, j) => mark(context, at(point), j + 1, colours.fake, colours.paper, false));
  }

  function ways(context, at, real, fake, partner, colour, dash) {
    context.strokeStyle = colour;
    context.lineWidth = 2.5;
    context.setLineDash(dash);
    partner.forEach((j, i) => {
      context.beginPath();
      context.moveTo(...at(real[i]));
      context.lineTo(...at(fake[j]));
      context.stroke();
    });
    context.setLineDash([]);
  }

  /** A disc for data, a square for a fake. */
  function mark(context, [x, y], text, colour, paper, round) {
    context.fillStyle = colour;
    context.beginPath();
    if (round) context.arc(x, y, 10, 0, 2 * Math.PI);
    else context.rect(x - 9, y - 9, 18, 18);
    context.fill();
    context.fillStyle = paper;
    context.fillText(text, x, y + 1);
  }

  Demo.start("transport", build);
})();
