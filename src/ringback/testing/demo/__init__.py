"""``ringback demo``: five failures for real, and what becomes of them."""
