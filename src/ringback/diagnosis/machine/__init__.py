"""What of this machine alone could make calls fail: it is read, then judged by rules."""
