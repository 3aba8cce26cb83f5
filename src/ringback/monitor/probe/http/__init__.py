"""HTTP and HTTPS, version 1.1."""
