"""SSL contexts, made once for each trust and shared."""

import os
import ssl
import sys
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from ringback.client.trust.ends import tell_cuts
from ringback.client.trust.load import files_of, load_authorities, load_client_certificate
from ringback.client.trust.model import Trust
from ringback.client.trust.shared import Sealed, SharedContext
from ringback.client.trust.system import (
    DELEGATES,
    delegating_context,
    load_system,
    system_candidates,
)

MOST = 64
"""Contexts kept; the one not asked for longest goes first."""

_HTTP_1 = ("http/1.1",)

State = tuple[str, int, int, int, int] | tuple[str]
"""A file and what tells that it changed; the path alone where there is no such file."""


class _Key(NamedTuple):
    trust: Trust
    verify: bool
    alpn: tuple[str, ...]
    host: str
    files: tuple[State, ...]
    keylog: str | None


_MADE: OrderedDict[_Key, ssl.SSLContext] = OrderedDict()
_LOCK = Lock()


def ssl_context(
    trust: Trust, *, verify: bool = True, alpn: tuple[str, ...] = _HTTP_1, host: str = ""
) -> ssl.SSLContext:
    """Return the SSL context for a trust; the same one until a file of it changes.

    A context costs some 25 ms and 800 kB, mostly for the authorities in it, so it is shared by
    all who ask for the same. It cannot be changed (see ``shared.Sealed``).

    Args:
        trust: Whom to trust, and what to present.
        verify: Verify the server's certificate and name. Without it any server is accepted.
        alpn: Application protocols to offer (RFC 7301). A context with others is another one.
        host: Whom it is for. Only on macOS and Windows, where the system verifies, each host
            has a context of its own: truststore lets one handshake at a time through each.

    Raises:
        ringback.errors.TLSFilesInvalid: A file is missing, unreadable, empty or damaged; the
            message names it and says what to do.
        ImportError: truststore or certifi is asked for and not installed.
    """
    delegated = trust.system and verify and DELEGATES
    key = _Key(
        trust,
        verify,
        alpn,
        host if delegated else "",
        tuple(map(_state, _files(trust, verify=verify, delegated=delegated))),
        os.environ.get("SSLKEYLOGFILE"),
    )
    with _LOCK:
        context = _MADE.get(key)
        if context is None:
            context = _MADE[key] = _make(key, delegated=delegated)
        _MADE.move_to_end(key)
        while len(_MADE) > MOST:
            _MADE.popitem(last=False)
    return context


def _files(trust: Trust, *, verify: bool, delegated: bool) -> list[str]:
    """Every file that decides what is in the context."""
    files = files_of(trust) if verify else []
    if trust.system and verify and not delegated:
        files.extend(system_candidates())
    if own := trust.client_certificate:
        files.extend(path for path in (own.certificate, own.key) if path)
    return files


def _state(path: str) -> State:
    try:
        now = os.stat(path)  # noqa: PTH116 - asked for with each call; a Path would cost as much again
    except OSError:
        return (path,)
    return path, now.st_dev, now.st_ino, now.st_mtime_ns, now.st_size


def _make(key: _Key, *, delegated: bool) -> ssl.SSLContext:
    context = delegating_context() if delegated else SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    _set_up(context, verify=key.verify)
    if key.verify:
        load_authorities(context, key.trust)
        if key.trust.system and not delegated:
            load_system(context)
    if key.trust.client_certificate:
        load_client_certificate(context, key.trust.client_certificate)
    context.set_alpn_protocols(list(key.alpn))
    if key.keylog:
        context.keylog_filename = key.keylog
    assert isinstance(context, Sealed)
    context.seal(key.alpn)
    return context


def _set_up(context: ssl.SSLContext, *, verify: bool) -> None:
    """Set what ``ssl.create_default_context`` and urllib3 set, and that a cut is no end."""
    tell_cuts(context)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = verify
    context.verify_mode = ssl.CERT_REQUIRED if verify else ssl.CERT_NONE
    context.hostname_checks_common_name = False  # RFC 9110, section 4.3.4
    context.post_handshake_auth = True  # a TLS 1.3 server may ask for a certificate later
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
