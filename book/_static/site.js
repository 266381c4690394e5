/* Two small things that every page needs. */
"use strict";

/* Paper is white: a page is printed in its light colours, whatever the screen shows. */
{
  const root = document.documentElement;
  let onScreen = null;
  window.matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches && onScreen === null) {
      onScreen = root.dataset.theme;
      root.dataset.theme = "light";
    } else if (!matches && onScreen !== null) {
      root.dataset.theme = onScreen;
      onScreen = null;
    }
  });
}

/* A formula that is wider than its screen scrolls sideways: then, and only then, the keyboard reaches it. */
for (const event of ["load", "resize"]) {
  window.addEventListener(event, () => {
    for (const box of document.querySelectorAll("div.math")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
}
