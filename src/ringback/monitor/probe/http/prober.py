"""The probe of an HTTP endpoint: one connection is kept, and made anew from time to time."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import time
from collections.abc import Coroutine
from functools import partial
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin

from ringback.incident.model import Check
from ringback.monitor.probe.handshake import certificate_presented
from ringback.monitor.probe.http.connection import (
    Connection,
    Target,
    connect,
    open_connection,
    request_of,
    target_of,
)
from ringback.monitor.probe.http.judge import UNDECIDED, Judge
from ringback.monitor.probe.outcome import Course, Failed, Refused, failed_of, timed_out
from ringback.monitor.probe.prober import Done, Surroundings, too_slow
from ringback.monitor.probe.tunnel import proxy_of

if TYPE_CHECKING:
    from ringback.monitor.model import Endpoint

MAX_REDIRECTS = 10
"""Redirects that are followed."""


async def follow(prober: HTTPProber, answer: Connection, until: float) -> Connection:
    """Return the answer at the end of the redirects.

    Each hop has a connection of its own, which is ended. Headers of the endpoint, which may be
    secrets, go to its own origin only.
    """
    url, seen = prober.endpoint.url, {urldefrag(prober.endpoint.url)[0]}
    while prober.judge.follows(answer.status) and answer.location is not None:
        url = _joined(url, answer.location)
        if url in seen or len(seen) > MAX_REDIRECTS:
            raise Refused(Failed("http.response.redirect_loop", _loop_detail(seen, url)))
        seen.add(url)
        answer = await _hop(prober, _redirect_target(url), until)
        if answer.failed is not None:
            return answer
    return answer


def _loop_detail(seen: set[str], url: str) -> str:
    return f"redirected {len(seen)} times, " + ("in a circle" if url in seen else "without end")


def _joined(url: str, location: str) -> str:
    try:
        return urldefrag(urljoin(url, location))[0]
    except ValueError:
        raise Refused(_NOWHERE) from None


def _redirect_target(url: str) -> Target:
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


FRESH_AFTER = 10
"""Uses of a connection until a new one is made."""
FRESH_NOT_BEFORE, FRESH_SECONDS = 30.0, 300.0
"""Seconds: it is not made before, whatever the uses, and after the other in any case."""
_SHARE = 0.8
"""Of the time that a server is known to keep a connection: before, an end is unexpected."""
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class HTTPProber:
    """Asks one URL. An answer on the kept connection takes no task.

    Options of the endpoint: ``body`` (what is sent), ``fresh_after`` (uses of a connection, 1: a
    new one each time), ``redirects`` (``False``: they are not followed), ``family`` (4 or 6),
    ``proxy`` (a URL, or ``environment``).

    Args:
        endpoint: What is looked at.
        surroundings: What is shared.

    Raises:
        ValueError: Its URL, a header or its proxy cannot be used.
    """

    __slots__ = (
        "_began",
        "_course",
        "_done",
        "_ended",
        "_fresh_after",
        "_head",
        "_idle",
        "_kept",
        "_kept_since",
        "_lasts",
        "_left",
        "_next_left",
        "_patience",
        "_pending",
        "_request",
        "_task",
        "_timer",
        "endpoint",
        "judge",
        "surroundings",
        "target",
    )

    def __init__(self, endpoint: Endpoint, surroundings: Surroundings) -> None:
        self.endpoint, self.surroundings = endpoint, surroundings
        self.judge = Judge(endpoint.expectations)
        self.target = target_of(endpoint.url)
        body = str(endpoint.options.get("body") or "").encode()
        via = proxy_of(endpoint, self.target.url)
        self._request = request_of(self.target, endpoint.method, endpoint.headers, body, via=via)
        self._head = endpoint.method == "HEAD"
        repeatable = endpoint.method in _REPEATABLE
        wanted = int(endpoint.options.get("fresh_after") or 0) if repeatable else 1
        self._fresh_after = wanted or FRESH_AFTER
        self._lasts = 0.0 if wanted else FRESH_NOT_BEFORE
        # Not all of those that start together make their new connections together.
        self._left = 0
        self._next_left = 1 + hashlib.sha256(endpoint.id.encode()).digest()[7] % self._fresh_after
        self._kept_since = 0.0
        self._kept: Connection | None = None
        self._course: Course | None = None
        self._pending: Failed | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._done: Done | None = None
        self._began = self._ended = 0.0
        self._idle = self._patience = inf

    def begin(self, done: Done) -> None:
        """Look once."""
        self._done = done
        self._began = now = monotonic()
        self._timer = self.surroundings.loop.call_later(self.endpoint.timeout, self._expired)
        kept = self._kept
        if kept is None or not kept.usable or self._is_stale(now - self._kept_since):
            self._drop()
            self._in_task(self._anew())
        else:
            self._left -= 1
            self._ask(kept)

    def cancel(self) -> None:
        """End the look that is under way, without a check."""
        self._done = None
        if self._timer is not None:
            self._timer.cancel()
            self._drop()
        self._settle()

    def close(self) -> None:
        """End everything, and the connection that is kept."""
        self.cancel()
        self._drop()

    def _ask(self, connection: Connection) -> None:
        connection.ask(
            self._request, self._answered, head=self._head, want_body=self.judge.wants_body
        )

    # Making a connection.

    async def _anew(self) -> None:
        course = self._course = Course()
        until = self._began + self.endpoint.timeout
        try:
            connection = await open_connection(
                self.target, self.endpoint, self.surroundings, course, until
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
            await self._not_reached(error, course, until)
            return
        self._keep(connection)
        course.enter("wait")
        self._ask(connection)

    async def _not_reached(self, error: Exception, course: Course, until: float) -> None:
        failed = self._pending = failed_of(error, course.phase)
        if isinstance(error, ssl.SSLCertVerificationError):
            again = partial(connect, self.target, self.endpoint, self.surroundings, until=until)
            course.certificate = await certificate_presented(again, self.target.host, until=until)
        self._end(failed)

    def _is_stale(self, age: float) -> bool:
        return (self._left <= 0 and age >= self._lasts) or age > FRESH_SECONDS

    def _keep(self, connection: Connection) -> None:
        self._kept, self._kept_since = connection, monotonic()
        self._left, self._next_left = self._next_left - 1, self._fresh_after
        self.surroundings.kept += 1
        connection.on_lost = self._lost

    def _lost(self) -> None:
        """Look soon where a server ends a kept connection earlier than it is known to do."""
        self._drop()
        if self._done is None:
            self._idle = monotonic() - self._ended
            if self._idle < self._patience * _SHARE:
                self.surroundings.lost(self.endpoint.id)

    def _drop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            self.surroundings.kept -= 1
            kept.abort()

    # What comes back.

    def _answered(self, answer: Connection) -> None:
        if answer.failed is not None:
            if answer.uses > 1 and not answer.received:
                self._drop()  # kept longer than the server does: that says nothing of the server
                self._in_task(self._anew())
            else:
                self._end(answer.failed, answer)
        elif answer.status >= 300 and self._may_follow(answer):
            self._in_task(self._followed(answer))
        elif self.judge.wants_pattern:
            self._in_task(self._matched(answer))
        else:
            self._end(self._judged(answer), answer)

    def _judged(self, answer: Connection) -> Failed | None:
        try:
            return self.judge.verdict(answer, time.time())
        except Exception as error:  # noqa: BLE001 - an expectation that cannot be read
            said = f"what is expected cannot be used: {error}"[:200]
            return Failed("request.invalid", said, of_target=False)

    def _may_follow(self, answer: Connection) -> bool:
        wanted = self.endpoint.options.get("redirects", True)
        return bool(wanted) and self.judge.follows(answer.status) and answer.location is not None

    async def _followed(self, answer: Connection) -> None:
        try:
            last = await follow(self, answer, self._began + self.endpoint.timeout)
        except Refused as refused:
            self._end(refused.failed, answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
            course = self._course
            self._end(failed_of(error, course.phase if course else "unknown"), answer)
        else:  # what is shown is the endpoint's own, not that of where it redirects to
            last.certificate, last.address = answer.certificate, answer.address
            await self._matched(last)

    async def _matched(self, answer: Connection) -> None:
        failed = answer.failed or self._judged(answer)
        if failed is None and self.judge.wants_pattern:
            self._pending = UNDECIDED
            failed = await self.judge.patterns(answer, self.surroundings.matcher)
        self._end(failed, answer)

    def _expired(self) -> None:
        self._timer = None
        kept, course = self._kept, self._course or Course()
        if self._pending is not None:
            self._end(self._pending)
            return
        if kept is not None and kept.busy:
            course.enter(kept.phase)
            self._end(timed_out(course), kept)
        else:
            self._end(timed_out(course))

    # The end.

    def _end(self, failed: Failed | None, answer: Connection | None = None) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        ended = monotonic()
        if failed is None:
            self._patience = min(self._patience, self._idle)
            failed = too_slow(self.endpoint, ended - self._began)
        self._ended, self._idle = ended, inf
        check = self._check(failed, answer)
        kept = self._kept
        if kept is not None and (kept.lost or kept.busy or not self._may_keep()):
            self._drop()
        self._settle()
        done(check)

    def _check(self, failed: Failed | None, answer: Connection | None) -> Check:
        course = self._course
        timings = course.timings if course is not None else {}
        if answer is not None and answer.received:
            timings["first_byte"] = answer.first_at - answer.sent_at
            timings["transfer"] = self._ended - answer.first_at
        seen = answer or course
        return Check(
            at=time.time(),
            endpoint=self.endpoint.id,
            up=True if failed is None else False if failed.of_target else None,
            kind=failed.kind if failed is not None else None,
            seconds=self._ended - self._began,
            timings=timings,
            vantage=self.surroundings.vantage,
            status=(answer.status or None) if answer is not None else None,
            address=seen.address if seen is not None else None,
            certificate=seen.certificate if seen is not None else None,
            detail=failed.detail if failed is not None else "",
        )

    def hop(self) -> Course:
        """Return the course of the next hop of a redirect, which is the one that is told."""
        self._course = Course()
        return self._course

    def _may_keep(self) -> bool:
        return self._fresh_after > 1 and self.surroundings.kept <= self.surroundings.most_kept

    def _settle(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task(self.surroundings.loop):
            task.cancel()
        self._course = self._pending = None

    def _in_task(self, look: Coroutine[Any, Any, None]) -> None:
        self._task = self.surroundings.loop.create_task(look)
