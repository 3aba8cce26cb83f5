"""From what requests raised or returned to a failure, and from a failure to what is raised."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import requests
from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, RequestException
from requests.exceptions import ConnectTimeout, ProxyError, SSLError
from requests.utils import select_proxy

from ringback.client.call import Ended
from ringback.client.raising import SpecialisedErrors, error_of, raise_prepared
from ringback.client.wire import failure_of_exchange
from ringback.errors import RingbackError, note, specialise
from ringback.failure import Failure, Target
from ringback.failure.names import KindName
from ringback.failure.target import target_of_url
from ringback.values import replace


def target_of_request(request: PreparedRequest, proxies: Mapping[str, str] | None) -> Target:
    """Return whom a request is for."""
    url = request.url or ""
    chosen = select_proxy(url, dict(proxies)) if proxies else None
    if chosen is None:
        return target_of_url(url)
    proxy = target_of_url(chosen)
    through = f"{proxy.host}:{proxy.port}" if proxy.host else None
    return replace(target_of_url(url), proxy=through)


failure_of = partial(failure_of_exchange, own=RequestException)
"""Return what went wrong in an exchange, see ``failure_of_exchange``."""

specialised_errors = partial(SpecialisedErrors, failure_of)
"""A context in which what requests raises for a URL or target comes out specialised."""


def refusal_error(failure: Failure, request: PreparedRequest | None) -> RequestsConnectionError:
    """Return the exception that requests raises for what opened the circuit.

    A program that has another way for a dead proxy, say, takes it for a refused call as well. Each
    is a ``ConnectionError``; of the timeouts it is the one that says that nothing was sent.
    """
    return _library_class_for(failure.via or "")(failure.message, request=request)


def refusal_error_at_once(failure: Failure) -> RingbackError:
    """Return the exception for a call of which nothing was tried or even prepared.

    It is what ``error_of`` makes of ``refused``, in a third of the time.
    """
    made, line = _refusal_class_for(failure.via)
    exc: RingbackError = made(failure.message)
    exc.failure = failure
    exc.attempts = (failure,)
    exc.given_up = "circuit_open"
    exc.add_note(line)
    return exc


@lru_cache(maxsize=256)
def _refusal_class_for(kind: KindName | None) -> tuple[Any, str]:
    """The class of what requests raises, the built-in and ringback's own, all in one; its note."""
    failure = Failure("client.circuit_open", via=kind)
    return type(specialise(refusal_error(failure, None), failure)), note(failure)


def _library_class_for(kind: str) -> type[RequestsConnectionError]:
    if kind.startswith("proxy."):
        return ProxyError
    if "timed_out" in kind:
        return ConnectTimeout
    return SSLError if kind.startswith("tls.") else RequestsConnectionError


def response_or_raise(
    ended: Ended[requests.Response], request: PreparedRequest
) -> requests.Response:
    """Return the response that a call ended with, or raise how it ended without one."""
    try:
        if ended.decisive is None or ended.decisive.result is None:
            refused = partial(refusal_error, ended.decision.failure, request)
            raise_prepared(error_of(ended, refused))
        response = ended.decisive.result
        vars(response)["retry_at"] = ended.retry_at
        return response
    finally:
        del ended  # as in ``drive``
