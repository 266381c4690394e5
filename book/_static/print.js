/* What paper needs and CSS alone cannot do; put back after printing. Folds are opened for browsers whose
   style sheets cannot (print.css says which), the answers of a quiz move behind the chapter, and links
   get the short form of their address. */
"use strict";

(() => {
  const FIGURE = ".cell_output :is(img, canvas, .text_html svg)";
  let undo = [];

  /* Only code that drew a figure stays folded. */
  function openFolds(article) {
    for (const fold of article.querySelectorAll("details:not([open])")) {
      if (fold.matches(".hide") && fold.closest(".cell")?.querySelector(FIGURE)) continue;
      fold.open = true;
      undo.push(() => (fold.open = false));
    }
  }

  /* Each question's answers stand below it without this script. */
  function gatherAnswers(article) {
    for (const quiz of article.querySelectorAll(".quiz")) {
      const answers = document.createElement("div");
      answers.className = "quiz-answers";
      answers.append(paragraph("Answers to the quiz"));
      [...quiz.querySelectorAll(".quiz-key")].forEach((key, number) => {
        const place = document.createComment("");
        key.replaceWith(place);
        const block = document.createElement("div");
        block.append(paragraph(`Question ${number + 1}`), key);
        answers.append(block);
        undo.push(() => place.replaceWith(key));
      });
      article.append(answers);
      undo.push(() => answers.remove());
    }
  }

  function paragraph(text) {
    const made = document.createElement("p");
    made.textContent = text;
    return made;
  }

  /* "arXiv:1406.2661" for a paper, the bare address for a page, nothing where the words say it. */
  function shorten(article) {
    for (const link of article.querySelectorAll("a.external")) {
      const address = link.href
        .replace(/^https?:\/\/(www\.)?/, "")
        .replace(/^arxiv\.org\/abs\//, "arXiv:")
        .replace(/^doi\.org\//, "doi:")
        .replace(/\/$/, "");
      const told = link.textContent.includes(address.replace(/^\w+:/, ""));
      link.dataset.address = told ? "" : address;
      undo.push(() => delete link.dataset.address);
    }
  }

  function loadPictures() {
    for (const picture of document.querySelectorAll("article.bd-article img[loading='lazy']")) picture.loading = "eager";
  }

  function prepare() {
    if (undo.length) return;
    loadPictures();
    for (const article of document.querySelectorAll("article.bd-article")) {
      openFolds(article);
      gatherAnswers(article);
      shorten(article);
    }
  }

  function restore() {
    for (const step of undo.reverse()) step();
    undo = [];
  }

  /* Not every browser waits for pictures before it prints: they load once the menu with its button is opened. */
  const menu = document.querySelector(".dropdown-download-buttons");
  for (const kind of ["click", "focusin"]) menu?.addEventListener(kind, loadPictures, { once: true });

  window.addEventListener("beforeprint", prepare);
  window.addEventListener("afterprint", restore);
})();
