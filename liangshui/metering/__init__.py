"""Supervision of metering (计量监管): health of devices, the life of their faults, and findings about meters, each with its figures."""
