"""The shipped test kit: the lab of real faults, the pytest plugin, a fake clock."""
