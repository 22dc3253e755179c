"""Columns and periods of sheets that tell volumes."""
