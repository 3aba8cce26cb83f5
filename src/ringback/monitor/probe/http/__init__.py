"""HTTP and HTTPS, version 1.1."""

from ringback.monitor.probe.http.prober import HTTPProber

__all__ = ["HTTPProber"]
