"""Plugins of pytest's that swap a client for another before a suite is collected."""
