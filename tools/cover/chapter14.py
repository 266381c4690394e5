"""Chapter 14 on the course map."""

import torch
from models.rough_lines import sketched_unet
from PIL import Image
from torch import Tensor

from gan_course.checkpoint import load_generator
from gan_course.data import edges, glyphs
from gan_course.stored import model_path

from .drawing import fitted

CHOSEN, SIDE = (2, 5, 8, 3, 4), 88  # digits, and pixels of each picture on the card


def picture() -> Image.Image:
    """Show outlines that nobody trained on, and what G makes of them: L1 alone, then with D."""
    data = glyphs(100, 32, seed=4)
    x = edges(data.x[[int((data.y == digit).nonzero()[0]) for digit in CHOSEN]])
    rows = [x.expand(-1, 3, -1, -1)]
    for name in ("14_edges_l1.pt", "14_edges.pt"):
        G = load_generator(sketched_unet(), model_path(name)).eval()
        torch.manual_seed(0)
        with torch.no_grad():
            rows.append(G(x))
    return fitted(_table(torch.cat(rows))).quantize(128)


def _table(images: Tensor) -> Image.Image:
    """Lay images [3 * columns, 3, 32, 32] out in three rows, enlarged without smoothing."""
    columns = len(CHOSEN)
    pixels = (images.clamp(-1, 1) + 1).mul(127.5).round().byte()
    grid = pixels.view(3, columns, 3, 32, 32).permute(0, 3, 1, 4, 2)
    table = Image.fromarray(grid.reshape(3 * 32, columns * 32, 3).numpy())
    return table.resize((columns * SIDE, 3 * SIDE), Image.Resampling.NEAREST)
