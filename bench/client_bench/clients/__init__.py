"""Ways to make a request: each opens a client and yields a function that makes one call."""
