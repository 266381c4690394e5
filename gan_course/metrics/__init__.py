"""How good a generator is, measured."""

from gan_course.metrics.toys import (
    high_quality_share,
    mode_report,
    modes_covered,
    reverse_kl_over_modes,
    within_mode_spread,
)

__all__ = [
    # two-dimensional mixtures
    "mode_report",
    "modes_covered",
    "high_quality_share",
    "within_mode_spread",
    "reverse_kl_over_modes",
]
