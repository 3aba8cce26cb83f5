"""What happens when a Python program's connection fails."""

__version__ = "0.1.0"
