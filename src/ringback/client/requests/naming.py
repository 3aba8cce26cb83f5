"""From what requests raised or returned to what it is called."""

from collections.abc import Mapping
from dataclasses import replace

from requests import PreparedRequest, RequestException, Response
from requests.utils import select_proxy

from ringback.client.delivery import delivered
from ringback.client.raising import raise_prepared
from ringback.client.wire import Wire
from ringback.errors import RingbackError, specialise
from ringback.failure import KINDS, Failure, Target, classify
from ringback.failure.codes import kind_of_status
from ringback.failure.target import target_of_url

_NOT_OURS = {"unknown", "not_a_connection_failure"}


def target_of(request: PreparedRequest, proxies: Mapping[str, str] | None) -> Target:
    """Return whom a request is for.

    Args:
        request: The request.
        proxies: As requests chose them for it.
    """
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

    Args:
        error: What was raised.
        target: Whom the call was for.
        wire: What was counted of the exchange, if it began.
    """
    if isinstance(error, RingbackError):
        return error.failure
    failure = classify(error, target=target, reused=wire.reused if wire else None)
    if failure.kind in _NOT_OURS and not isinstance(error, RequestException):
        return None
    certain = delivered(wire, failure)
    return failure if certain == failure.delivered else replace(failure, delivered=certain)


def failure_of_status(response: Response, target: Target) -> Failure:
    """Return the failure that a status of 400 or more means.

    Args:
        response: What came back.
        target: Whom the call was for.
    """
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
