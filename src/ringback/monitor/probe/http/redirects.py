"""Following redirects, as a browser would (RFC 9110, section 15.4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin

from ringback.monitor.probe.failing import Failed, Refused
from ringback.monitor.probe.http.opening import open_connection
from ringback.monitor.probe.http.target import Target, request_of, target_of
from ringback.monitor.probe.tunnel import proxy_of

if TYPE_CHECKING:
    from ringback.monitor.probe.http.connection import Connection
    from ringback.monitor.probe.http.prober import HTTPProber

MOST = 10
"""Redirects that are followed."""


async def follow(prober: HTTPProber, answer: Connection, until: float) -> Connection:
    """Return the answer at the end of the redirects.

    Each hop has a connection of its own, which is ended. Headers of the endpoint, which may be
    secrets, go to its own origin only.

    Args:
        prober: Whose look it is.
        answer: The first redirect.
        until: Lookups give up at this time of ``time.monotonic()``.

    Raises:
        Refused: They lead in a circle, or nowhere.
        OSError: A hop cannot be reached.
    """
    url, seen = prober.endpoint.url, {urldefrag(prober.endpoint.url)[0]}
    while prober.judge.follows(answer.status) and answer.location is not None:
        url = _joined(url, answer.location)
        if url in seen or len(seen) > MOST:
            raise Refused(Failed("http.response.redirect_loop", _told(seen, url)))
        seen.add(url)
        answer = await _hop(prober, _target(url), until)
        if answer.failed is not None:
            return answer
    return answer


def _told(seen: set[str], url: str) -> str:
    return f"redirected {len(seen)} times, " + ("in a circle" if url in seen else "without end")


def _joined(url: str, location: str) -> str:
    try:
        return urldefrag(urljoin(url, location))[0]
    except ValueError:
        raise Refused(_NOWHERE) from None


def _target(url: str) -> Target:
    try:
        return target_of(url)
    except ValueError:
        raise Refused(_NOWHERE) from None


_NOWHERE = Failed("http.response.redirect_invalid", "redirected to a URL that cannot be used")


async def _hop(prober: HTTPProber, target: Target, until: float) -> Connection:
    endpoint = prober.endpoint
    own = target.origin == prober.target.origin
    if own and not target.user:
        target = target._replace(user=prober.target.user)
    method = "HEAD" if endpoint.method == "HEAD" else "GET"
    via = proxy_of(endpoint, target.url)
    request = request_of(target, method, endpoint.headers if own else {}, via=via)
    course = prober.hop()
    connection = await open_connection(target, endpoint, prober.surroundings, course, until)
    course.enter("wait")
    answered: asyncio.Future[Connection] = prober.surroundings.loop.create_future()
    try:
        connection.ask(
            request,
            lambda each: None if answered.done() else answered.set_result(each),
            head=method == "HEAD",
            want_body=prober.judge.wants_body,
        )
        return await answered
    finally:
        connection.abort()
