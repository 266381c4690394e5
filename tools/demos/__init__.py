"""What the demos in the page are made of: one module for each, see `tools/make_demos.py`."""
