"""The exercises of chapter 11: growing."""

from .budgets import budget as budget
from .equal_layer import equal_layer as equal_layer
from .equal_rates import equal_steps as equal_steps
from .fades import fade_in as fade_in
from .pixel_norms import pixel_norm as pixel_norm
from .second_moments import second_moment as second_moment
