"""Exercises that check themselves: one module per chapter, on the mechanism of `core`.

In a notebook::

    from . import chapter03 as check
    check.losses(d_loss, g_loss)            # "Not answered yet.", a hint, or what was proven
    check.losses(d_loss, g_loss, hint=2)    # a stronger hint
"""

from .core import Verdict, exercise, exercises
from .expect import close, expect, expect_close, gradients

__all__ = ["Verdict", "close", "exercise", "exercises", "expect", "expect_close", "gradients"]
