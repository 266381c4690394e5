"""A slider under pictures, which needs no kernel: it works on the rendered page too."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .live import png

__all__ = ["Scrubber", "scrub"]

# The slider finds its own pictures, so that no identifier is needed and outputs never change.
_SHOW = (
    "const s=this.closest('figure');"
    "s.querySelectorAll('img').forEach((f,i)=>f.hidden=i!=this.value);"
    "const t=s.querySelectorAll('img')[this.value].dataset.label;"
    "s.querySelector('output').textContent=t;this.setAttribute('aria-valuetext',t)"
)


@dataclass(frozen=True)
class Scrubber:
    """Pictures with a slider, as HTML; without JavaScript the last picture alone.

    Args:
        pictures: PNG files, as bytes.
        labels: what to write beside the slider, one per picture.
        alt: what a reader who does not see them should know.
    """

    pictures: tuple[bytes, ...]
    labels: tuple[str, ...]
    alt: str

    def __repr__(self) -> str:
        return f"{self.alt} ({self.labels[0]} to {self.labels[-1]})"

    def _repr_html_(self) -> str:
        last = len(self.pictures) - 1
        images = "".join(
            self._image(index, hidden=index < last) for index in range(len(self.pictures))
        )
        slider = (
            f'<input type="range" min="0" max="{last}" value="{last}" style="width:60%" '
            f'aria-label="{html.escape(self.alt)}" aria-valuetext="{html.escape(self.labels[last])}"'
            f' autocomplete="off" oninput="{html.escape(_SHOW)}">'
        )
        output = f"<output>{html.escape(self.labels[last])}</output>"
        return f'<figure style="margin:0">{images}<div>{slider} {output}</div></figure>'

    def _image(self, index: int, hidden: bool) -> str:
        label = html.escape(self.labels[index])
        source = base64.b64encode(self.pictures[index]).decode()
        return (
            f'<img src="data:image/png;base64,{source}" alt="{html.escape(self.alt)}: {label}" '
            f'data-label="{label}" style="max-width:100%"{" hidden" if hidden else ""}>'
        )


def scrub(
    draw: Callable[[Any], Any], frames: Sequence[Any], labels: Sequence[object], alt: str
) -> Scrubber:
    """Draw one picture per frame and put a slider under them.

    Works in JupyterLab, in Colab and on the rendered page, by mouse and by arrow keys.

    Args:
        draw: `draw(frame)` makes one matplotlib figure and returns it or axes of it; keep the
            same size and limits for all frames, or the picture will jump.
        frames: what to draw, for example samples of several steps; about ten are enough.
        labels: one per frame, for example `"step 500"`.
        alt: what a reader who does not see the pictures should know.

    Returns:
        An object that a notebook shows.

    Raises:
        ValueError: if there are no frames, or not one label per frame.
    """
    if not len(frames) or len(frames) != len(labels):
        raise ValueError(
            f"scrub needs one label per frame, got {len(frames)} frames and {len(labels)} labels."
        )
    pictures = tuple(png(draw(frame)) for frame in frames)
    return Scrubber(pictures, tuple(map(str, labels)), alt)
