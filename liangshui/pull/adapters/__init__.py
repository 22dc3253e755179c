"""How others are asked: HTTP services, databases, folders. Nothing here writes."""
