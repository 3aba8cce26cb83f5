"""A simulated outage: many clients, one service with a capacity, and what retries make of it."""
