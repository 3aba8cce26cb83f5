"""What a pasted text says: tracebacks, log lines and messages of any platform and library."""
