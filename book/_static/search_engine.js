/* What the search finds, and in which order. Loaded with MiniSearch and the index of the book's sections
   (tools/sphinx_ext/section_search.py) when a reader begins to search; it touches no page, so that node
   can run it, too.

   `CourseSearchEngine(MiniSearch, index)` gives `find(words)`: pages, best first, each with its sections. */
"use strict";

(() => {
  const CHINESE = /\p{Script=Han}+/gu;
  const WORD = /[\p{L}\p{N}_]+/gu;
  /* Words of questions, which say nothing of what is asked for. */
  const PLAIN = new Set(
    "a an and are as at be by can do does for from how i in is it my of on or the to what when where which why with".split(" ")
  );
  /* What learners type, beside what the glossary says is the same. */
  const SAME = [
    ["install", "installing", "installation", "setup", "set up"],
    ["batchnorm", "batch norm", "batch normalisation"],
    ["spectral norm", "specnorm", "spectral normalisation"],
    ["acgan", "ac-gan", "auxiliary classifier"],
    ["wgan-gp", "gradient penalty"],
    ["deconv", "deconvolution", "transposed convolution"],
    ["homework", "exercises"],
    ["api", "documentation", "the package"],
  ];
  /* How much each kind of page weighs: what explains before what lists, answers last. */
  const WEIGHT = { chapter: 1, page: 0.65, glossary: 0.35, api: 0.35, references: 0.45, solution: 0.35 };
  const SHOWN_WORDS = 34;

  function plain(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  }

  /** The words of a text; a name such as gradient_penalty is a word and its parts are, too. */
  function tokens(text) {
    const found = [];
    for (const [word] of text.matchAll(WORD)) {
      const han = word.match(CHINESE);
      if (han) {
        for (const run of han) {
          for (let at = 0; at < run.length - 1; at += 1) found.push(run.slice(at, at + 2));
          if (run.length === 1) found.push(run);
        }
        found.push(...word.split(CHINESE).filter(Boolean));
        continue;
      }
      const parts = word.split("_").filter(Boolean);
      if (parts.length > 1) found.push(word);
      found.push(...parts);
    }
    return found;
  }

  function compared(text) {
    return plain(text)
      .replace(/[^\p{L}\p{N}_.·]+/gu, " ")
      .replace(/ ·/g, " · ")
      .replace(/\s+/g, " ")
      .replace(/[. ]+(?= |$)/g, "")
      .trim();
  }

  /** The words of a text in the index: AC-GAN is acgan, too. */
  function indexed(text) {
    const joined = [...text.matchAll(/[\p{L}\p{N}]+(?:-[\p{L}\p{N}]+)+/gu)];
    return [...tokens(text), ...joined.map(([word]) => word.replace(/-/g, ""))];
  }

  /** A word as the index has it: small letters, no accents, American spelling as British, no plural. */
  function term(word) {
    return plain(word)
      .replace(/iz(e|es|ed|er|ers|ing|ation|ations)$/, "is$1")
      .replace(/([^s])s$/, (whole, before) => (word.length > 3 && !/[iu]/.test(before) ? before : whole));
  }

  async function Engine(MiniSearch, { pages, entries, same }) {
    const list = entries.map(([page, anchor, title, over, text, names, kind], id) => ({
      id, page, anchor, title, over, text, names, kind, about: anchor ? pages[page][1] : "",
    }));
    const mini = new MiniSearch({
      fields: ["title", "over", "about", "text", "names"],
      tokenize: indexed,
      processTerm: term,
      autoVacuum: false,
    });
    await mini.addAllAsync(list, { chunkSize: 50 }); // the page stays alive meanwhile
    const groups = [...SAME, ...same].map((group) => group.map(compared));

    const options = {
      tokenize: tokens,
      boost: { title: 4, over: 1, about: 1, text: 1, names: 0.4 },
      prefix: (word, at, all) => word.length > (at === all.length - 1 ? 1 : 4), // the last is being typed
      fuzzy: (word) => (word.length > 4 ? 0.2 : false),
      weights: { prefix: 0.3, fuzzy: 0.25 },
      boostDocument: (id) => weightOf(list[id]),
    };

    function weightOf(entry) {
      const kind = pages[entry.page][2];
      if (kind === "api" && !entry.anchor) return 1; // the page itself, not one of its many names
      return (WEIGHT[kind] ?? 1) * (entry.title.startsWith("Exercise ") ? 0.5 : 1);
    }

    /** The words that count, and what is the same by other words. */
    function asked(words) {
      const known = plain(words).trim().replace(/\s+/g, " ");
      const counted = known.split(" ").filter((word) => !PLAIN.has(word));
      const query = counted.length ? counted.join(" ") : known;
      const same = groups.filter((group) => group.includes(compared(query))).flat();
      return [query, ...new Set(same.filter((other) => other !== compared(query)))];
    }

    /** All words together; if nothing has them all, any of them. */
    function hits(query) {
      const all = mini.search(query, { ...options, combineWith: "AND" });
      return all.length ? all : mini.search(query, { ...options, combineWith: "OR" });
    }

    /** How much better an entry is for having the words as they were typed, side by side.

        The name of a function counts in full when it was typed as one: "gradient_penalty". */
    function phrase({ kind, title, text }, query) {
      const sought = compared(query);
      const called = compared(title);
      const names = [called, ...called.split(" · "), called.split(".").pop()];
      const most = kind === "section" || /[_.]/.test(sought) ? 3 : 1.3;
      if (names.includes(sought)) return most;
      if (` ${called} `.includes(` ${sought} `)) return Math.min(2, most);
      const times = ` ${compared(text)} `.split(` ${sought} `).length - 1;
      return 1 + Math.min(times, 4) * 0.5;
    }

    /** Entries, best first: `{entry, score, terms}`. */
    function ranked(words) {
      const best = new Map();
      for (const [at, query] of asked(words).entries()) {
        for (const hit of hits(query)) {
          const entry = list[hit.id];
          const score = hit.score * phrase(entry, query) * (at ? 0.8 : 1);
          const before = best.get(hit.id);
          const terms = new Set([...(before?.terms ?? []), ...hit.terms]);
          best.set(hit.id, { entry, score: Math.max(score, before?.score ?? 0), terms });
        }
      }
      return [...best.values()].sort((a, b) => b.score - a.score);
    }

    /** Pages, best first, each with its sections, best first. A page that says much of it gains by it. */
    function find(words, most = 40) {
      if (!plain(words).trim()) return { pages: [], count: 0 };
      const all = ranked(words);
      const floor = (all[0]?.score ?? 0) * 0.02;
      const good = all.filter(({ score }) => score >= floor).slice(0, most);
      const byPage = new Map();
      for (const hit of good) {
        if (!byPage.has(hit.entry.page)) byPage.set(hit.entry.page, []);
        byPage.get(hit.entry.page).push(hit);
      }
      const found = [...byPage].map(([number, sections]) => {
        const [first, ...others] = sections.map(({ score }) => score);
        const more = pages[number][2] === "chapter" ? others.slice(0, 6) : [];
        const [url, title, kind] = pages[number];
        return {
          url, title, kind, sections: explaining(sections, words).map(shown),
          score: first + more.reduce((sum, score) => sum + 0.25 * score, 0),
        };
      });
      found.sort((a, b) => b.score - a.score);
      return { pages: found, count: good.length };
    }

    /** What explains a word comes before the page's exercises in it, unless these were asked for. */
    function explaining(sections, words) {
      if (/exercise|homework/i.test(words)) return sections;
      const isExercise = ({ entry }) => entry.title.startsWith("Exercise ");
      return [...sections.filter((hit) => !isExercise(hit)), ...sections.filter(isExercise)];
    }

    function shown({ entry, terms }) {
      const [url] = pages[entry.page];
      return {
        url: entry.anchor ? `${url}#${encodeURIComponent(entry.anchor)}` : url,
        title: entry.title,
        over: entry.over,
        page: pages[entry.page][1],
        titleParts: marked(entry.title, terms),
        excerpt: excerpt(entry.text, terms),
        terms: [...terms],
      };
    }

    return { find };
  }

  /** A text in pieces: [words, whether they were sought]. */
  function marked(text, terms) {
    const pieces = [];
    let end = 0;
    for (const match of text.matchAll(WORD)) {
      if (!tokens(match[0]).some((word) => terms.has(term(word)))) continue;
      pieces.push([text.slice(end, match.index), false], [match[0], true]);
      end = match.index + match[0].length;
    }
    return [...pieces, [text.slice(end), false]].filter(([piece]) => piece);
  }

  /** The stretch of a text that holds most of the words sought, with these marked. */
  function excerpt(text, terms) {
    const words = text.split(/\s+/);
    const sought = words.map((word) => tokens(word).map(term).filter((one) => terms.has(one)));
    let best = 0;
    let most = -1;
    for (let from = 0; from === 0 || from + SHOWN_WORDS / 2 < words.length; from += 4) {
      const inside = sought.slice(from, from + SHOWN_WORDS).flat();
      const value = new Set(inside).size * 10 + Math.min(inside.length, 9);
      if (value > most) [best, most] = [from, value];
    }
    const end = Math.min(best + SHOWN_WORDS, words.length);
    const piece = words.slice(best, end).join(" ");
    return marked(`${best ? "… " : ""}${piece}${end < words.length ? " …" : ""}`, terms);
  }

  globalThis.CourseSearchEngine = Engine;
})();
