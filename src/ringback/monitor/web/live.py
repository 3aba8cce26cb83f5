"""Publishes what changes to open pages, by server-sent events, rendered once for all."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import StreamingResponse

from ringback.monitor.web.access import asked_from, require
from ringback.monitor.web.beside import computed
from ringback.monitor.web.overview import live_cards, live_parts
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.monitor.model import EndpointView, UiEvent
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.web.render import Renderer

log = logging.getLogger("ringback")

MAX_PAGES: Final = 100  # Pages that follow at the same time
MAX_PAGES_OF_ONE: Final = 50  # Of them, those of one token, and those of one address
_MAX_WAITING: Final = 16  # messages that a page may be behind
_MAX_SENTENCES: Final = 3  # sentences in one message
_ALL_PARTS: Final = ("counts", "open_incidents", "open_count", "group_counts")
_RELOAD: Final = b"event: reload\ndata: {}\n\n"
_ALIVE: Final = b": alive\n\n"


@dataclass(slots=True)
class _News:
    """Names of what changed, each once: bounded by what there is."""

    checked: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)  # Those whose state is another one
    incidents: set[str] = field(default_factory=set)
    configured: bool = False

    def add(self, news: _News) -> None:
        self.checked |= news.checked
        self.moved |= news.moved
        self.incidents |= news.incidents
        self.configured |= news.configured

    def concern(self, endpoint: str) -> bool:
        """Whether a page about an endpoint shows something else now."""
        known = endpoint in self.moved or endpoint in self.checked
        return known or bool(self.moved or self.incidents) or self.configured


class LiveUpdates:
    """What changes, for all open pages of one monitor."""

    def __init__(
        self,
        queries: MonitorQueries,
        renderer: Renderer,
        *,
        every: float = 1.0,
        alive: float = 15.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._queries, self._renderer, self._every = queries, renderer, every
        self._alive, self._clock = alive, clock
        # Each page with the endpoint that it is about; `None`: with all that the overview shows
        self._pages: dict[asyncio.Queue[bytes], str | None] = {}
        self._open: Counter[str] = Counter()  # Pages by token and by address
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._news = _News()
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether no further page can follow."""
        return len(self._pages) >= MAX_PAGES or self._closed

    def is_full_for(self, who: Iterable[str]) -> bool:
        """Whether no further page can follow of one who is this: by token, by address."""
        return any(self._open[name] >= MAX_PAGES_OF_ONE for name in who)

    async def follow(
        self, endpoint: str | None = None, who: tuple[str, ...] = ()
    ) -> AsyncIterator[bytes]:
        """Yield messages for one page until it goes or the monitor ends.

        ``endpoint``: the one that it is about, so that it is not told of checks of others; ``""``:
        it is about none. ``who`` follows is counted.
        """
        if self.full or self.is_full_for(who):
            return  # of many that asked at the same time
        page: asyncio.Queue[bytes] = asyncio.Queue(_MAX_WAITING)
        self._pages[page] = endpoint
        self._open.update(who)
        try:
            self._start()
            # With the time, by which the page says how long ago something was: it may be an old one
            # that was not sent again.
            yield f"retry: 3000\nevent: now\ndata: {self._clock():.3f}\n\n".encode()
            while page in self._pages:
                yield await self._next(page)
        finally:
            self._pages.pop(page, None)
            self._open.subtract(who)
            self._open = +self._open
            if not self._pages:
                self._stop()

    def close(self) -> None:
        """Publish no more; the open connections end."""
        self._closed = True
        self.end()

    def end(self) -> None:
        """End the open connections; browsers ask for a new one by themselves."""
        pages, self._pages = self._pages, {}
        for page in pages:
            _offer(page, _ALIVE)
        self._stop()

    async def _next(self, page: asyncio.Queue[bytes]) -> bytes:
        # Not wait_for: up to Python 3.11 it can lose a cancellation.
        try:
            async with asyncio.timeout(self._alive):
                return await page.get()
        except TimeoutError:
            return _ALIVE

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._follow_events()),
                asyncio.create_task(self._publish()),
            ]
            for task in self._tasks:
                task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("ringback: live updates have stopped until a page is loaded", exc_info=error)
            self._stop()

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    async def _follow_events(self) -> None:
        async for event in self._queries.subscribe():
            self._note(event)

    def _note(self, event: UiEvent) -> None:
        news = self._news
        if event.what == "config":
            news.configured = True
        if event.endpoint is not None:
            (news.moved if event.what == "state" else news.checked).add(event.endpoint)
        if event.incident is not None:
            news.incidents.add(event.incident)
        self._changed.set()

    async def _publish(self) -> None:
        while True:
            await self._changed.wait()
            await self._queries.kept(self._every)
            news, self._news = self._news, _News()
            self._changed.clear()
            try:
                messages = {
                    shown: await self._message(shown, news)
                    for shown in set(self._pages.values())
                    if shown is None or news.concern(shown)
                }
            except BaseException:
                self._news.add(news)  # what was not told now is told later
                self._changed.set()
                raise
            for page, shown in list(self._pages.items()):
                if shown in messages:
                    _offer(page, messages[shown])
            await asyncio.sleep(self._every)

    async def _message(self, shown: str | None, news: _News) -> bytes:
        """Return what changed, for pages about one endpoint or, ``None``, about all."""
        if shown is None:
            ids = live_cards(self._queries, news.moved, news.checked)
        else:
            ids = [id_ for id_ in (shown,) if id_ in news.moved or id_ in news.checked]
        views = await self._queries.views_of(ids)
        parts: dict[str, Any] = {}
        if news.moved or news.incidents:
            parts = {"open_count": len(self._queries.incidents())}
            if shown is None:
                parts = live_parts(self._queries)
        return await computed(self._rendered, shown, news, views, parts)

    def _rendered(
        self, shown: str | None, news: _News, views: list[EndpointView], parts: dict[str, Any]
    ) -> bytes:
        render = self._renderer.render
        names = _ALL_PARTS if shown is None else ("open_count",)
        data: dict[str, Any] = {
            "endpoints": [view.endpoint.id for view in views],
            "incidents": list(news.incidents),
            "config": news.configured,
            "cards": {
                view.endpoint.id: render("part/card.html", {"view": view, "hidden": False})
                for view in (views if shown is None else ())
            },
            "head": self._head(views[0]) if shown and views else "",
            "row": self._row(views[0], news) if shown and views else "",
            "states": {view.endpoint.id: view.state for view in views},
            "parts": {
                name.replace("_", "-"): render(f"part/{name}.html", parts)
                for name in names
                if parts
            },
            "said": _announcement([view for view in views if view.endpoint.id in news.moved]),
        }
        return f"event: change\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()

    def _head(self, view: EndpointView) -> str:
        context = {"view": view, "endpoint": view.endpoint, "now": self._clock()}
        return self._renderer.render("part/endpoint_head.html", context)

    def _row(self, view: EndpointView, news: _News) -> str:
        if view.last is None or view.endpoint.id not in news.checked:
            return ""
        context = {"view": view, "check": view.last}
        return self._renderer.render("part/check_row.html", context)


def _announcement(moved: list[EndpointView]) -> str:
    event = [
        f"{view.endpoint.name} is {view.state}{f', {view.kind}' if view.kind else ''}."
        for view in moved[:_MAX_SENTENCES]
    ]
    rest = len(moved) - _MAX_SENTENCES
    return " ".join([*event, f"{rest} more changed."] if rest > 0 else event)


def _offer(page: asyncio.Queue[bytes], message: bytes) -> None:
    """Give a page a message; one that is too far behind is told to load anew instead."""
    if page.full():
        while not page.empty():
            page.get_nowait()
        message = _RELOAD
    page.put_nowait(message)


async def live_stream(request: Request) -> StreamingResponse:
    grant, stream = require(request, "read"), site_of(request).live
    if stream.full:
        raise HTTPProblem(503, "too many pages are open", headers={"Retry-After": "30"})
    address = asked_from(request)
    who = (f"address {address}", *((f"token {grant.name}",) if grant.name else ()))
    if stream.is_full_for(who):
        headers = {"Retry-After": "30"}
        raise HTTPProblem(429, "too many pages of yours are open", headers=headers)
    shown = request.query_params.get("endpoint")
    return StreamingResponse(stream.follow(shown, who), media_type="text/event-stream")
