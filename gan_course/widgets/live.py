"""A picture that follows its controls in a live kernel: the core of the book's widgets."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ipywidgets import VBox, Widget

__all__ = ["image", "panel", "png"]


def png(drawn: Any) -> bytes:
    """Turn what was drawn into the bytes of a PNG file, and close its figure.

    Args:
        drawn: a matplotlib figure, or axes of one.

    Returns:
        The file; the same bytes for the same drawing.
    """
    import matplotlib.pyplot as plt

    figure = getattr(drawn, "figure", drawn)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def image(drawn: Any, alt: str) -> str:
    """Turn what was drawn into HTML that needs no other file, for `ipywidgets.HTML(value=...)`.

    Args:
        drawn: a matplotlib figure, or axes of one; it is closed.
        alt: what a reader who does not see it should know.

    Returns:
        One `<img>` element.
    """
    source = base64.b64encode(png(drawn)).decode()
    return f'<img src="data:image/png;base64,{source}" alt="{html.escape(alt)}">'


def panel(draw: Callable[..., Any], controls: Sequence[Widget], alt: str) -> VBox:
    """Put controls over a picture that is drawn again whenever one of them changes.

    Works with ipywidgets 7 and 8, in JupyterLab and in Colab.

    Args:
        draw: `draw(*values)` makes one matplotlib figure of the controls' values, in their order,
            and returns it or axes of it.
        controls: widgets with a `value`, such as `ipywidgets.FloatSlider`.
        alt: what a reader who does not see the picture should know.

    Returns:
        A box to show: its last child is the picture, an `ipywidgets.HTML`.
    """
    import ipywidgets

    picture = ipywidgets.HTML()

    def update(_: object = None) -> None:
        picture.value = image(draw(*[control.value for control in controls]), alt)

    update()
    for control in controls:
        control.observe(update, names="value")
    return ipywidgets.VBox([*controls, picture])
