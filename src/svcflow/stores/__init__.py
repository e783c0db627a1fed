"""Where cases live: one protocol, several databases."""
