"""What others keep: their services, databases and folders, asked on a schedule (拉取)."""
