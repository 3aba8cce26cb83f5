"""The name: what this program's own lookup says, and what each nameserver says itself."""

from ringback.diagnosis.layer.name.reading import read

__all__ = ["read"]
