"""Rules of the red lines: pure functions over values."""
