"""Services with a protocol of their own: their first words."""

from ringback.diagnosis.layer.service.reading import read

__all__ = ["read"]
