"""What a call raises that an open circuit refuses."""

from functools import lru_cache
from typing import Any

from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest
from requests.exceptions import ConnectTimeout, ProxyError, SSLError

from ringback.errors import RingbackError, note, specialise
from ringback.failure import Failure


def refused(failure: Failure, request: PreparedRequest | None) -> RequestsConnectionError:
    """Return the exception that requests raises for what opened the circuit.

    A program that has another way for a dead proxy, say, takes it for a refused call as well. Each
    is a ``ConnectionError``; of the timeouts it is the one that says that nothing was sent.

    Args:
        failure: The refusal.
        request: What was to be sent, if it has been prepared.
    """
    return _class_for(failure.via or "")(failure.message, request=request)


def refused_at_first(failure: Failure) -> RingbackError:
    """Return the exception for a call of which nothing was tried or even prepared.

    It is what ``error_of`` makes of ``refused``, in a third of the time.

    Args:
        failure: The refusal.
    """
    made, line = _raised_for(failure.via)
    exc: RingbackError = made(failure.message)
    exc.failure = failure
    exc.attempts = (failure,)
    exc.add_note(line)
    return exc


@lru_cache(maxsize=256)
def _raised_for(kind: str | None) -> tuple[Any, str]:
    """The class of what requests raises, the built-in and ringback's own, all in one; its note."""
    failure = Failure("client.circuit_open", via=kind)
    return type(specialise(refused(failure, None), failure)), note(failure)


def _class_for(kind: str) -> type[RequestsConnectionError]:
    if kind.startswith("proxy."):
        return ProxyError
    if "timed_out" in kind:
        return ConnectTimeout
    return SSLError if kind.startswith("tls.") else RequestsConnectionError
