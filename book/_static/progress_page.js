/* The controls of progress.js: a tick box at each exercise and at a chapter's end, a line of what is
   done under a chapter's header and on each card of the course map, and the keeper on the cover. Their
   places are made by tools/sphinx_ext/progress.py and course_map.py; without this script they stay empty. */
"use strict";

(() => {
  const progress = window.CourseProgress;

  function element(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  /** A box to tick: "Exercise 2 is done". */
  function tickBox(place) {
    const { key, label } = place.dataset;
    const box = element("input", { type: "checkbox", autocomplete: "off" });
    const show = () => {
      box.checked = progress.get(key) === true;
    };
    box.addEventListener("change", () => progress.set(key, box.checked));
    progress.onChange(show);
    show();
    place.append(element("label", {}, box, label));
  }

  /** What is done of a chapter, in words: "read, 2 of 6 exercises, quiz 8 of 10". */
  function summary(chapter, exercises) {
    const kept = progress.all();
    const done = Object.keys(kept).filter((key) => key.startsWith(`${chapter}/exercise/`)).length;
    const quiz = kept[`${chapter}/quiz`];
    const parts = [];
    if (kept[`${chapter}/read`]) parts.push("read");
    if (done) parts.push(`${done} of ${exercises} exercises`);
    if (quiz?.answered) parts.push(`quiz ${quiz.right} of ${quiz.of}`);
    return { text: parts.join(", "), share: share(kept[`${chapter}/read`], done / exercises, quiz) };
  }

  /** Reading, exercises and quiz count for a third each. */
  function share(read, exercises, quiz) {
    return ((read ? 1 : 0) + Math.min(1, exercises || 0) + (quiz ? quiz.answered / quiz.of : 0)) / 3;
  }

  function line(place) {
    const { chapter, exercises } = place.dataset;
    const bar = element("span", { class: "progress-bar-done" });
    const words = element("span");
    const show = () => {
      const { text, share } = summary(chapter, Number(exercises));
      words.textContent = text ? `Done: ${text}` : place.dataset.none ?? "";
      bar.style.width = `${Math.round(100 * share)}%`;
      place.classList.toggle("progress-none", share === 0);
    };
    progress.onChange(show);
    place.append(element("span", { class: "progress-bar-all", "aria-hidden": "true" }, bar), words);
    show();
  }

  function button(text, press) {
    const node = element("button", { type: "button", class: "course-button" }, text);
    node.addEventListener("click", press);
    return node;
  }

  function save() {
    const file = new Blob([progress.export()], { type: "application/json" });
    const link = element("a", { href: URL.createObjectURL(file), download: "gan-course-progress.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  /** On the cover: export, import, forget, and where it is kept. */
  function keeper(place) {
    const said = element("p", { role: "status" });
    const file = element("input", { type: "file", accept: "application/json,.json", hidden: "" });
    const tell = (text) => {
      said.textContent = text;
    };
    file.addEventListener("change", async () => {
      try {
        const entries = progress.import(await file.files[0].text());
        tell(`Loaded ${entries} ${entries === 1 ? "entry" : "entries"}.`);
      } catch (error) {
        tell(error.message);
      }
      file.value = "";
    });
    const forget = button("Forget my progress", () => {
      if (!window.confirm("Forget all that is kept of your progress in this browser?")) return;
      progress.reset();
      tell("Forgotten.");
    });
    const buttons = [button("Save to a file", save), button("Load a file", () => file.click()), forget];
    place.append(element("div", { class: "course-buttons" }, ...buttons), file, said);
    if (!progress.persistent) {
      tell("This browser keeps nothing for this site (a private window?): progress ends with the page.");
    }
  }

  const ROLES = { "progress-tick": tickBox, "progress-line": line, "progress-keeper": keeper };
  for (const [role, build] of Object.entries(ROLES)) {
    for (const place of document.querySelectorAll(`.${role}`)) build(place);
  }
})();
