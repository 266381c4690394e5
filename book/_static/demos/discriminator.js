/* Chapter 1: the reader is D. Twenty pairs, one picture of each is real; the score becomes a likelihood
   ratio with an interval. Sides, pairs and their order come from a seed; nothing is sent anywhere. */
"use strict";

window.Demos = window.Demos || {};

Demos.discriminator = (() => {
  const PAIRS = 20;

  /** Wilson's 95 % interval (1927) for a share, from `right` of `total` answers. */
  function wilson(right, total, z = 1.959964) {
    const share = right / total;
    const middle = (share + (z * z) / (2 * total)) / (1 + (z * z) / total);
    const spread = Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
    const half = (z * spread) / (1 + (z * z) / total);
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  }

  /** How often a coin is right at least so many times. */
  function luck(right, total) {
    let sum = 0;
    for (let k = right; k <= total; k++) sum += choose(total, k);
    return sum / 2 ** total;
  }

  function choose(n, k) {
    let product = 1;
    for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i;
    return Math.round(product);
  }

  /** What an answer is worth, equation (1.6) with half an answer added to both sides, and its interval. */
  function verdict(right, total) {
    const [low, high] = wilson(right, total).map((share) => (share < 1 - 1e-9 ? share / (1 - share) : Infinity));
    return { ratio: (right + 0.5) / (total - right + 0.5), low, high, luck: luck(right, total) };
  }

  /** The pairs of one game: `{real, fake, maker, realIsLeft}`, as many of each generator, shuffled. */
  function deal(data, seed) {
    const random = Demo.random(seed);
    const real = shuffled(data.real, random);
    const hands = data.generators.map(({ pictures }) => shuffled(pictures, random));
    const makers = shuffled(Array.from({ length: PAIRS }, (_, k) => k % hands.length), random);
    const sides = shuffled(Array.from({ length: PAIRS }, (_, k) => k % 2 === 0), random);
    return makers.map((maker, k) => ({ real: real[k], fake: hands[maker].pop(), maker, realIsLeft: sides[k] }));
  }

  function shuffled(values, random) {
    const list = [...values];
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(random.uniform() * (i + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }

  /** Pictures in [-1, 1] from bytes. */
  function unpack(text, side) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const size = side * side;
    const rows = Array.from({ length: bytes.length / size }, (_, k) => bytes.subarray(k * size, (k + 1) * size));
    return rows.map((row) => Float32Array.from(row, (level) => level / 127.5 - 1));
  }

  const load = (stored) => ({
    side: stored.side,
    real: unpack(stored.real, stored.side),
    generators: stored.generators.map((maker) => ({ ...maker, pictures: unpack(maker.pictures, stored.side) })),
  });

  /** Two programs that play the same pairs, each by one number of a picture. */
  const PROGRAMS = {
    "program: more contrast": (picture) => spread(picture),
    "program: more black": (picture) => picture.filter((value) => value <= -0.99).length,
  };

  function spread(picture) {
    const mean = picture.reduce((sum, value) => sum + value, 0) / picture.length;
    return picture.reduce((sum, value) => sum + (value - mean) ** 2, 0) / picture.length;
  }

  const rightOf = (pairs, score) => pairs.filter(({ real, fake }) => score(real) > score(fake)).length;

  /** The rows of the table at the end: `[who, right, total]`. */
  function results(data, pairs, answers) {
    const count = (who, list) => [who, list.filter((k) => answers[k]).length, list.length];
    const all = pairs.map((_, k) => k);
    const each = data.generators.map(({ name }, g) =>
      count(`you, ${name}`, all.filter((k) => pairs[k].maker === g)),
    );
    const programs = Object.entries(PROGRAMS).map(([name, score]) => [name, rightOf(pairs, score), pairs.length]);
    return [count("you, all pairs", all), ...each, ...programs];
  }

  return { PAIRS, wilson, luck, verdict, deal, load, results };
})();

/* What the reader sees and presses. */
Demos.discriminator.build = (root, stored) => {
  const { PAIRS, deal, load, verdict, results } = Demos.discriminator;
  const data = load(stored);
  const game = { seed: 1, pairs: [], answers: [], asking: true };
  const canvases = ["Left", "Right"].map((side) => Demo.canvas(176, 176, side));
  const choices = canvases.map((canvas, k) => choice(canvas, k === 0));
  const readout = Demo.readout();
  const progress = Demo.element("p", { class: "demo-score" });
  const next = Demo.button("Next pair", () => go());
  const end = Demo.element("div", { class: "demo-end" });
  const keys = "Press a picture, or use the keys ← and → (or L and R); Enter goes on.";
  root.tabIndex = -1;
  root.append(
    Demo.element("div", { class: "demo-pair" }, ...choices),
    Demo.element("p", { class: "demo-hint" }, keys),
    progress, readout, next, end,
  );
  root.addEventListener("keydown", onKey);
  start();

  function choice(canvas, isLeft) {
    const button = Demo.button("", () => answer(isLeft));
    button.classList.add("demo-choice");
    canvas.node.setAttribute("aria-hidden", "true"); // the button's own name says what it is
    canvas.node.removeAttribute("role");
    const caption = Demo.element("span", { class: "demo-caption" });
    button.append(canvas.node, caption);
    return button;
  }

  function onKey(event) {
    const side = { ArrowLeft: true, l: true, ArrowRight: false, r: false }[event.key];
    if (side === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (game.asking) answer(side);
    else go();
  }

  function start() {
    game.pairs = deal(data, game.seed);
    game.answers = [];
    end.replaceChildren();
    ask();
  }

  function ask() {
    game.asking = true;
    const k = game.answers.length;
    const { real, fake, realIsLeft } = game.pairs[k];
    const pictures = realIsLeft ? [real, fake] : [fake, real];
    canvases.forEach((canvas, i) => {
      canvas.draw((context) => Demo.pixels(context, pictures[i], data.side, 0, 0, 176));
    });
    choices.forEach((button, i) => {
      button.disabled = false;
      button.classList.remove("demo-was-real", "demo-was-fake");
      const side = i ? "right" : "left";
      button.setAttribute("aria-label", `The ${side} picture of pair ${k + 1} of ${PAIRS} is real`);
      button.lastChild.textContent = i ? "right →" : "← left";
    });
    readout.textContent = `Pair ${k + 1} of ${PAIRS}: which one is real?`;
    next.hidden = true;
    tell();
  }

  function answer(saysLeft) {
    if (!game.asking) return;
    const { realIsLeft, maker } = game.pairs[game.answers.length];
    const right = saysLeft === realIsLeft;
    game.asking = false;
    game.answers.push(right);
    choices.forEach((button, i) => {
      const real = (i === 0) === realIsLeft;
      button.classList.add(real ? "demo-was-real" : "demo-was-fake");
      button.lastChild.textContent = real ? "real" : "generated";
      button.setAttribute("aria-label", `The ${i ? "right" : "left"} picture was ${real ? "real" : "generated"}`);
    });
    const word = right ? "✓ Right" : "✗ Wrong";
    const made = `the other was made by: ${data.generators[maker].name}`;
    readout.textContent = `${word}: the ${realIsLeft ? "left" : "right"} one is real, ${made}.`;
    next.textContent = game.answers.length < PAIRS ? "Next pair" : "What is it worth?";
    next.hidden = false;
    next.focus({ preventScroll: true });
    tell();
  }

  function tell() {
    const marks = game.answers.map((right) => (right ? "✓" : "✗")).join(" ");
    const right = game.answers.filter(Boolean).length;
    progress.textContent = game.answers.length ? `${marks}  (${right} of ${game.answers.length})` : "";
  }

  function go() {
    if (game.answers.length < PAIRS) {
      ask();
      choices[0].focus({ preventScroll: true });
    } else if (!end.children.length) finish();
  }

  function finish() {
    next.hidden = true;
    choices.forEach((button) => (button.disabled = true));
    const rows = results(data, game.pairs, game.answers);
    const again = Demo.button("Play again, with other pairs", () => {
      game.seed += 1;
      start();
      choices[0].focus({ preventScroll: true });
    });
    readout.textContent = sentence(rows[0]);
    end.append(table(rows), again);
    again.focus({ preventScroll: true });
  }

  function sentence([, right, total]) {
    const { ratio, low, high, luck } = verdict(right, total);
    const clear = low > 1 ? "So you do see a difference." : "The interval holds 1: you may have been guessing.";
    const range = `after ${total} answers anything from ${short(low)} to ${short(high)} is believable`;
    const worth = `Your answer multiplies the odds by about ${short(ratio)}; ${range}.`;
    return `${right} of ${total}. ${worth} A coin does as well in ${percent(luck)} of all games. ${clear}`;
  }

  function table(rows) {
    const cells = (tag, texts) => texts.map((text) => Demo.element(tag, {}, text));
    const head = cells("th", ["who", "right", "likelihood ratio", "95 % interval"]);
    const body = rows.map(([who, right, total]) => {
      const { ratio, low, high } = verdict(right, total);
      const texts = [who, `${right} of ${total}`, short(ratio), `${short(low)} to ${short(high)}`];
      return Demo.element("tr", {}, ...cells("td", texts));
    });
    const caption = Demo.element("caption", {}, "What the answers are worth. A coin has the likelihood ratio 1.");
    const top = Demo.element("thead", {}, Demo.element("tr", {}, ...head));
    return Demo.element("table", { class: "table" }, caption, top, Demo.element("tbody", {}, ...body));
  }

  function short(value) {
    if (value === Infinity) return "∞";
    return value >= 10 ? value.toFixed(0) : value.toFixed(value < 1 ? 2 : 1);
  }

  const percent = (share) => (share < 0.001 ? "less than 0.1 %" : `${(100 * share).toFixed(1)} %`);
};

Demo.later("discriminator", (root) => Demos.discriminator.build(root, demoData.discriminator));
