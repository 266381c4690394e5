"""What the package costs and what it reaches, measured: `python -m benchmarks speed`."""
