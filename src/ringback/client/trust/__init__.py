"""Whom to trust: certificate authorities, the client's own certificate, and named exceptions."""

from ringback.client.trust.context import ssl_context
from ringback.client.trust.model import ClientCertificate, Trust, TrustLike, verify_for

__all__ = ["ClientCertificate", "Trust", "TrustLike", "ssl_context", "verify_for"]
