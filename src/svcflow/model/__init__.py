"""The model checker: every way a case can go, tried out on the engine's own step."""
