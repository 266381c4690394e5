/* What a reader has done, kept in their own browser (local storage) and sent nowhere.

   `CourseProgress.set("03/exercise/2", true)`; keys are `CHAPTER/exercise/NUMBER`, `CHAPTER/read`,
   `CHAPTER/quiz`, whose value is `{right, answered, of, ...}`, and `CHAPTER/answer/NUMBER`, what was answered
   in the page of an exercise, `{right, of, last}`. Where a browser gives no storage
   (_templates/layout.html), what is set lasts until the page is left, and `persistent` is false. */
"use strict";

window.CourseProgress = (() => {
  const PLACE = "gan-course-progress";
  const KEY = /^[\w-]+\/((exercise|answer)\/\d+|read|quiz)$/;
  const listeners = [];
  const store = window.localStorage;

  function isRecord(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  function isValid(key, value) {
    if (!KEY.test(key)) return false;
    const counts = key.endsWith("/quiz") ? ["right", "answered", "of"] : ["right", "of"];
    if (!/\/(quiz|answer\/\d+)$/.test(key)) return value === true;
    return isRecord(value) && counts.every((name) => Number.isInteger(value[name]));
  }

  /** Everything that is kept: an object of key and value. */
  function all() {
    try {
      const kept = JSON.parse(store.getItem(PLACE) ?? "{}");
      return Object.fromEntries(Object.entries(kept).filter(([key, value]) => isValid(key, value)));
    } catch {
      return {}; // not ours, or damaged: begin anew
    }
  }

  function keep(progress) {
    store.setItem(PLACE, JSON.stringify(progress));
    for (const listener of listeners) listener();
  }

  function get(key) {
    return all()[key];
  }

  /** Keep a value; `false`, `null` and `undefined` forget the key. */
  function set(key, value) {
    const { [key]: _, ...rest } = all();
    const forget = value === false || value === null || value === undefined;
    if (!forget && !isValid(key, value)) throw new TypeError(`no such progress: ${key}`);
    keep(forget ? rest : { ...rest, [key]: value });
  }

  function reset() {
    keep({});
  }

  /** The text of a file that `importText` reads. */
  function exportText() {
    return JSON.stringify({ course: "gan_course", version: 1, progress: all() }, null, 2);
  }

  /** Add what an exported file holds; return how many entries it held. Throws with a sentence. */
  function importText(text) {
    let progress;
    try {
      ({ progress } = JSON.parse(text));
    } catch {
      throw new Error("This is not a file that this course has exported.");
    }
    const entries = isRecord(progress) ? Object.entries(progress) : [];
    const known = entries.filter(([key, value]) => isValid(key, value));
    if (!known.length) throw new Error("This file holds no progress of this course.");
    keep({ ...all(), ...Object.fromEntries(known) });
    return known.length;
  }

  /** Call `listener()` after every change, also by another window of the book. */
  function onChange(listener) {
    listeners.push(listener);
  }

  window.addEventListener("storage", ({ key }) => {
    if (key === PLACE || key === null) for (const listener of listeners) listener();
  });

  const persistent = !store.passing;
  return { get, set, all, reset, export: exportText, import: importText, onChange, persistent };
})();
