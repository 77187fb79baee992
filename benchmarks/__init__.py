"""Measurements against the official client and the floor, all in one run. `python -m benchmarks --help` tells more."""
