"""This host: its interfaces and routes, its resolver's configuration, its proxies, its limits."""

from ringback.diagnosis.layer.host.reading import read
from ringback.diagnosis.layer.host.routes import route_to

__all__ = ["read", "route_to"]
