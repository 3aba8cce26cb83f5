"""What programs report of their calls: read, sorted to endpoints, and what nobody configured."""
