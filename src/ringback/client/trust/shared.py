"""An SSL context that many may use and nobody may change."""

import ssl
from functools import partial
from typing import Any

_CHANGES = (
    "load_cert_chain",
    "load_default_certs",
    "load_dh_params",
    "load_verify_locations",
    "set_ciphers",
    "set_default_verify_paths",
    "set_ecdh_curve",
    "set_npn_protocols",
    "set_psk_client_callback",
    "set_psk_server_callback",
    "set_servername_callback",
)


class Sealed:
    """Mixed into an ``ssl.SSLContext``: once sealed it refuses to be changed.

    Libraries write to the contexts they are given: urllib3 sets ``verify_mode`` and the
    application protocols on every connection, httpx the protocols. What says what is already
    so goes through, what would change it for all others raises.
    """

    def seal(self, alpn: tuple[str, ...]) -> None:
        """Refuse every later change.

        Args:
            alpn: The application protocols that were set; the ``ssl`` module cannot tell them.
        """
        refusals: dict[str, Any] = {name: partial(_refuse, name) for name in _CHANGES}
        refusals["set_alpn_protocols"] = partial(_same_protocols, frozenset(alpn))
        vars(self).update(refusals, sealed=True)

    def __setattr__(self, name: str, value: object) -> None:
        if "sealed" not in vars(self):
            super().__setattr__(name, value)
        elif name not in dir(type(self)) or getattr(self, name) != value:
            _refuse(name)


class SharedContext(Sealed, ssl.SSLContext):
    """Python's own SSL context, to be shared."""


def _same_protocols(known: frozenset[str], asked: Any) -> None:
    # A server chooses by its own order (RFC 7301, section 3.2), so that ours does not matter.
    if frozenset(asked) != known:
        _refuse("set_alpn_protocols")


def _refuse(name: str, *_: object, **__: object) -> None:
    raise RuntimeError(
        f"{name}: this SSL context is shared and cannot be changed; "
        "ask ringback.client.trust.ssl_context for one with what you need, or make your own"
    )
