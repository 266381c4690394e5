"""Recipes of `make models`, one module for each chapter."""
