"""Certificates: reading them, the chain as it was sent, and whom they are for."""
