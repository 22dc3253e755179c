"""Rules of the supervision of metering, without database."""
