"""Publishes what changes to open pages, by server-sent events, rendered once for all."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import StreamingResponse

from ringback.monitor.web.access import require
from ringback.monitor.web.request import HTTPProblem
from ringback.monitor.web.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from ringback.monitor.model import EndpointView, UiEvent
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.web.render import Renderer

log = logging.getLogger("ringback")

MAX_PAGES: Final = 100  # Pages that follow at the same time
_MAX_WAITING: Final = 16  # messages that a page may be behind
_MAX_CARDS: Final = 200  # in one message; changes of state come first
_MAX_SENTENCES: Final = 3  # sentences in one message
_RELOAD: Final = b"event: reload\ndata: {}\n\n"
_ALIVE: Final = b": alive\n\n"


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
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._checked: set[str] = set()
        self._moved: set[str] = set()
        self._incidents: set[str] = set()
        self._configured = False
        self._closed = False

    @property
    def full(self) -> bool:
        """Whether no further page can follow."""
        return len(self._pages) >= MAX_PAGES or self._closed

    async def follow(self, endpoint: str | None = None) -> AsyncIterator[bytes]:
        """Yield messages for one page until it goes or the monitor ends.

        ``endpoint``: the one that it is about, so that it is not told of checks of others; ``""``:
        it is about none.
        """
        page: asyncio.Queue[bytes] = asyncio.Queue(_MAX_WAITING)
        self._pages[page] = endpoint
        try:
            self._start()
            # With the time, by which the page says how long ago something was: it may be an old one
            # that was not sent again.
            yield f"retry: 3000\nevent: now\ndata: {self._clock():.3f}\n\n".encode()
            while page in self._pages:
                yield await self._next(page)
        finally:
            self._pages.pop(page, None)
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
        # Names of what changed, each once: bounded by what there is.
        if event.what == "config":
            self._configured = True
        if event.endpoint is not None:
            (self._moved if event.what == "state" else self._checked).add(event.endpoint)
        if event.incident is not None:
            self._incidents.add(event.incident)
        self._changed.set()

    async def _publish(self) -> None:
        while True:
            await self._changed.wait()
            await self._queries.kept(self._every)
            changed = self._moved | self._checked
            messages = {
                shown: self._message(shown)
                for shown in set(self._pages.values())
                if shown is None
                or shown in changed
                or self._moved
                or self._incidents
                or self._configured
            }
            self._checked, self._moved, self._incidents = set(), set(), set()
            self._configured = False
            self._changed.clear()
            for page, shown in self._pages.items():
                if shown in messages:
                    _offer(page, messages[shown])
            await asyncio.sleep(self._every)

    def _message(self, shown: str | None) -> bytes:
        """Return what changed, for pages about one endpoint or, ``None``, about all."""
        ids = [*self._moved, *(self._checked - self._moved)][:_MAX_CARDS]
        if shown is not None:
            ids = [id_ for id_ in (shown,) if id_ in self._moved or id_ in self._checked]
        views = [view for id_ in ids if (view := self._queries.view(id_)) is not None]
        moved = [view for view in views if view.endpoint.id in self._moved]
        data: dict[str, Any] = {
            "endpoints": ids,
            "incidents": list(self._incidents),
            "config": self._configured,
            "cards": {
                view.endpoint.id: self._renderer.render("part/card.html", {"view": view})
                for view in (views if shown is None else ())
            },
            "head": self._head(views[0]) if shown and views else "",
            "states": {view.endpoint.id: view.state for view in views},
            "parts": self._parts(shown) if self._moved or self._incidents else {},
            "said": _announcement(moved),
        }
        return f"event: change\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()

    def _head(self, view: EndpointView) -> str:
        context = {"view": view, "endpoint": view.endpoint, "now": self._clock()}
        return self._renderer.render("part/endpoint_head.html", context)

    def _parts(self, shown: str | None) -> dict[str, str]:
        incidents = self._queries.incidents()
        context = {
            "counts": self._queries.states(),
            "incidents": incidents,
            "open_count": len(incidents),
            "names": {found.id: found.name for found in self._queries.endpoints()},
        }
        names = ("counts", "open-incidents", "open-count") if shown is None else ("open-count",)
        return {
            name: self._renderer.render(f"part/{name.replace('-', '_')}.html", context)
            for name in names
        }


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
    require(request, "read")
    stream = site_of(request).live
    if stream.full:
        raise HTTPProblem(503, "too many pages are open", headers={"Retry-After": "30"})
    shown = request.query_params.get("endpoint")
    return StreamingResponse(stream.follow(shown), media_type="text/event-stream")
