"""Whether a call may be made again without verifying the server's certificate."""

from collections.abc import Collection

from ringback.client.trust.hosts import names
from ringback.failure import Failure

_PINNED = "tls.cert.pinned_key_not_in_cert_chain"


def verify_for(insecure_hosts: Collection[str], host: str | None, failure: Failure | None) -> bool:
    """Return whether the next exchange with a host verifies its certificate.

    It does, except right after the host's certificate failed and where the policy names the
    host. Nothing is remembered: the next call verifies first. A pin is never given up.

    Args:
        insecure_hosts: The hosts that the policy names, see ``hosts.names``.
        host: The host that was called, as in the URL of this hop.
        failure: How the verified exchange ended; ``None`` before it.
    """
    if failure is None or not failure.kind.startswith("tls.cert.") or failure.kind == _PINNED:
        return True
    return failure.delivered != "no" or not names(insecure_hosts, host)
