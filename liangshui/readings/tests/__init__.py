"""Tests of the rules of hand readings."""
