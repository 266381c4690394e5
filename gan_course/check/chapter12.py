"""The exercises of chapter 12: attention and scale."""

from .attending import attend as attend
from .permuting import commutes as commutes
from .redrawing import redrawn as redrawn
from .revived import revived as revived
from .right_angles import right_angles as right_angles
from .standing import standing as standing
