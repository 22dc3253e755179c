"""Columns of the sheets of this room."""
