"""Sheets of readings: their columns, and how times are written in them."""
