"""Whether each address of the target can be connected to, and who says no."""

from ringback.diagnosis.layer.tcp.reading import read

__all__ = ["read"]
