"""What random runs have covered of a process, and what they have not."""
