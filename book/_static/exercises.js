/* Exercises in the page. All questions, explanations and hints stand in the page (tools/sphinx_ext/exercise_cards.py);
   this script checks an answer, shows the explanation that belongs to it, and lets hints come one by one.

   What was answered is kept through `window.CourseProgress` under "03/answer/2": `{right, of, last}`; `last`
   holds the latest answer of each part, and `right` counts the parts whose latest answer is right. Nothing is
   sent anywhere. */
"use strict";

(() => {
  /** What a reader may have meant: 0.25, 0,25, 1/4 and 25 % are one number, 2,548 may be two; [] if none. */
  function readNumbers(text) {
    const plain = text.replace(/\u2212/g, "-").replace(/[\s_]/g, "").replace(/^=/, "");
    const readings = [plain.replace(",", "."), plain.replace(/,(?=\d{3}(\D|$))/g, "")];
    return [...new Set(readings.map(readNumber))].filter(Number.isFinite);
  }

  function readNumber(text) {
    const parts = text.replace(/%$/, "").split("/");
    const isNumber = (part) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part);
    if (parts.length > 2 || !parts.every(isNumber)) return NaN;
    return parts.map(Number).reduce((whole, part) => whole / part) / (text.endsWith("%") ? 100 : 1);
  }

  /* Each kind of part: `read()` gives the answer as text, or null while there is none; `judge(answer)` names the
     outcomes to be shown, "right" alone if it is right; `restore(answer)` puts an answer back. */
  const KINDS = {
    value(box, outcomes) {
      const field = box.querySelector("input");
      const within = Number(box.dataset.within) * (1 + 1e-9);
      const numbers = [...outcomes].filter(([, item]) => item.dataset.number !== undefined);
      return {
        fields: [field],
        read: () => field.value.trim() || null,
        judge(answer) {
          const given = readNumbers(answer);
          if (!given.length) return [];
          const isNear = (item) => given.some((one) => Math.abs(one - Number(item.dataset.number)) <= within);
          const near = numbers.find(([, item]) => isNear(item));
          return [near ? near[0] : "else"];
        },
        restore: (answer) => (field.value = answer),
      };
    },
    wrong(box) {
      const radios = [...box.querySelectorAll("input")];
      return {
        fields: radios,
        read: () => radios.find((radio) => radio.checked)?.value ?? null,
        judge: (answer) => [answer],
        restore: (answer) => radios.forEach((radio) => (radio.checked = radio.value === answer)),
      };
    },
    rows(box) {
      const rows = [...box.querySelectorAll(".exercise-row")];
      const selects = rows.map((row) => row.querySelector("select"));
      return {
        fields: selects,
        read: () => (selects.every((one) => one.value) ? selects.map((one) => one.value).join("|") : null),
        judge(answer) {
          const given = answer.split("|");
          const wrong = rows.flatMap((row, place) => (row.dataset.answer === given[place] ? [] : [`row-${place}`]));
          return wrong.length ? wrong : ["right"];
        },
        restore(answer) {
          answer.split("|").forEach((value, place) => selects[place] && (selects[place].value = value));
        },
      };
    },
  };

  /* One part: `{id, onAnswer(tell), restore(answer)}`. */
  function part(box) {
    const key = box.querySelector(".exercise-key");
    const outcomes = new Map([...key.querySelectorAll("li")].map((item) => [item.dataset.outcome, item]));
    const form = KINDS[box.dataset.kind](box, outcomes);
    const check = box.querySelector(".exercise-check");
    const verdict = box.querySelector(".exercise-verdict");
    let tell = () => {};
    check.hidden = false;
    key.hidden = true;

    /* An explanation is moved, never copied: a page must not hold a thing twice. */
    function clear() {
      for (const why of verdict.querySelectorAll(".exercise-why")) outcomes.get(why.dataset.from).append(why);
      verdict.replaceChildren();
      box.classList.remove("exercise-is-right", "exercise-is-wrong");
    }

    function say(word, names) {
      const strong = document.createElement("strong");
      strong.textContent = `${word} `;
      verdict.append(strong);
      for (const name of names) {
        const why = outcomes.get(name).querySelector(".exercise-why");
        why.dataset.from = name;
        verdict.append(why, " ");
      }
    }

    function explain(answer) {
      clear();
      const names = form.judge(answer).filter((name) => outcomes.has(name));
      if (!names.length) {
        say("This is no number. Write one such as 0.25, 1/4 or 25 %.", []);
        return false;
      }
      const right = names[0] === "right";
      if (box.dataset.kind === "rows" && !right) {
        say(`Not quite: ${names.length} of ${form.fields.length} are wrong.`, names.slice(0, 1));
      } else say(right ? "Right." : "Not quite.", names);
      box.classList.add(right ? "exercise-is-right" : "exercise-is-wrong");
      return right;
    }

    function answer() {
      const given = form.read();
      if (given === null) {
        clear();
        say(box.dataset.kind === "value" ? "Write a number first." : "Choose first.", []);
        return;
      }
      tell(given, explain(given));
    }

    check.addEventListener("click", answer);
    for (const field of form.fields) {
      field.autocomplete = "off"; // on a reload browsers would restore it, and later than we do
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && field.tagName !== "SELECT") answer();
      });
    }

    return {
      id: box.dataset.part,
      onAnswer: (listener) => (tell = listener),
      restore(given) {
        if (box.dataset.kind !== "value" && !form.judge(given).every((name) => outcomes.has(name))) return null;
        form.restore(given);
        return explain(given);
      },
    };
  }

  /* One exercise: its parts, and what its card says while it is closed. */
  function exercise(box) {
    const parts = [...box.querySelectorAll(".exercise-part")].map(part);
    const state = document.createElement("span");
    state.className = "exercise-state";
    box.closest("details")?.querySelector("summary .exercise-facts").append(state);
    const last = {};
    const right = {};

    function show() {
      const answered = Object.keys(last).length;
      const count = Object.values(right).filter(Boolean).length;
      state.textContent = answered ? ` · ${count} of ${parts.length} right` : "";
      return { right: count, of: parts.length, last };
    }

    const kept = window.CourseProgress?.get(box.dataset.key);
    for (const one of parts) {
      const given = kept?.last?.[one.id];
      const was = typeof given === "string" ? one.restore(given) : null;
      if (was !== null) [last[one.id], right[one.id]] = [given, was];
      one.onAnswer((answer, isRight) => {
        [last[one.id], right[one.id]] = [answer, isRight];
        window.CourseProgress?.set(box.dataset.key, show());
      });
    }
    show();
  }

  /* Hints: the next one shows when the one before it has been opened. */
  function hints(box) {
    const folds = [...box.querySelectorAll(".exercise-hint")];
    folds.forEach((fold, place) => {
      fold.hidden = place > 0;
      fold.addEventListener("toggle", () => {
        if (fold.open && folds[place + 1]) folds[place + 1].hidden = false;
      });
    });
  }

  /* Bootstrap's scroll spy, which starts when the page has loaded, takes the end of every link's address for the
     selector of a section, and stops at Colab's `#scrollTo=...`. So these get it back a moment later. */
  function hideFromSpy(link) {
    const { hash } = link;
    link.hash = "";
    const giveBack = () => setTimeout(() => (link.hash = hash));
    if (document.readyState === "complete") giveBack();
    else window.addEventListener("load", giveBack);
  }

  for (const link of document.querySelectorAll(".exercise-links a[href*='#scrollTo=']")) hideFromSpy(link);
  for (const box of document.querySelectorAll(".exercise-parts")) exercise(box);
  for (const box of document.querySelectorAll(".exercise-hints")) hints(box);
})();
