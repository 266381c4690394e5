/* Chapter 10: what the field explorer says in words and numbers. */
"use strict";

Demos.fieldWords = (() => {
  const { sample } = Demos.marks;
  const NAMES = {
    simultaneous: "simultaneous",
    alternating: "alternating",
    extragradient: "extragradient",
    optimistic: "optimistic",
    consensus: "consensus",
    momentum: "negative momentum",
  };
  // How often a step asks for the push of each player; consensus has to turn it back through the slopes, too.
  const COST = { extragradient: "2", consensus: "about 2" };
  const FATES = { home: "Home", nearer: "On the way home", round: "Going round", stuck: "At rest elsewhere", away: "Running away", infinity: "Gone for good" };

  const minus = (text) => String(text).replace(/^-(0\.0+)$/, "$1").replace(/-/g, "−");
  const digits = (d) => (d === 0 ? "0" : d >= 0.001 && d < 1000 ? d.toFixed(3) : minus(d.toExponential(1)));
  const pairOf = (pair) => `(${pair.map((v) => minus(v.toFixed(2))).join(", ")})`;

  function complex([re, im]) {
    const real = minus(re.toFixed(3));
    return Math.abs(im) < 5e-4 ? real : `${real} ${im < 0 ? "−" : "+"} ${Math.abs(im).toFixed(3)} i`;
  }

  const ends = ({ methods: found }) => found.map(({ name, end }) => `${NAMES[name]}: ${Number.isFinite(end) ? digits(end) : "infinite"}`).join(", ");
  const moduli = ({ methods: found }) => found.map(({ name, predicted }) => `${NAMES[name]}: largest modulus ${predicted.toFixed(5)}`).join(", ");

  /** Who comes home, who goes round, who runs away. */
  function said({ methods: found, steps, start, game }) {
    if (!found.length) return "Choose a method. The broad grey line is the path of infinitely small steps.";
    if (Math.hypot(start[0] - game.rest[0], start[1] - game.rest[1]) === 0) return "This start is the point of rest: nothing moves.";
    const groups = Object.entries(FATES)
      .map(([fate, words]) => [words, found.filter((one) => one.fate === fate).map(({ name }) => NAMES[name])])
      .filter(([, names]) => names.length);
    return `After ${steps} steps. ${groups.map(([words, names]) => `${words}: ${names.join(", ")}.`).join(" ")}`;
  }

  function results() {
    const body = Demo.element("tbody");
    const cell = (tag, content, more = {}) => Demo.element(tag, more, ...[content].flat());
    const heads = ["method", "a step multiplies by", "measured", "distance at the end", "pushes a step"];
    const head = Demo.element("tr", {}, ...heads.map((text) => cell("th", text, { scope: "col" })));
    const note = Demo.element("p", { class: "field-note" });
    return {
      node: Demo.element("div", {}, note, Demo.element("table", { class: "demo-table field-table" }, Demo.element("thead", {}, head), body)),
      show({ methods: found, eigenvalues, game }) {
        Demo.say(note, `Point of rest ${pairOf(game.rest)}; eigenvalues of v′ there: ${eigenvalues.map(complex).join(" and ")}.`);
        body.replaceChildren(
          ...found.map(({ name, predicted, rate, end }) =>
            Demo.element("tr", {},
              cell("th", [sample(name), ` ${NAMES[name]}`], { scope: "row" }),
              cell("td", predicted.toFixed(5)),
              cell("td", Number.isFinite(rate) ? rate.toFixed(5) : "–"),
              cell("td", Number.isFinite(end) ? digits(end) : "–"),
              cell("td", COST[name] || "1"),
            ),
          ),
        );
      },
    };
  }

  return { NAMES, minus, pairOf, complex, ends, moduli, said, results };
})();
