/* What may stay closed until a reader wants it: exercises and the quiz. The page comes with all of it open,
   for paper and for readers without scripts; this script closes it, and opens what a link leads into.
   Finding in the page opens a `details` by itself. */
"use strict";

(() => {
  const folds = [...document.querySelectorAll("details[data-fold]")];

  /** Open all that is folded around what the address points to, and go there. */
  function openTarget() {
    const name = decodeURIComponent(location.hash.slice(1));
    const target = name && document.getElementById(name);
    if (!target) return;
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    const card = target.closest(".exercise-card");
    if (card && !target.closest("details")) card.querySelector("details").open = true;
    target.scrollIntoView({ behavior: "instant" });
  }

  for (const fold of folds) fold.open = false;
  openTarget();
  window.addEventListener("load", openTarget); // by then other scripts have filled their boxes
  window.addEventListener("hashchange", openTarget);
})();
