"""The commands around the monitor's configuration."""
