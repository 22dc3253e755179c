"""Rules of monitoring, without database: how frames are sealed."""
