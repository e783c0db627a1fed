"""Time reckoned a second time, by other means than the engine's: what the properties of time judge by."""
