"""TLS: the handshake, the chain of certificates, and what else the port may speak."""

from ringback.diagnosis.layer.tls.connection import Connection
from ringback.diagnosis.layer.tls.reading import read

__all__ = ["Connection", "read"]
