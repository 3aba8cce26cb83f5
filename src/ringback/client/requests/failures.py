"""From what requests raised or returned to a failure, and from a failure to what is raised."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import requests
from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, RequestException, Response
from requests.exceptions import ConnectTimeout, ProxyError, SSLError
from requests.utils import select_proxy

from ringback.client.call import Ended
from ringback.client.raising import error_of, raise_prepared
from ringback.client.wire import Wire, delivered
from ringback.errors import RingbackError, note, specialise
from ringback.failure import KINDS, Failure, Target, classify
from ringback.failure.codes import kind_of_status
from ringback.failure.names import KindName
from ringback.failure.target import target_of_url

_NOT_OURS = {"unknown", "not_a_connection_failure"}


def target_of(request: PreparedRequest, proxies: Mapping[str, str] | None) -> Target:
    """Return whom a request is for."""
    url = request.url or ""
    chosen = select_proxy(url, dict(proxies)) if proxies else None
    if chosen is None:
        return target_of_url(url)
    proxy = target_of_url(chosen)
    through = f"{proxy.host}:{proxy.port}" if proxy.host else None
    return replace(target_of_url(url), proxy=through)


def failure_of(error: Exception, target: Target, wire: Wire | None = None) -> Failure | None:
    """Return what went wrong, or ``None`` where the exception is none of the call's.

    An exception of the caller's own (out of the generator of a body, say) stays what it is.
    """
    if isinstance(error, RingbackError):
        return error.failure
    failure = classify(error, target=target, reused=wire.reused if wire else None)
    if failure.kind in _NOT_OURS and not isinstance(error, RequestException):
        return None
    certain = delivered(wire, failure)
    return failure if certain == failure.delivered else replace(failure, delivered=certain)


def failure_of_status(response: Response, target: Target) -> Failure:
    """Return the failure that a status of 400 or more means."""
    status = response.status_code
    kind, message = kind_of_status(status), f"HTTP {status} {response.reason or ''}".strip()
    return Failure(
        kind=kind,
        phase="body",
        delivered=KINDS[kind].delivered,
        message=message,
        target=target,
        evidence=(message,),
        code=str(status),
    )


class Naming:
    """A context in which what requests raises comes out specialised.

    An exception that is none of the call's comes out as it is.

    Args:
        url: What the call is for.
    """

    def __init__(self, url: object) -> None:
        self._url = str(url or "")

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, RingbackError):
            failure = failure_of(error, target_of_url(self._url))
            if failure:
                raise_prepared(specialise(error, failure))


def refused(failure: Failure, request: PreparedRequest | None) -> RequestsConnectionError:
    """Return the exception that requests raises for what opened the circuit.

    A program that has another way for a dead proxy, say, takes it for a refused call as well. Each
    is a ``ConnectionError``; of the timeouts it is the one that says that nothing was sent.
    """
    return _class_for(failure.via or "")(failure.message, request=request)


def refused_at_first(failure: Failure) -> RingbackError:
    """Return the exception for a call of which nothing was tried or even prepared.

    It is what ``error_of`` makes of ``refused``, in a third of the time.
    """
    made, line = _raised_for(failure.via)
    exc: RingbackError = made(failure.message)
    exc.failure = failure
    exc.attempts = (failure,)
    exc.add_note(line)
    return exc


@lru_cache(maxsize=256)
def _raised_for(kind: KindName | None) -> tuple[Any, str]:
    """The class of what requests raises, the built-in and ringback's own, all in one; its note."""
    failure = Failure("client.circuit_open", via=kind)
    return type(specialise(refused(failure, None), failure)), note(failure)


def _class_for(kind: str) -> type[RequestsConnectionError]:
    if kind.startswith("proxy."):
        return ProxyError
    if "timed_out" in kind:
        return ConnectTimeout
    return SSLError if kind.startswith("tls.") else RequestsConnectionError


def result_of(ended: Ended[requests.Response], request: PreparedRequest) -> requests.Response:
    """Return the response that a call ended with, or raise how it ended without one."""
    if ended.told is None or ended.told.result is None:
        raise_prepared(exception_of(ended, request))
    response = ended.told.result
    vars(response)["retry_at"] = ended.retry_at
    return response


def exception_of(ended: Ended[requests.Response], request: PreparedRequest | None) -> BaseException:
    """Return the exception to raise for a call that ended without a response."""
    return error_of(ended, refused(ended.decision.failure, request))
