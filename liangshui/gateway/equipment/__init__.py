"""What stands between devices and the gateway: makes of DTU, DTUs, brokers, device models with their maps."""
