"""Record the playground of chapter 3 while it trains, for the README: `book/_static/playground.webp`.

    make book
    python tools/make_moving_picture.py

A maintainers' tool; it needs a chromium on the machine, and the built book. It presses Play in the page,
first slowly, then at full speed, photographs the plane and what stands beside it, and joins the pictures.
The run is the page's own; how many steps lie between two pictures depends on the machine.
"""

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

from look import SITE, find_browser
from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "book" / "_static" / "playground.webp"
LARGEST = 600_000  # bytes
SLOW, END = 130, 1500  # steps: until SLOW, 20 of them a second
FRAMES, LAST = 34, 3000  # pictures, and how many milliseconds the last one stands
EACH = 140  # milliseconds for every other
BOX = ".demo-playground"
STEP = f"document.querySelector('{BOX} .playground-numbers').textContent.match(/step ([\\d,]+)/)[1]"

# A page with nothing but the box is photographed ten times as fast.
ALONE = f"""() => {{
  for (let node = document.querySelector('{BOX}'); node !== document.body; node = node.parentElement)
    for (const other of node.parentElement.children) if (other !== node) other.style.display = "none";
}}"""


def region(page: Page) -> dict[str, float]:
    """Return the part of the page that is photographed: the buttons, the plane, what is beside it."""
    parts = [page.locator(f"{BOX} {name}") for name in (".playground-buttons", ".playground-top")]
    boxes = [part.first.bounding_box() for part in parts]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    return {"x": left - 6, "y": top - 6, "width": right - left + 12, "height": bottom - top + 12}


def photographs(page: Page) -> Iterator[tuple[int, Image.Image]]:
    """Yield pictures of a run with the step at which each was taken, from the first to the last."""
    page.evaluate(ALONE)
    speed = page.get_by_label("Speed", exact=True)
    speed.select_option("20")
    clip = region(page)
    page.get_by_role("button", name="Play training").click()
    page.mouse.move(0, 0)
    step = 0
    while step < END:
        if step >= SLOW:
            speed.select_option("fast")
        picture = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
        step = int(page.evaluate(STEP).replace(",", ""))
        yield step, picture


def thinned(taken: list[tuple[int, Image.Image]], count: int = FRAMES) -> list[Image.Image]:
    """Return `count` of the pictures: two thirds from the slow beginning, the last one among them."""
    slow = [picture for step, picture in taken if step < SLOW]
    fast = [picture for step, picture in taken if step >= SLOW]
    return spread(slow, 2 * count // 3) + spread(fast, count - 2 * count // 3)


def spread(pictures: list[Image.Image], count: int) -> list[Image.Image]:
    """Return `count` of them, or all if there are fewer, evenly and with both ends."""
    if len(pictures) <= count:
        return pictures
    return [pictures[round(i * (len(pictures) - 1) / (count - 1))] for i in range(count)]


def write(frames: list[Image.Image], path: Path) -> None:
    """Write a moving picture that never ends, as good as fits into LARGEST bytes."""
    durations = [EACH] * (len(frames) - 1) + [LAST]
    for quality in range(80, 20, -10):
        frames[0].save(
            path,
            save_all=True,
            append_images=frames[1:],
            duration=durations,
            loop=0,
            quality=quality,
            method=4,
        )
        if path.stat().st_size <= LARGEST:
            return
    raise SystemExit(f"{path.name} is too large: {path.stat().st_size} bytes.")


def main() -> None:
    """Record and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=TARGET)
    out = parser.parse_args().out
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
        context.add_init_script("localStorage.setItem('theme', 'light')")
        page = context.new_page()
        page.goto((SITE / "book" / "03_vanilla_gan.html").as_uri())
        taken = list(photographs(page))
        browser.close()
    frames = thinned(taken)
    write(frames, out)
    size = out.stat().st_size / 1000
    print(
        f"{out.name}: {len(frames)} of {len(taken)} pictures, {size:.0f} kB, to step {taken[-1][0]}"
    )


if __name__ == "__main__":
    main()
