/* Plays a deck: keys, steps, overview, notes with a clock, a second window for the speaker. */
"use strict";

(() => {
  const root = document.documentElement;
  const slides = [...document.querySelectorAll(".slide")];
  const wide = window.matchMedia("(min-width: 701px)");
  const began = Date.now();
  const partners = [];
  let at = 0;
  let come = false;

  const KEYS = [
    ["→ ↓ space", "go on: the answer, then the next slide"],
    ["← ↑", "go back"],
    ["Home, End", "first and last slide"],
    ["O", "overview"],
    ["S", "speaker's notes and the time since the start"],
    ["W", "a second window that goes along, to keep the notes to yourself"],
    ["D", "dark or light"],
    ["C", "high contrast"],
    ["F", "full screen"],
  ];

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /* What hangs out of a slide. (A formula's text for speech is laid out unseen, and does not count.) */
  function over(slide) {
    const { bottom, right } = slide.querySelector(".content").getBoundingClientRect();
    const parts = slide.querySelectorAll(".content :is(p, li, pre, table, img, figcaption, mjx-container > svg)");
    return [...parts].some((part) => {
      const box = part.getBoundingClientRect();
      return box.bottom > bottom + 1 || box.right > right + 1 || (part.tagName === "PRE" && part.scrollWidth > part.clientWidth + 1);
    });
  }

  /* Text that is too long for a slide is set smaller, down to three fifths. */
  function fit(slide) {
    let size = 1;
    slide.style.setProperty("--fit", size);
    while (over(slide) && size > 0.6) {
      size = Math.round((size - 0.04) * 100) / 100;
      slide.style.setProperty("--fit", size);
    }
    slide.dataset.fitted = size;
  }

  function later() {
    return slides[at].querySelector(".later");
  }

  function show(number, all = false, tell = true) {
    at = Math.max(0, Math.min(slides.length - 1, number));
    come = all || !later();
    slides.forEach((slide, index) => slide.classList.toggle("now", index === at));
    if (!slides[at].dataset.fitted && wide.matches && root.classList.contains("playing")) fit(slides[at]);
    later()?.classList.toggle("come", come);
    count.textContent = `${at + 1} / ${slides.length}`;
    history.replaceState(null, "", `#s${at + 1}`);
    if (tell) partners.forEach((partner) => partner.postMessage({ slide: at, come }, "*"));
    if (root.classList.contains("overview")) slides[at].scrollIntoView({ block: "nearest" });
  }

  function next() {
    if (!come) show(at, true);
    else if (at < slides.length - 1) show(at + 1);
  }

  function previous() {
    if (come && later() && !root.classList.contains("overview")) show(at);
    else if (at > 0) show(at - 1, true);
  }

  function overview() {
    root.classList.toggle("overview");
    root.classList.toggle("playing", !root.classList.contains("overview"));
    show(at, true);
  }

  function partner() {
    const opened = window.open(location.href);
    if (opened) partners.push(opened);
  }

  function dark() {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  }

  function contrast() {
    root.dataset.contrast = root.dataset.contrast === "high" ? "" : "high";
  }

  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else root.requestFullscreen?.();
  }

  const help = element("dialog", { class: "help", "aria-label": "Keys" });
  const list = element("table", {});
  for (const [key, does] of KEYS) {
    list.append(element("tr", {}, element("th", { scope: "row" }, key), element("td", {}, does)));
  }
  const close = element("button", { type: "button" }, "Close");
  close.addEventListener("click", () => help.close());
  help.append(list, close);

  const DOES = {
    ArrowRight: next, ArrowDown: next, PageDown: next, " ": next,
    ArrowLeft: previous, ArrowUp: previous, PageUp: previous,
    Home: () => show(0), End: () => show(slides.length - 1),
    o: overview, s: () => root.classList.toggle("noting"), w: partner, d: dark, c: contrast, f: fullScreen,
    "?": () => (help.open ? help.close() : help.showModal()),
  };

  document.addEventListener("keydown", (event) => {
    if (!wide.matches || event.ctrlKey || event.metaKey || event.altKey) return;
    if (help.open && event.key !== "?") return;
    if (event.key === " " && event.target.closest("button")) return;
    if (root.classList.contains("overview") && ["Enter", "Escape"].includes(event.key)) {
      overview();
      return;
    }
    const does = DOES[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });

  /* A tap on a slide goes on; in the overview it goes there. On a phone slides simply scroll. */
  document.querySelector("main").addEventListener("click", (event) => {
    const slide = event.target.closest(".slide");
    if (!slide || !wide.matches || event.target.closest("a, .notes, pre") || String(getSelection())) return;
    if (!root.classList.contains("overview")) next();
    else {
      at = slides.indexOf(slide);
      overview();
    }
  });

  window.addEventListener("message", (event) => {
    if (typeof event.data?.slide !== "number") return;
    if (!partners.includes(event.source)) partners.push(event.source);
    show(event.data.slide, event.data.come, false);
  });

  const bar = element("nav", { class: "bar", "aria-label": "Slides" });
  const count = element("output", { "aria-label": "Slide" });
  const clock = element("output", { "aria-label": "Time since the start" });
  for (const [label, name, does] of [
    ["‹", "Back", previous], ["›", "On", next], ["Overview", "", overview], ["Notes", "", DOES.s],
    ["Window", "Second window", partner], ["Light", "Dark or light", dark], ["?", "Keys", DOES["?"]],
  ]) {
    const button = element("button", { type: "button", ...(name && { "aria-label": name }) }, label);
    button.addEventListener("click", does);
    bar.append(button);
  }
  bar.append(count, clock);
  document.body.append(bar, help);

  function tick() {
    const seconds = Math.floor((Date.now() - began) / 1000);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
  tick();
  setInterval(tick, 1000);

  /* The theme of the site, else of the system. */
  let theme = null;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    /* a browser that keeps nothing */
  }
  const system = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = ["dark", "light"].includes(theme) ? theme : system;
  if (window.matchMedia("(prefers-contrast: more)").matches) contrast();

  root.classList.add("playing");
  show(Number(location.hash.slice(2) || 1) - 1);
  window.addEventListener("hashchange", () => show(Number(location.hash.slice(2) || 1) - 1));
  if (window.opener) window.opener.postMessage({ slide: at, come }, "*");

  /* On paper every slide is fitted, and shows all. */
  window.addEventListener("beforeprint", () => {
    root.classList.add("playing");
    root.classList.remove("overview", "noting");
    slides.forEach((slide) => slide.dataset.fitted || (slide.classList.add("now"), fit(slide)));
  });
  window.addEventListener("afterprint", () => show(at, true));
})();
