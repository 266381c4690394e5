"""The command line `gan-course`: train, sample, evaluate, and look at data."""

from .entry import main

__all__ = ["main"]
