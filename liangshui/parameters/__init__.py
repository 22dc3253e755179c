"""The law as data (法规参数): articles and figures by day with their source, and what the county has entered itself."""
