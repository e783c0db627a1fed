"""What users and other implementations test themselves with: contracts, vectors, strategies."""
