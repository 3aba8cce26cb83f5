"""The probe of an HTTP endpoint: one connection is kept, and made anew from time to time."""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import inf
from time import monotonic, thread_time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urldefrag, urljoin

from ringback.client.dial.address import is_literal
from ringback.failure.target import bracketed
from ringback.incident.cause import registrable_domain
from ringback.incident.model import first_to_end
from ringback.monitor.probe.handshake import explain_refusal
from ringback.monitor.probe.http.connection import (
    ProbeConnection,
    RequestTarget,
    connect_target,
    open_http_connection,
    request_bytes,
    request_target,
)
from ringback.monitor.probe.http.judge import UNDECIDED, ResponseJudge
from ringback.monitor.probe.outcome import (
    PhaseTimer,
    ProbeError,
    ProbeFailure,
    ProbeNotes,
    notes_of,
    probe_failure_of,
    timeout_failure,
)
from ringback.monitor.probe.prober import OnDone, ProbeContext, check_of, too_slow
from ringback.monitor.probe.tunnel import endpoint_proxy

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping
    from http.cookiejar import CookieJar
    from urllib.request import Request

    from ringback.incident.model import Check
    from ringback.monitor.model import Endpoint

MAX_REDIRECTS = 10  # Redirects that are followed
MAX_COOKIES = 50  # Cookies that one answer sets; those after them are left
_MAX_COOKIE = 4096  # Bytes of a cookie with its attributes (RFC 6265, section 6.1)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class RedirectCookies:
    """The cookies that the redirects of one check set, for the requests after them (RFC 6265).

    Each registered domain has a jar of its own, and so has each host that is part of none: what
    ``http.cookiejar`` takes for the same host beyond the RFC never gets from one to another.
    """

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def take(self, answer: ProbeConnection, target: RequestTarget) -> None:
        lines = [value.decode("latin-1") for name, value in answer.headers if name == b"set-cookie"]
        good = [each for each in lines if len(each) <= _MAX_COOKIE and not _CONTROL.search(each)]
        if not good:
            return
        from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 - rare; 4 MB

        strict = DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain)
        jar = self._jars.setdefault(_site(target.host), CookieJar(strict))
        message = SimpleNamespace(get_all={"Set-Cookie": good[:MAX_COOKIES]}.get)
        jar.extract_cookies(cast("Any", SimpleNamespace(info=lambda: message)), _named(target))

    def header(self, target: RequestTarget) -> str:
        """Return what a request brings; ``""``: no cookie."""
        jar = self._jars.get(_site(target.host)) if self._jars else None
        if jar is None:
            return ""
        request = _named(target)
        jar.add_cookie_header(request)
        return request.get_header("Cookie") or ""


def _site(host: str) -> str:
    return host if is_literal(host) else registrable_domain(host) or host


def _named(target: RequestTarget) -> Request:
    """Return a request as ``http.cookiejar`` wants it."""
    from urllib.request import Request  # noqa: PLC0415 - as above

    url = target._replace(host=target.host.encode("idna").decode()).url
    return Request(url.removesuffix("/") + target.path)  # noqa: S310 - nothing is opened


def _with_cookies(headers: Mapping[str, str], cookies: str) -> Mapping[str, str]:
    """Return headers with cookies, which take the place of those of the same name."""
    if not cookies:
        return headers
    newer = {pair.partition("=")[0] for pair in cookies.split("; ")}
    given = "; ".join(value for name, value in headers.items() if name.lower() == "cookie")
    kept = [pair for pair in given.split("; ") if pair and pair.partition("=")[0] not in newer]
    others = {name: value for name, value in headers.items() if name.lower() != "cookie"}
    return {**others, "Cookie": "; ".join([*kept, cookies])}


async def follow_redirects(
    prober: HTTPProber, answer: ProbeConnection, until: float
) -> ProbeConnection:
    """Return the answer at the end of the redirects.

    Each hop has a connection of its own, which is ended. Headers of the endpoint, which may be
    secrets, go to its own origin only, and cookies to the hosts that they are of. They make a
    request for the same URL another one, which is no circle.
    """
    cookies, brought = RedirectCookies(), ""
    url, target = urldefrag(prober.endpoint.url)[0], prober.target
    seen, others = {(url, brought)}, answer.other_certificate
    while prober.judge.follows(answer.status) and answer.location is not None:
        cookies.take(answer, target)
        with _usable_url():
            url = urldefrag(urljoin(url, answer.location))[0]
            target = request_target(url)
            brought = cookies.header(target)
        if (url, brought) in seen or len(seen) > MAX_REDIRECTS:
            how = "in a circle" if (url, brought) in seen else "without end"
            detail = f"redirected {len(seen)} times, {how}"
            raise ProbeError(ProbeFailure("http.response.redirect_loop", detail))
        may_redirect = prober.endpoint.options.get("may_redirect")
        if may_redirect is not None and not may_redirect(url):
            raise ProbeError(_NOT_ALLOWED)
        seen.add((url, brought))
        prober.note_redirect(answer)
        answer = await _hop(prober, target, until, brought)
        answer.other_certificate = others = first_to_end(others, answer.other_certificate)
        if answer.failure is not None:
            return answer
    return answer


@contextmanager
def _usable_url() -> Iterator[None]:
    try:
        yield
    except ValueError:
        raise ProbeError(_NOWHERE) from None


_NOWHERE = ProbeFailure("http.response.redirect_invalid", "redirected to a URL that cannot be used")

_NOT_ALLOWED = ProbeFailure(
    "http.response.redirect_invalid", "redirected to a target that is not in probe_allow.targets"
)


async def _hop(
    prober: HTTPProber, target: RequestTarget, until: float, cookies: str
) -> ProbeConnection:
    endpoint = prober.endpoint
    own = target.origin == prober.target.origin
    if own and not target.user:
        target = target._replace(user=prober.target.user)
    method = "HEAD" if endpoint.method == "HEAD" else "GET"
    via = endpoint_proxy(endpoint, target.url)
    headers = _with_cookies(endpoint.headers if own else {}, cookies)
    request = request_bytes(target, method, headers, via=via, last=True)
    phases = prober.hop()
    connection = await open_http_connection(target, endpoint, prober.context, phases, until)
    if connection.certificate is not None and not own:
        whose = f"the redirect target {bracketed(target.host)}:{target.port}"
        others = (connection.other_certificate, replace(connection.certificate, whose=whose))
        connection.other_certificate = first_to_end(*others)
    phases.enter("wait")
    answered: asyncio.Future[ProbeConnection] = prober.context.loop.create_future()
    try:
        connection.ask(
            request,
            lambda each: None if answered.done() else answered.set_result(each),
            head=method == "HEAD",
            want_body=prober.judge.wants_body,
            closing=prober.context.closing,
        )
        return await answered
    finally:
        if not connection.lost:
            connection.abort()


_LENGTH = re.compile(r"[0-9]{1,18}")
MAX_USES = 10  # Uses of a connection until a new one is made
MIN_CONNECTION_SECONDS, MAX_CONNECTION_SECONDS = 30.0, 300.0
"""Seconds: it is not made before, whatever the uses, and after the other in any case."""
_EXPECTED_SHARE = 0.8
"""Of the time that a server is known to keep a connection: before, an end is unexpected."""
SUSPICIOUS_CHECKS = 24
"""Checks after a failure that each take a new connection: of several servers behind one address,
one that is dead is met by new connections only, and one that is kept would hide it."""
_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class HTTPProber:
    """Asks one URL. An answer on the kept connection takes no task.

    Options of the endpoint: ``body`` (what is sent), ``fresh_after`` (uses of a connection, 1: a
    new one each time), ``redirects`` (``False``: they are not followed), ``family`` (4 or 6),
    ``proxy`` (a URL, or ``environment``), ``may_redirect`` (says of a URL whether it is followed).
    """

    __slots__ = (
        "_began", "_done", "_ended", "_fresh_after", "_head", "_idle", "_kept", "_kept_since",
        "_lasts", "_left", "_next_left", "_pending_failure", "_phases", "_request",
        "_server_idle_limit", "_suspicious", "_task", "_timer", "context", "endpoint", "judge",
    )  # fmt: skip

    def __init__(self, endpoint: Endpoint, context: ProbeContext) -> None:
        self.endpoint, self.context = endpoint, context
        self.judge = ResponseJudge.of(endpoint.expectations)
        target = self.target
        body = str(endpoint.options.get("body") or "").encode()
        via = endpoint_proxy(endpoint, target.url)
        self._head = endpoint.method == "HEAD"
        repeatable = endpoint.method in _REPEATABLE
        wanted = int(endpoint.options.get("fresh_after") or 0) if repeatable else 1
        self._request = request_bytes(
            target, endpoint.method, endpoint.headers, body, via=via, last=wanted == 1
        )
        self._fresh_after = wanted or MAX_USES
        self._lasts = 0.0 if wanted else MIN_CONNECTION_SECONDS
        # Not all of those that start together make their new connections together.
        self._left = 0
        self._next_left = 1 + hashlib.sha256(endpoint.id.encode()).digest()[7] % self._fresh_after
        self._kept_since = 0.0
        self._suspicious = 0  # For how many checks each takes a new connection
        self._kept: ProbeConnection | None = None
        self._phases: PhaseTimer | None = None
        self._pending_failure: ProbeFailure | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._done: OnDone | None = None
        self._began = self._ended = 0.0
        self._idle = self._server_idle_limit = inf

    @property
    def target(self) -> RequestTarget:
        """Where a connection goes: made when one is, so that it is not held for each endpoint."""
        return request_target(self.endpoint.url)

    def begin(self, done: OnDone) -> None:
        self._done = done
        self._began = now = monotonic()
        self._timer = self.context.loop.call_later(self.endpoint.timeout, self._expired)
        kept = self._kept
        if kept is None or not kept.usable or self._is_stale(now - self._kept_since):
            self._drop()
            self._in_task(self._connect_anew())
        else:
            self._left -= 1
            self._ask(kept)

    def cancel(self) -> None:
        self._done = None
        if self._timer is not None:
            self._timer.cancel()
            self._drop()
        self._settle()

    def close(self) -> None:
        """End everything, and the connection that is kept."""
        self.cancel()
        self._drop()

    def _ask(self, connection: ProbeConnection) -> None:
        connection.ask(
            self._request, self._on_answer, head=self._head, want_body=self.judge.wants_body,
            closing=self.context.closing if self._fresh_after == 1 else None,
        )  # fmt: skip

    # Making a connection.

    async def _connect_anew(self) -> None:
        phases = self._phases = PhaseTimer()
        until = self._began + self.endpoint.timeout
        try:
            connection = await open_http_connection(
                self.target, self.endpoint, self.context, phases, until
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
            await self._not_reached(error, phases, until)
            return
        self._keep(connection)
        phases.enter("wait")
        self._ask(connection)

    async def _not_reached(self, error: Exception, phases: PhaseTimer, until: float) -> None:
        failure = self._pending_failure = probe_failure_of(error, phases.phase)
        if isinstance(error, ssl.SSLError):
            target = self.target
            again = partial(connect_target, target, self.endpoint, self.context, until=until)
            error = await explain_refusal(error, again, target.host, until=until, phases=phases)
            failure = probe_failure_of(error, phases.phase)
        self._end(failure)

    def _is_stale(self, age: float) -> bool:
        return (self._left <= 0 and age >= self._lasts) or age > MAX_CONNECTION_SECONDS

    def _keep(self, connection: ProbeConnection) -> None:
        self._kept, self._kept_since = connection, monotonic()
        self._left, self._next_left = self._next_left - 1, self._fresh_after
        self.context.kept += 1
        connection.on_lost = self._lost

    def _lost(self) -> None:
        """Check soon where a server ends a kept connection earlier than it is known to do."""
        self._drop()
        if self._done is None:
            self._idle = monotonic() - self._ended
            if self._idle < self._server_idle_limit * _EXPECTED_SHARE:
                self.context.on_lost(self.endpoint.id)

    def _drop(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            self.context.kept -= 1
            if not kept.lost:  # one that the server is about to end is left to it
                kept.abort()

    # What comes back.

    def _on_answer(self, answer: ProbeConnection) -> None:
        if answer.failure is not None:
            if answer.uses > 1 and not answer.received:
                self._drop()  # kept longer than the server does: that says nothing of the server
                self._in_task(self._connect_anew())
            else:
                self._end(answer.failure, answer)
        elif answer.status >= 300 and self._may_follow(answer):
            self._in_task(self._after_redirects(answer))
        elif self.judge.wants_pattern:
            self._in_task(self._with_patterns(answer))
        else:
            self._end(self._failure_of(answer), answer)

    def _failure_of(self, answer: ProbeConnection) -> ProbeFailure | None:
        if not self.judge.wants_body:
            return self._judged(answer)
        began = thread_time()
        try:
            return self._judged(answer)
        finally:
            answer.spent += thread_time() - began

    def _judged(self, answer: ProbeConnection) -> ProbeFailure | None:
        try:
            return self.judge.failure_of(answer, time.time())
        except Exception as error:  # noqa: BLE001 - an expectation that cannot be read
            detail = f"what is expected cannot be used: {error}"[:200]
            return ProbeFailure("request.invalid", detail, of_target=False)

    def _may_follow(self, answer: ProbeConnection) -> bool:
        wanted = self.endpoint.options.get("redirects", True)
        return bool(wanted) and self.judge.follows(answer.status) and answer.location is not None

    async def _after_redirects(self, answer: ProbeConnection) -> None:
        try:
            last = await follow_redirects(self, answer, self._began + self.endpoint.timeout)
        except ProbeError as refused:
            self._end(refused.failure, answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result
            phases = self._phases
            self._end(probe_failure_of(error, phases.phase if phases else "unknown"), answer)
        else:  # what is shown is the endpoint's own, not that of where it redirects to
            last.certificate, last.address = answer.certificate, answer.address
            await self._with_patterns(last)

    async def _with_patterns(self, answer: ProbeConnection) -> None:
        failure = answer.failure or self._failure_of(answer)
        if failure is None and self.judge.wants_pattern:
            self._pending_failure = UNDECIDED
            failure = await self.judge.pattern_failure(answer, self.context.matcher)
        self._end(failure, answer)

    def _expired(self) -> None:
        self._timer = None
        kept, phases = self._kept, self._phases or PhaseTimer()
        if self._pending_failure is not None:
            self._end(self._pending_failure)
            return
        if kept is not None and kept.busy:
            phases.enter(kept.phase)
            self._end(timeout_failure(phases), kept)
        else:
            self._end(timeout_failure(phases))

    # The end.

    def _end(self, failure: ProbeFailure | None, answer: ProbeConnection | None = None) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        ended = monotonic()
        if failure is None:
            self._server_idle_limit = min(self._server_idle_limit, self._idle)
            failure = too_slow(self.endpoint, ended - self._began)
        self._ended, self._idle = ended, inf
        self._suspicious = SUSPICIOUS_CHECKS if failure else max(0, self._suspicious - 1)
        check = self._check(failure, answer)
        kept = self._kept
        if kept is not None and (kept.lost or kept.busy or not self._may_keep()):
            self._drop()
        elif kept is not None:
            kept.rest()
        self._settle()
        done(check)

    def _check(self, failure: ProbeFailure | None, answer: ProbeConnection | None) -> Check:
        phases = self._phases
        if answer is not None and answer.spent:
            self.context.spent[self.endpoint.id] += answer.spent
        timings = phases.timings if phases is not None else {}
        if answer is not None and answer.received:
            timings["first_byte"] = answer.first_at - answer.sent_at
            timings["transfer"] = self._ended - answer.first_at
        if (notes := notes_of(self.endpoint)) is not None:
            self._note(notes, answer)
        seen = answer or phases
        return check_of(
            self.endpoint,
            self.context.vantage,
            failure,
            remark=answer.remark if answer is not None else "",
            seconds=self._ended - self._began,
            timings=timings,
            status=(answer.status or None) if answer is not None else None,
            address=seen.address if seen is not None else None,
            certificate=seen.certificate if seen is not None else None,
            other_certificate=seen.other_certificate if seen is not None else None,
        )

    def note_redirect(self, answer: ProbeConnection) -> None:
        """Note what an exchange took that ends in a redirect, where somebody asked."""
        notes = notes_of(self.endpoint)
        if notes is None:
            return
        notes.redirects += 1
        first_byte = answer.first_at - answer.sent_at
        taken = {"first_byte": first_byte, "transfer": monotonic() - answer.first_at}
        for phase, seconds in [*taken.items(), *(self._phases or PhaseTimer()).timings.items()]:
            notes.redirected[phase] = notes.redirected.get(phase, 0.0) + seconds
        notes.tls_version, notes.chain, notes.verified = "", (), ()

    def _note(self, notes: ProbeNotes, answer: ProbeConnection | None) -> None:
        phases = self._phases
        if answer is None:
            notes.phase = phases.phase if phases is not None else "unknown"
            return
        notes.phase = answer.phase
        length = answer.header(b"content-length")
        notes.http_version, notes.body_length = answer.http_version, answer.size
        notes.content_length = int(length) if _LENGTH.fullmatch(length) else None
        notes.last_modified = answer.header(b"last-modified")

    def hop(self) -> PhaseTimer:
        """Return the phases of a redirect's next hop, which are the ones recorded."""
        self._phases = PhaseTimer()
        return self._phases

    def _may_keep(self) -> bool:
        if self._suspicious:
            return False
        return self._fresh_after > 1 and self.context.kept <= self.context.max_kept

    def _settle(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task(self.context.loop):
            task.cancel()
        self._phases = self._pending_failure = None

    def _in_task(self, check: Coroutine[Any, Any, None]) -> None:
        self._task = self.context.loop.create_task(check)
