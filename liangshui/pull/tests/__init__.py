"""Tests of mappings of what is pulled."""
