"""Sheets that tell volumes, row by row: who is meant, what is stated, what it does to the rows that stand."""
