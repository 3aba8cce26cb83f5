"""Doors into HTTP libraries: each one file, thin."""
