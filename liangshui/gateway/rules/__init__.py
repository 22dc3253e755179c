"""What is configuration of devices, without database: maps of makers' registers and JSON."""
