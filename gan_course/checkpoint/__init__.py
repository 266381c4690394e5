"""Save a game so that going on later equals never having stopped, bit for bit."""

from .files import load, load_generator, save, save_generator

__all__ = ["load", "load_generator", "save", "save_generator"]
