"""``ringback demo``: failures for real, what becomes of them, and what the monitor says."""
