/* Cards: what a link leads to, beside the link. A mouse that rests on a link, or the keyboard's focus, shows
   the card; on a touch screen a first tap shows it, with a way to go on. It stays while the pointer is on
   the link or on the card, and Escape closes it (WCAG 1.4.13). What the cards hold is loaded when the
   first one is wanted (tools/sphinx_ext/cards.py). */
"use strict";

(() => {
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href);
  const GAP = 8; // pixels between link, card and the edges of the window
  const REST = 200; // milliseconds that a mouse rests before a card opens, or is away before it closes
  const SMALLEST = 0.7; // of a formula's size
  const LINK = "a[data-card]";
  const home = document.querySelector("main") ?? document.body; // speech output passes over what is outside
  let loading = null;
  let card = null;
  let open = null; // the link whose card is shown
  let timer = 0;
  let byTouch = false;

  function load() {
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = new URL("cards_index.js", root).href;
      script.onload = () => done(window.COURSE_CARDS);
      script.onerror = () => {
        loading = null;
        failed(new Error("the cards did not load"));
      };
      document.head.append(script);
    });
    return loading;
  }

  function made(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /** The signs of which the cards' formulas are made, as far as the page has not got them. */
  function addGlyphs() {
    if (!window.COURSE_CARD_GLYPHS) return;
    const sheet = made("div", { hidden: "" });
    sheet.innerHTML = window.COURSE_CARD_GLYPHS;
    for (const glyph of sheet.querySelectorAll("path")) {
      if (document.getElementById(glyph.id)) glyph.remove();
    }
    const drawing = sheet.querySelector("svg");
    if (drawing) document.body.append(drawing);
    window.COURSE_CARD_GLYPHS = "";
  }

  function filled({ called, in: place, html, listed }, link, { pointer, tapped }) {
    const text = made("div", { class: "card-text" });
    text.innerHTML = html;
    for (const picture of text.querySelectorAll("img[data-src]")) {
      picture.src = new URL(picture.dataset.src, root).href;
    }
    const head = made("p", { class: "card-head" }, made("strong", {}, called));
    if (place) head.append(made("span", {}, place));
    const parts = [head, text];
    const ways = [];
    if (tapped) {
      const abroad = new URL(link.href).host !== location.host && link.protocol !== "file:";
      ways.push(made("a", { href: link.href, class: "card-go" }, abroad ? "Go to the paper" : "Go there"));
    }
    if (listed && (tapped || pointer)) ways.push(made("a", { href: new URL(listed, root).href }, "In the references"));
    if (ways.length) parts.push(made("p", { class: "card-ways" }, ...ways));
    return parts;
  }

  /** Formulas that are too wide are set smaller, down to what can be read; then they scroll. */
  function fitFormulas() {
    for (const formula of card.querySelectorAll(".math")) {
      formula.style.fontSize = "";
      const share = formula.clientWidth / formula.scrollWidth;
      if (share < 1) formula.style.fontSize = `${Math.max(share * 0.98, SMALLEST)}em`;
    }
  }

  function place(link, pointer) {
    const lines = [...link.getClientRects()];
    const near = pointer && lines.find(({ top, bottom }) => top <= pointer.y && pointer.y <= bottom);
    const line = near ?? lines[0];
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    card.style.maxHeight = "";
    const [wide, high] = [card.offsetWidth, card.offsetHeight];
    const [above, below] = [line.top - 2 * GAP, height - line.bottom - 2 * GAP];
    const under = high <= below || below >= above;
    const space = Math.max(under ? below : above, 96);
    const tall = Math.min(high, space);
    card.style.maxHeight = `${space}px`;
    const left = Math.max(GAP, Math.min(line.left, width - wide - GAP));
    const top = under ? line.bottom + GAP : line.top - GAP - tall;
    const base = card.offsetParent.getBoundingClientRect();
    card.style.left = `${left - base.left}px`;
    card.style.top = `${top - base.top}px`;
    if (card.scrollHeight > card.clientHeight + 1) card.tabIndex = 0;
    else card.removeAttribute("tabindex");
  }

  async function show(link, { pointer = null, tapped = false } = {}) {
    clearTimeout(timer);
    let cards;
    open?.removeAttribute("aria-describedby");
    open = link;
    try {
      cards = await load();
    } catch {
      if (tapped && open === link) link.click(); // the second click is followed
      return;
    }
    if (open !== link || !cards[link.dataset.card]) return;
    addGlyphs();
    card ??= home.appendChild(made("div", { id: "course-card", class: "course-card-box" }));
    card.setAttribute("role", tapped ? "dialog" : pointer ? "note" : "tooltip");
    if (tapped) card.setAttribute("aria-label", cards[link.dataset.card].called);
    else card.removeAttribute("aria-label");
    card.replaceChildren(...filled(cards[link.dataset.card], link, { pointer, tapped }));
    card.hidden = false;
    card.scrollTop = 0;
    fitFormulas();
    place(link, pointer);
    if (tapped) card.querySelector(".card-go").focus({ preventScroll: true });
    else link.setAttribute("aria-describedby", card.id);
  }

  function hide({ back = false } = {}) {
    clearTimeout(timer);
    if (!open) return;
    const link = open;
    open = null;
    link.removeAttribute("aria-describedby");
    if (!card || card.hidden) return;
    const inside = card.contains(document.activeElement);
    card.hidden = true;
    if (back && inside) link.focus({ preventScroll: true });
  }

  function later(action) {
    clearTimeout(timer);
    timer = setTimeout(action, REST);
  }

  const linkAt = (target) => (target instanceof Element ? target.closest(LINK) : null);
  const isInCard = (target) => card !== null && target instanceof Node && card.contains(target);

  document.addEventListener("pointerdown", ({ pointerType, target }) => {
    byTouch = pointerType === "touch";
    if (open && !isInCard(target) && linkAt(target) !== open) hide();
  });

  document.addEventListener("pointerover", ({ pointerType, target, clientX: x, clientY: y }) => {
    if (pointerType === "touch") return;
    const link = linkAt(target);
    if (link) {
      if (link === open) clearTimeout(timer);
      else later(() => show(link, { pointer: { x, y } }));
      void load().catch(() => {});
    } else if (isInCard(target)) clearTimeout(timer);
    else if (open && open !== document.activeElement) later(() => hide());
    else if (!open) clearTimeout(timer);
  });

  document.addEventListener("focusin", ({ target }) => {
    const link = linkAt(target);
    if (link && link.matches(":focus-visible") && !byTouch) void show(link);
    else if (open && target !== open && !isInCard(target)) hide();
  });

  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    const stays = isInCard(relatedTarget) || card?.matches(":hover") || open?.matches(":hover");
    if ((target === open || isInCard(target)) && relatedTarget !== open && !stays) hide();
  });

  document.addEventListener("click", (event) => {
    const link = linkAt(event.target);
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (link && byTouch && plain && open !== link) {
      event.preventDefault();
      void show(link, { tapped: true });
    } else if (link || (isInCard(event.target) && event.target.closest("a"))) hide();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !open) return;
    hide({ back: true });
    event.stopPropagation();
  });

  window.addEventListener("resize", () => hide());
})();
