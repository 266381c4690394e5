"""The picture of each chapter on its card of the course map: one module for each, `picture()` draws it."""
