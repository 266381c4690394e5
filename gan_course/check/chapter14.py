"""The exercises of chapter 14: translation."""

from .loss_free import loss_free as loss_free
from .middles import middle as middle
from .old_images import exchange as exchange
from .patch_fields import sees as sees
from .turns import rotations as rotations
from .way_back import way_back as way_back
