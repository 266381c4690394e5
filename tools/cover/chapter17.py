"""Chapter 17 on the course map."""

import numpy as np
import torch
from PIL import Image

from gan_course.data import digits, few_labels

from .drawing import fitted

ROWS, COLUMNS, SCALE, GAP = 10, 18, 3, 1
ORANGE, BLUE = np.array([255, 166, 64]), np.array([95, 118, 152])


def picture() -> Image.Image:
    """Show 180 real digits of which one in each class has a label: it is orange, the rest dim."""
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(17))
    train = digits(8).take(order[: ROWS * COLUMNS])
    few = few_labels(train, 1, seed=4)
    known = {tuple(image.flatten().tolist()) for image in few.labelled.stored}
    labelled = [tuple(image.flatten().tolist()) in known for image in train.stored]
    light = train.stored.squeeze(1).numpy()[..., None] / 255  # [N, 8, 8, 1]
    ink = np.where(np.array(labelled)[:, None, None, None], ORANGE, BLUE)
    tiles = (light * ink).astype(np.uint8).repeat(SCALE, 1).repeat(SCALE, 2)
    tiles = np.pad(tiles, ((0, 0), (GAP, GAP), (GAP, GAP), (0, 0)))
    rows = tiles.reshape(ROWS, COLUMNS, *tiles.shape[1:]).transpose(0, 2, 1, 3, 4)
    table = rows.reshape(ROWS * tiles.shape[1], COLUMNS * tiles.shape[2], 3)
    return fitted(Image.fromarray(table)).quantize(64)
