"""Serves the web page in the monitor's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import uvicorn

from ringback.failure.target import bracketed
from ringback.monitor.web.app import application
from ringback.monitor.web.settings import WebError

if TYPE_CHECKING:
    from ringback.monitor.commands import MonitorCommands
    from ringback.monitor.fleet.hub import Fleet
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.web.settings import WebSettings
    from ringback.monitor.web.site import Site

_BACKLOG: Final = 128
_MAX_CONNECTIONS: Final = 500
_SHUTDOWN_SECONDS: Final = 3  # seconds that responses have to end


class _Server(uvicorn.Server):
    """A server that leaves signals to the program it is part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(settings: WebSettings) -> socket.socket:
    """Return a socket that listens for the page, so that what is wrong shows before all else."""
    settings.verify()
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        why = (error.strerror or "").partition(" (while")[0]  # create_server repeats the address
        raise WebError(
            f"the web page cannot listen on {where}: {why}; choose another with --host or --port"
        ) from error


class PageServer:
    """The page of a monitor on the address where it listens."""

    def __init__(
        self,
        queries: MonitorQueries,
        commands: MonitorCommands,
        settings: WebSettings,
        *,
        fleet: Fleet | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        self._listener = listener or listen(settings)
        self._app = application(queries, commands, settings, fleet=fleet)
        self._site: Site = self._app.state.site

    def configure(self, settings: WebSettings) -> None:
        """Serve it so from the next request on; the address stays what it was."""
        before = self._site.settings
        settings = replace(settings, host=before.host, port=before.port)
        settings.verify()
        self._site.configure(settings)

    async def run(self, ready: Callable[[str], None] = lambda _: None) -> None:
        """Serve it until it is cancelled; then what is being answered is ended."""
        server = _Server(
            uvicorn.Config(
                self._app,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_MAX_CONNECTIONS,
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[self._listener]))
        try:
            await _started(server, serving)
            ready(self._site.settings.base_url.rstrip("/") or _url(self._listener))
            await asyncio.shield(serving)
        finally:
            self._site.live.close()
            server.should_exit = True
            await serving


async def _started(server: _Server, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)  # uvicorn tells nobody


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{bracketed(host)}:{port}"
