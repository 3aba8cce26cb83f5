"""The commands of the test kit; the command line reaches them by name."""
