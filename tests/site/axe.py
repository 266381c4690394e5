"""axe-core, the rules of accessible HTML, on a page of the book."""

from pathlib import Path

import axe_playwright_python

SCRIPT = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

# What stays as the theme writes it, each with its reason. Keep this list short.
ALLOWED: dict[str, str] = {}

# Folded answers are read, too. What a page holds by the thousand is thinned out first, or axe-core
# would take twenty seconds: the strokes of drawn formulas (each keeps its text), coloured words of
# code but one of each colour, entries of the package's page, all made alike, after the fortieth.
RUN = """async ([rules, within]) => {
  for (const box of document.querySelectorAll("details")) box.open = true;
  for (const drawing of document.querySelectorAll("mjx-container > svg")) drawing.replaceChildren();
  const seen = new Set();
  const words = [...document.querySelectorAll(":is(.highlight, .sig) span[class]")].reverse();
  for (const word of words) {
    if (seen.has(word.className) && !word.children.length) word.replaceWith(word.textContent);
    seen.add(word.className);
  }
  [...document.querySelectorAll("dl.py")].slice(40).forEach((entry) => entry.remove());
  const options = { resultTypes: ["violations"], preload: false };
  if (rules) options.runOnly = rules;
  const found = await axe.run(within || document, options);
  return found.violations.map(({ id, help, nodes }) => ({
    id, help, places: nodes.map((node) => `${node.target}: ${node.failureSummary}`),
  }));
}"""


def violations(page, rules: list[str] | None = None, within: str | None = None) -> list[str]:
    """Return what axe-core finds on a page beyond the allowed, by all its rules or by those named.

    `within` is a selector: only what it holds is looked at.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT)
    return [
        f"{found['id']} ({found['help']}): {found['places'][:5]}"
        for found in page.evaluate(RUN, [rules, within])
        if found["id"] not in ALLOWED
    ]
