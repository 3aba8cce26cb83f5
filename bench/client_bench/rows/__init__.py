"""Rows of the table, a group per file."""
