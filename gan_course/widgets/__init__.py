"""Things to move: sliders under pictures, and the book's demos in a live kernel.

`scrub` needs no kernel and works on the rendered page too. The others are ipywidgets, of version 7
(Colab) or 8, for JupyterLab and Colab; on the rendered page their place is taken by the demos there.
"""

from .guess import Verdict, guess, verdict
from .live import panel
from .sampler import main_directions, sampler
from .scrub import Scrubber, scrub

__all__ = [
    "Scrubber",
    "Verdict",
    "guess",
    "main_directions",
    "panel",
    "sampler",
    "scrub",
    "verdict",
]
