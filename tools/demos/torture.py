"""The torture test of chapter 7 with a dial: features and pictures that `make models` stored."""

import base64

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gan_course import plots
from gan_course.stored import load_run
from gan_course.widgets.torture import BETTER, STEP, WIDTH, figure, stored, unpacked

SIDE = 32
COPIES = "training copies"  # their features and pictures are those of the real images


def levels(values: NDArray) -> str:
    """Return whole numbers from 0 to 255 as base64, one byte each."""
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode()


def data() -> dict:
    """Return features in whole steps, twenty pictures of each kind, and what scores are made of."""
    test, pictures = stored(), load_run("07_dial")["data"]["pictures"]
    sets = {"x": test.x, "held_out": test.held_out, "fresh": test.fresh, **test.broken}
    del sets[COPIES]
    shown = {name: unpacked(pictures[name], SIDE * SIDE) for name in sets if name != "held_out"}
    return {
        "side": SIDE,
        "step": STEP,
        "kernel_width": WIDTH,
        "failures": list(test.broken),
        "copies": COPIES,
        "features": {name: levels(values / STEP) for name, values in sets.items()},
        "pictures": {name: levels(values) for name, values in shown.items()},
        "weight": test.weight.ravel(),
        "bias": test.bias,
        "directions": test.directions.ravel(),
        "better": list(BETTER.values()),
        "names": list(BETTER),
        "center": [float(value) for value in test.center],
        "spread": [float(value) for value in test.spread],
    }


def picture() -> Figure:
    """Return the scores of samples of which two fifths are copies."""
    plots  # noqa: B018, its import sets the style
    drawn = figure(stored(), COPIES, 0.4)
    drawn.set_size_inches(5.6, 3.4)
    plt.close(drawn)
    return drawn
