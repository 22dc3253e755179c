"""Tests of what knows neither Django nor a database: mappings, formulas, workbooks, comparing."""
