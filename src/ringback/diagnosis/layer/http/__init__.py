"""HTTP: the request that is asked for, its answer, and where it redirects to."""

from ringback.diagnosis.layer.http.reading import read

__all__ = ["read"]
