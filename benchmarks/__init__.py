"""How fast svcflow is beside others on the same machine, in ratios: `python -m benchmarks` in the project's root."""
