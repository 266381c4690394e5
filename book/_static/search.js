/* The search: suggestions in the box that Ctrl+K opens, the page of results, and the marks where a result
   leads to. Engine and index are loaded when a reader begins to search; from a file, too, for they are
   scripts (tools/sphinx_ext/section_search.py). */
"use strict";

window.CourseSearch = (() => {
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const PARTS = ["_static/vendor/minisearch.js", "_static/search_engine.js", "search_index.js"];
  const SUGGESTED = 8;
  let engine = null;

  function script(path) {
    return new Promise((done, failed) => {
      const element = document.createElement("script");
      element.src = new URL(path, root).href;
      element.onload = done;
      element.onerror = () => failed(new Error(`${path} did not load`));
      document.head.append(element);
    });
  }

  /** The engine, loaded once; after a failure the next call tries again. */
  function load() {
    engine ??= Promise.all(PARTS.map(script)).then(
      () => window.CourseSearchEngine(window.MiniSearch, window.COURSE_INDEX),
      (error) => {
        engine = null;
        throw error;
      }
    );
    return engine;
  }

  function made(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function withMarks(pieces) {
    return pieces.map(([text, sought]) => (sought ? made("mark", {}, text) : text));
  }

  /** A section's address, with the words that are to be marked there. */
  function address({ url, terms }) {
    const target = new URL(url, root);
    target.searchParams.set("highlight", terms.join(" "));
    return target.href;
  }

  /* The box of suggestions: a combobox, as the ARIA practices describe it. */
  function suggest(form) {
    const input = form.querySelector("input");
    const list = made("div", { id: "course-suggestions", role: "listbox", "aria-label": "Suggestions" });
    const status = made("p", { class: "course-search-status", role: "status" });
    list.hidden = true;
    form.after(list, status);
    input.type = "text"; // a field of type "search" may be no combobox
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false",
      "aria-controls": list.id, enterkeyhint: "search",
    })) input.setAttribute(name, value);
    let chosen = -1;
    let asked = 0;

    function choose(number) {
      const options = [...list.children];
      chosen = options.length ? (number + options.length + 1) % (options.length + 1) : -1;
      if (chosen === options.length) chosen = -1; // back in the field
      options.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
      if (chosen < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", options[chosen].id);
      options[chosen]?.scrollIntoView({ block: "nearest" });
    }

    function show(found) {
      const all = found.pages.flatMap((page) => page.sections.slice(0, 3));
      const options = all.slice(0, SUGGESTED).map((section, at) =>
        made(
          "a",
          {
            role: "option", id: `course-suggestion-${at}`, "aria-selected": "false",
            href: address(section), tabindex: "-1",
          },
          made("span", { class: "course-suggestion-title" }, ...withMarks(section.titleParts)),
          made("span", { class: "course-suggestion-page" }, section.title === section.page ? "" : section.page)
        )
      );
      list.replaceChildren(...options);
      list.hidden = !options.length;
      input.setAttribute("aria-expanded", String(options.length > 0));
      chosen = -1;
      input.removeAttribute("aria-activedescendant");
    }

    async function update() {
      const number = (asked += 1);
      const words = input.value.trim();
      try {
        const found = words ? (await load()).find(words) : { pages: [], count: 0 };
        if (number !== asked) return; // the reader has typed on
        show(found);
        status.textContent = words ? said(found, words) : "";
      } catch {
        status.textContent = "The search did not load. Try again, or press Enter.";
      }
    }

    input.addEventListener("focus", () => void load().catch(() => {}), { once: true });
    input.addEventListener("input", update);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) return;
        event.preventDefault();
        const last = list.children.length;
        const from = chosen < 0 ? last : chosen;
        choose(event.key === "ArrowDown" ? (from + 1) % (last + 1) : (from + last) % (last + 1));
      } else if (event.key === "Enter" && chosen >= 0) {
        event.preventDefault();
        list.children[chosen].click();
      }
    });
    list.addEventListener("click", () => form.closest("dialog")?.close());
  }

  function said({ count, pages }, words) {
    if (!count) return `Nothing was found for “${words}”.`;
    const [sections, many] = [count === 1 ? "1 place" : `${count} places`, pages.length];
    return `${sections} on ${many === 1 ? "1 page" : `${many} pages`} for “${words}”.`;
  }

  /* The page of results. */
  function results(page) {
    const input = page.querySelector("input");
    const status = page.querySelector(".course-search-status");
    const list = page.querySelector("#search-results");
    let asked = 0;
    let pause = 0;

    function item(section, title) {
      const heading = section.title === title ? ["At its beginning"] : withMarks(section.titleParts);
      const over = section.over ? [made("span", { class: "course-result-over" }, section.over)] : [];
      return made(
        "li",
        {},
        made("a", { href: address(section) }, ...heading),
        ...over,
        made("p", {}, ...withMarks(section.excerpt))
      );
    }

    function group({ title, url, sections }) {
      const [first, rest] = [sections.slice(0, 5), sections.slice(5)];
      const parts = [
        made("h2", {}, made("a", { href: new URL(url, root).href }, title)),
        made("ul", {}, ...first.map((section) => item(section, title))),
      ];
      if (rest.length) {
        const more = made("ul", {}, ...rest.map((section) => item(section, title)));
        parts.push(made("details", {}, made("summary", {}, `${rest.length} more on this page`), more));
      }
      return made("section", { class: "course-result" }, ...parts);
    }

    async function update() {
      const number = (asked += 1);
      const words = input.value.trim();
      const here = new URL(location.href);
      if (words) here.searchParams.set("q", words);
      else here.searchParams.delete("q");
      history.replaceState(null, "", here);
      if (!words) {
        list.replaceChildren();
        status.textContent = "";
        return;
      }
      status.textContent ||= "Searching …";
      try {
        const found = (await load()).find(words);
        if (number !== asked) return;
        list.replaceChildren(...found.pages.map(group));
        status.textContent = said(found, words);
        if (!found.count) list.replaceChildren(hint());
      } catch {
        status.textContent = "The search did not load. Reload the page to try again.";
      }
    }

    function hint() {
      const link = (path, text) => made("a", { href: new URL(path, root).href }, text);
      return made(
        "p", {}, "Try a shorter word, or look into the ", link("book/glossary.html", "glossary"),
        ", ", link("book/indices.html", "where to find it"), " or the ", link("genindex.html", "index of names"), "."
      );
    }

    input.value = new URLSearchParams(location.search).get("q") ?? "";
    input.addEventListener("input", () => {
      clearTimeout(pause);
      pause = setTimeout(update, 150);
    });
    page.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(pause);
      void update();
    });
    input.focus();
    if (input.value) void update();
  }

  /* Where a result leads to: the words that were sought are marked in that section, until Escape is
     pressed or the page is left. The marks are drawn by the browser; the page stays as it is. */
  function mark() {
    const here = new URL(location.href);
    const sought = here.searchParams.get("highlight");
    if (sought === null) return;
    here.searchParams.delete("highlight");
    history.replaceState(history.state, "", here);
    if (!window.Highlight || !CSS.highlights) return;
    const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const place = target?.closest("section, dl, .proof, .citation, p, li, dd, dt") ?? document.querySelector("article");
    const words = sought.split(" ").filter(Boolean);
    const walker = document.createTreeWalker(place ?? document.body, NodeFilter.SHOW_TEXT);
    const ranges = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.parentElement.closest("script, style, svg, .headerlink, mjx-container")) continue;
      for (const match of node.data.matchAll(/[\p{L}\p{N}_]+/gu)) {
        const word = match[0].normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
        if (!words.some((one) => (one.length > 2 ? word.startsWith(one) || (word.includes(one) && /\p{Script=Han}/u.test(one)) : word === one))) continue;
        const range = document.createRange();
        range.setStart(node, match.index);
        range.setEnd(node, match.index + match[0].length);
        ranges.push(range);
      }
    }
    CSS.highlights.set("sought", new Highlight(...ranges));
    document.addEventListener("keydown", function clear({ key }) {
      if (key !== "Escape") return;
      CSS.highlights.delete("sought");
      document.removeEventListener("keydown", clear);
    });
  }

  const dialog = document.querySelector("#pst-search-dialog form");
  const page = document.querySelector(".course-search");
  if (dialog) suggest(dialog);
  if (page) results(page);
  mark();
  return { load };
})();
