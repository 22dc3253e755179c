"""Water decides (四水四定): what plans and projects need against the water there is, their studies, and first answers to investors."""
