"""What stands outside the office: village cards, labels on wells, the public page of a well, problems that people report."""
