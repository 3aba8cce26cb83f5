"""The store of many machines: PostgreSQL, 15 or later."""
