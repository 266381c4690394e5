"""Things to move: sliders under pictures, and the book's demos in a live kernel.

`scrub` needs no kernel and works on the rendered page too. The others are ipywidgets, of version 7
(Colab) or 8, for JupyterLab and Colab; on the rendered page their place is taken by the demos there.
"""

from .contest import Contest
from .dirac import DiracGame, dirac
from .divergences import divergences
from .f_divergences import f_divergences
from .field import FieldGame, field
from .guess import Verdict, guess, verdict
from .live import panel
from .mixer import mixed_styles, mixer
from .playground import playground
from .sampler import main_directions, sampler
from .scrub import Scrubber, scrub
from .sketch import lines_of, sketch, text_of
from .torture import TortureTest, torture
from .transport import transport

__all__ = [
    "Contest",
    "DiracGame",
    "FieldGame",
    "Scrubber",
    "TortureTest",
    "Verdict",
    "dirac",
    "divergences",
    "f_divergences",
    "field",
    "guess",
    "lines_of",
    "main_directions",
    "mixed_styles",
    "mixer",
    "panel",
    "playground",
    "sampler",
    "scrub",
    "sketch",
    "text_of",
    "torture",
    "transport",
    "verdict",
]
