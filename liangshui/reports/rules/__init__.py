"""Rules of tables for superiors: what a mapping says of a cell, what its formulas come to, what does not add up."""
