"""Data sets: embedded, downloaded, or your own, and endless batches of them."""

from .balanced import Balanced, balanced
from .dataset import Batches, Dataset, from_images
from .download import DownloadError
from .ends import ends, ends_agree, exchanged, read_ends
from .faces import draw_faces, faces
from .factors import FACTORS, Factor, Factors, face_factors
from .few import FewLabels, few_labels
from .glyphs import glyphs
from .images import digits, folder
from .outlines import INKS, edges, ink_of, painted
from .pairs import Matched, Paired, matched, paired
from .photographs import crops, photographs
from .published import cifar10, fashion_mnist, mnist
from .toys import Mixture, grid, ring, swiss_roll, two_moons
from .twins import twins
from .warped import warped

__all__ = [
    "FACTORS",
    "INKS",
    "Balanced",
    "Batches",
    "Dataset",
    "DownloadError",
    "Factor",
    "Factors",
    "FewLabels",
    "Matched",
    "Mixture",
    "Paired",
    "balanced",
    "cifar10",
    "crops",
    "digits",
    "draw_faces",
    "edges",
    "ends",
    "ends_agree",
    "exchanged",
    "face_factors",
    "faces",
    "fashion_mnist",
    "few_labels",
    "folder",
    "from_images",
    "glyphs",
    "grid",
    "ink_of",
    "matched",
    "mnist",
    "painted",
    "paired",
    "photographs",
    "read_ends",
    "ring",
    "swiss_roll",
    "twins",
    "two_moons",
    "warped",
]
