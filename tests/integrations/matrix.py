"""Meets faults through clients and keeps how each call ended."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from integrations.expected import UNANSWERED
from integrations.roster import INTEGRATIONS
from nightly import THOROUGH

from ringback import Explanation, Failure, classify, explain
from ringback.testing.clients import NotOfferedError
from ringback.testing.lab import FAULTS
from ringback.testing.lab.resolver import resolving

WAIT_TIMEOUT = 1.0
"""Seconds a client waits where the fault is that nothing comes."""
BEHIND = 4.0 if THOROUGH else 2.0
"""The same where something comes first: a connection, a handshake of TLS, the headers."""
MAX_SECONDS = 20.0
"""Seconds it waits where something comes, however slow the machine."""
RESOLVING = 0.1
"""Seconds that an answer of a nameserver is awaited where there is none: one comes after 2 s."""
SECRET = "hunter2"

for imported_late in ("anyio._backends._asyncio", "anyio._backends._trio"):
    # By the first call only, and pytest rewrites anyio: that costs the call its timeout, and many
    # threads that do it at once a SystemError of CPython 3.11's compiler.
    with contextlib.suppress(ImportError):
        importlib.import_module(imported_late)


@dataclass(frozen=True)
class Outcome:
    """How a call of one fault through one client ended."""

    host: str
    port: int
    requests: int
    failure: Failure | None = None
    explained: Explanation | None = None
    offered: bool = True


def _waits(fault):
    return "timed_out" in fault.kind or "silent" in fault.when


def _patience(fault):
    if not _waits(fault):
        return MAX_SECONDS
    return WAIT_TIMEOUT if fault.kind == "tcp.timed_out" else BEHIND


def _resolving(endpoint, fault):
    """The resolver of a call, in place of the one that the clients of the lab bring."""
    if not endpoint.nameserver:
        return contextlib.nullcontext()
    nameserver, endpoint.nameserver = endpoint.nameserver, None
    return resolving(nameserver, timeout=RESOLVING if fault.name in UNANSWERED else MAX_SECONDS)


def _meet(lab, client, fault):
    endpoint = fault.start(lab)
    parts = urlsplit(endpoint.url)
    if "redirect" not in fault.kind and client != "botocore":  # botocore takes no query
        endpoint.url += f"?token={SECRET}"
    failure, explained, offered = None, None, True
    try:
        with _resolving(endpoint, fault):
            INTEGRATIONS[client](endpoint, _patience(fault), fault.provoke)
    except NotOfferedError:
        offered = False
    except Exception as error:  # noqa: BLE001 - whatever a client raises
        # Without the exception: it would keep the client's sockets open.
        failure = dataclasses.replace(classify(error), cause=None)
        explained = explain("".join(traceback.format_exception(error)))
    return Outcome(parts.hostname, parts.port, endpoint.requests, failure, explained, offered)


def _side_by_side(name):
    return _waits(FAULTS[name]) and not FAULTS[name].kind.startswith("dns.")


class Matrix:
    """Meets faults; those that take a wait are met side by side."""

    def __init__(self, lab):
        self._lab = lab
        self._pool = ThreadPoolExecutor(48)
        self._waiting = {}

    def meet(self, client, name, pairs):
        """The outcome of one fault; ``pairs`` are the faults and clients that will meet."""
        if not _side_by_side(name):
            return _meet(self._lab, client, FAULTS[name])
        for fault, through in pairs:
            if _side_by_side(fault) and (through, fault) not in self._waiting:
                self._waiting[through, fault] = self._pool.submit(
                    _meet, self._lab, through, FAULTS[fault]
                )
        return self._waiting[client, name].result()

    def close(self):
        self._pool.shutdown()
