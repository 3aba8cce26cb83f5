"""Shared SSL contexts for urllib3, which makes one for each connection: 25 ms each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import urllib3.connection
import urllib3.util.ssl_
from urllib3.exceptions import SSLError
from urllib3.util.ssl_ import resolve_cert_reqs, resolve_ssl_version

from ringback.client.trust.context import DELEGATES, certifi_bundle, ssl_context
from ringback.client.trust.model import ClientCertificate, Trust
from ringback.client.trust.shared import reporting_cuts
from ringback.values import replace

_GIVEN = ("ca_certs", "ca_cert_dir", "ca_cert_data", "cert_file", "key_file", "key_password")
_AUTHORITIES = _GIVEN[:3]
_LIMITS = ("ssl_minimum_version", "ssl_maximum_version")
_OF_ITS_OWN = (
    "ssl_context",
    "ssl_version",
    "ssl_minimum_version",
    "ssl_maximum_version",
    "assert_hostname",
    "assert_fingerprint",
)
_IS_2 = hasattr(urllib3.connection.HTTPSConnection, "ssl_minimum_version")
"""Whether it is urllib3 2: the one before named no address to the context that verifies it."""


def _maker() -> Any:
    return vars(urllib3.connection).get("create_urllib3_context")


_MAKE = _maker()


@contextmanager
def lent(connection: Any, trust: Trust | None = None) -> Iterator[None]:
    """Let a connection of urllib3 use a shared context while it connects.

    Without a trust of ours that is the context which urllib3 would make; where the connection
    has settings of its own, or the files cannot be loaded, it is made by urllib3's own function,
    for this connection alone, and urllib3 says what is wrong. Whosever the context is, the
    connection distinguishes a cut from an end.
    """
    loan, held = _loan(connection, trust), vars(connection)
    loaded = [name for name in _GIVEN if name in held] if loan else []
    loan = loan or _made(connection)
    before = {name: held[name] for name in (*loaded, *loan) if name in held}
    held.update(dict.fromkeys(loaded))
    held.update(loan)
    try:
        with ExitStack() as reporting:
            config = getattr(connection, "proxy_config", None)
            for context in (connection.ssl_context, getattr(config, "ssl_context", None)):
                reporting.enter_context(reporting_cuts(context))
            yield
    finally:
        held.update(before)


def _loan(connection: Any, trust: Trust | None) -> dict[str, Any]:
    if not _IS_2:
        if trust is None:
            return {}
        raise SSLError("a trust of one's own needs urllib3 2: pip install 'urllib3>=2'")
    if getattr(connection, "ca_cert_data", None) or (trust is None and not _is_plain(connection)):
        return {}
    asked = _asked(connection, trust)
    if asked is None:
        return {}
    try:
        return _contexts(connection, asked)
    except OSError as error:
        if trust is None:
            return {}
        raise SSLError(error) from error


def _contexts(connection: Any, trust: Trust) -> dict[str, Any]:
    """The context for the connection, and the one for a proxy that is reached over TLS."""
    verify = resolve_cert_reqs(connection.cert_reqs) != 0  # ssl.CERT_NONE
    host = getattr(connection, "_tunnel_host", None) or connection.host
    loan: dict[str, Any] = {"ssl_context": ssl_context(trust, verify=verify, host=host)}
    config, proxy = getattr(connection, "proxy_config", None), getattr(connection, "proxy", None)
    if config is not None and config.ssl_context is None and proxy and proxy.scheme == "https":
        own = ssl_context(replace(trust, client_certificate=None), verify=verify, host=proxy.host)
        loan["proxy_config"] = config._replace(ssl_context=own)
    return loan


def _made(connection: Any) -> dict[str, Any]:
    """The context that urllib3 would make while it connects; a proxy's has another stream in it."""
    if connection.ssl_context is not None:
        return {}
    options = {name: getattr(connection, name) for name in _LIMITS} if _IS_2 else {}
    context = _maker()(
        ssl_version=resolve_ssl_version(connection.ssl_version),
        cert_reqs=resolve_cert_reqs(connection.cert_reqs),
        **options,
    )
    named = any(getattr(connection, name, None) for name in _AUTHORITIES)
    if not named and hasattr(context, "load_default_certs"):
        context.load_default_certs()
    return {"ssl_context": context}


def _asked(connection: Any, trust: Trust | None) -> Trust | None:
    """The trust that a connection's settings and the program's ask for."""
    files = tuple(path for path in (connection.ca_certs, connection.ca_cert_dir) if path)
    if trust is not None and files == (certifi_bundle(),):  # what requests gives each connection
        files = ()
    if files:
        own = trust.client_certificate if trust else None
        trust = Trust(ca=files, client_certificate=own)
    elif trust is None and not DELEGATES:
        trust = Trust(system=True)
    if trust is None or not connection.cert_file:
        return trust
    given = ClientCertificate(connection.cert_file, connection.key_file, connection.key_password)
    return replace(trust, client_certificate=given)


def _is_plain(connection: Any) -> bool:
    """Whether urllib3 would make an ordinary context: nobody has taken its place."""
    if any(getattr(connection, name, None) is not None for name in _OF_ITS_OWN):
        return False
    config = getattr(connection, "proxy_config", None)
    if config is not None and (config.assert_hostname is not None or config.assert_fingerprint):
        return False
    required = resolve_cert_reqs(connection.cert_reqs) in {0, 2}  # ssl.CERT_NONE, CERT_REQUIRED
    ours = _maker() is _MAKE
    return required and ours and urllib3.util.ssl_.SSLContext.__module__ == "ssl"
