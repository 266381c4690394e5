/* Quizzes in the page. The page holds all questions, choices and explanations (see tools/sphinx_ext/quiz.py);
   this script checks a choice and shows the explanation that belongs to it. Choice 0 is the right one.

   Answers are kept through `window.CourseProgress`, where the site has it, under "03/quiz":
   `{right, answered, of, first, last}`; `right` counts what was right at the first try, `first` and `last`
   give the number of the choice for each question. Nothing is sent anywhere. */
"use strict";

(() => {
  const RIGHT = "0";

  function setUp(quiz) {
    const key = `${quiz.dataset.quiz}/quiz`;
    const questions = [...quiz.querySelectorAll(".quiz-question")].map(question);
    const score = quiz.querySelector(".quiz-score");
    const state = quiz.closest("details")?.querySelector(".quiz-state");
    const again = document.createElement("button");
    again.type = "button";
    again.className = "quiz-again";
    again.textContent = "Start the quiz again";
    again.hidden = true;
    score.after(again);
    let first = {};
    let last = {};

    function count() {
      const answered = Object.keys(first).length;
      const right = Object.values(first).filter((choice) => choice === RIGHT).length;
      return { right, answered, of: questions.length, first, last };
    }

    function show() {
      const { right, answered, of } = count();
      score.textContent = answered ? `${right} of ${answered} right at the first try` : "";
      if (answered && answered < of) score.textContent += `, ${of - answered} to go`;
      if (answered) score.textContent += ".";
      again.hidden = answered === 0;
      if (state) state.textContent = answered ? ` · ${score.textContent}` : "";
    }

    for (const one of questions) {
      one.onAnswer((choice) => {
        first = { [one.id]: choice, ...first };
        last = { ...last, [one.id]: choice };
        show();
        window.CourseProgress?.set(key, count());
      });
    }

    again.addEventListener("click", () => {
      first = {};
      last = {};
      for (const one of questions) one.clear();
      show();
      window.CourseProgress?.set(key, count());
      quiz.querySelector("input").focus();
    });

    const kept = window.CourseProgress?.get(key);
    for (const one of questions) {
      const choice = kept?.last?.[one.id];
      if (choice === undefined || !one.restore(choice)) continue;
      first[one.id] = kept.first?.[one.id] ?? choice;
      last[one.id] = choice;
    }
    show();
    quiz.classList.add("quiz-live");
  }

  /* One question: `{id, onAnswer(tell), restore(choice), clear()}`. */
  function question(box) {
    const radios = [...box.querySelectorAll("input")];
    const check = box.querySelector(".quiz-check");
    const verdict = box.querySelector(".quiz-verdict");
    const key = box.querySelector(".quiz-key");
    const items = new Map([...key.querySelectorAll("li")].map((item) => [item.dataset.choice, item]));
    let tell = () => {};
    check.hidden = false;
    check.disabled = true;
    key.querySelector("summary").textContent = "The other choices, explained";

    /* An explanation is moved, never copied: a formula in it may not have been typeset yet. */
    function clearVerdict() {
      const why = verdict.querySelector(".quiz-why");
      if (why) items.get(verdict.dataset.choice).append(why);
      verdict.replaceChildren();
      box.classList.remove("quiz-is-right", "quiz-is-wrong");
      key.hidden = true;
      for (const item of items.values()) item.hidden = false;
    }

    function explain(choice) {
      clearVerdict();
      const right = choice === RIGHT;
      const word = document.createElement("strong");
      word.textContent = right ? "Right. " : "Not quite. ";
      verdict.dataset.choice = choice;
      verdict.append(word, items.get(choice).querySelector(".quiz-why"));
      box.classList.add(right ? "quiz-is-right" : "quiz-is-wrong");
      items.get(choice).hidden = true;
      key.hidden = !right;
      check.disabled = true;
    }

    function answer() {
      const chosen = radios.find((radio) => radio.checked);
      if (!chosen) return;
      explain(chosen.value);
      tell(chosen.value);
    }

    check.addEventListener("click", () => {
      answer();
      radios.find((radio) => radio.checked)?.focus(); // the button has just been switched off
    });
    for (const radio of radios) {
      radio.autocomplete = "off"; // on a reload browsers would restore choices, and later than we do
      radio.addEventListener("change", () => (check.disabled = false));
      radio.addEventListener("keydown", (event) => {
        if (event.key === "Enter") answer();
      });
    }
    clearVerdict();

    return {
      id: box.dataset.question,
      onAnswer: (listener) => (tell = listener),
      restore(choice) {
        const radio = radios.find((one) => one.value === choice);
        if (!radio) return false; // the quiz has changed since
        radio.checked = true;
        explain(choice);
        return true;
      },
      clear() {
        clearVerdict();
        for (const radio of radios) radio.checked = false;
        check.disabled = true;
      },
    };
  }

  for (const quiz of document.querySelectorAll(".quiz")) setUp(quiz);
})();
