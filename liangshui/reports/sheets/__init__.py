"""The superior's workbook: read for the page, its repeated rows grown, its cells filled, everything else left as it was."""
