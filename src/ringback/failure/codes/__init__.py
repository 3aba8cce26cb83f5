"""Numbers and names of operating systems, resolvers, TLS and HTTP, and the kinds they mean."""
