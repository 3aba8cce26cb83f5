"""Serves the web page in the monitor's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import uvicorn

from ringback.failure.target import bracketed
from ringback.monitor.web.app import application
from ringback.monitor.web.port import PortProtocol
from ringback.monitor.web.settings import WebError

if TYPE_CHECKING:
    from ringback.monitor.commands import MonitorCommands
    from ringback.monitor.fleet.hub import Fleet
    from ringback.monitor.program import Program
    from ringback.monitor.queries import MonitorQueries
    from ringback.monitor.store.postgres.lead import Lead
    from ringback.monitor.web.settings import WebSettings
    from ringback.monitor.web.site import Site

log = logging.getLogger("ringback")

_BACKLOG: Final = 128
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


class PageCertificate:
    """The certificate of the page; one that is renewed in its file is used from then on."""

    def __init__(self, settings: WebSettings) -> None:
        assert settings.certificate is not None
        self._files = (settings.certificate, settings.key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._written = self._versions()
        self._load()

    async def mind(self) -> None:
        """Look for a renewed one until it is cancelled; one that cannot be used is reported."""
        while True:
            await asyncio.sleep(RENEWAL_INTERVAL)
            written = await asyncio.to_thread(self._versions)
            if written == self._written:
                continue
            self._written = written
            try:
                # What is wrong shows in a context of its own, while the page goes on with the old.
                await asyncio.to_thread(self._load_into, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
                self._load()
                log.info("ringback: the renewed certificate %s is in use", self._files[0])
            except WebError as error:
                log.warning("ringback: the old certificate is kept: %s", error)

    def _load(self) -> None:
        self._load_into(self.context)

    def _load_into(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files
        named = f"web.certificate {certificate}" + (f" with web.key {key}" if key else "")
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except ssl.SSLError as error:
            why = _WRONG_FILES.get(error.reason or "", "it needs a certificate and a key in PEM")
            raise WebError(f"{named} cannot be used: {why}") from error
        except OSError as error:
            raise WebError(f"{named} cannot be read: {error.strerror or error}") from error

    def _versions(self) -> list[tuple[int, int] | None]:
        found: list[tuple[int, int] | None] = []
        for file in self._files:
            try:
                state = file.stat() if file else None
            except OSError:
                state = None
            found.append((state.st_mtime_ns, state.st_size) if state else None)
        return found


_WRONG_FILES = {
    "KEY_VALUES_MISMATCH": "the key belongs to another certificate",
    "BAD_PASSWORD_READ": "the key has a password; give one without",
}
RENEWAL_INTERVAL = 60.0  # Seconds between two looks at the files


def _no_password() -> str:
    raise WebError("the key in web.key has a password; give one without")


class PageServer:
    """The page of a monitor on the address where it listens."""

    def __init__(
        self,
        queries: MonitorQueries,
        commands: MonitorCommands,
        settings: WebSettings,
        *,
        fleet: Fleet | None = None,
        lead: Lead | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        self._tls = PageCertificate(settings) if settings.certificate else None
        self._listener = listener or listen(settings)
        self._app = application(queries, commands, settings, fleet=fleet, lead=lead)
        self._site: Site = self._app.state.site

    @property
    def url(self) -> str:
        """Where people reach it."""
        settings = self._site.settings
        return settings.base_url.rstrip("/") or _url(settings.scheme, self._listener)

    def serve(self, program: Program) -> None:
        """Show another program from now on."""
        self._site.serve(program.queries, program.commands, program.fleet)

    def configure(self, settings: WebSettings) -> None:
        """Serve it so from the next request on; the address stays what it was."""
        before = self._site.settings
        at_start = {name: getattr(before, name) for name in ("host", "port", "certificate", "key")}
        settings = replace(settings, **at_start)
        settings.verify()
        self._site.configure(settings)

    async def run(self, ready: Callable[[str], None] = lambda _: None) -> None:
        """Serve it until it is cancelled; then what is being answered is ended."""
        config = uvicorn.Config(
            self._app,
            http=PortProtocol,
            ws="none",
            log_level="error",  # not a line for each odd request, which anybody may send
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        config.load()
        config.ssl = self._tls.context if self._tls else None
        server = _Server(config)
        renewing = asyncio.create_task(self._tls.mind()) if self._tls else None
        serving = asyncio.create_task(server.serve(sockets=[self._listener]))
        try:
            await _started(server, serving)
            ready(self.url)
            await asyncio.shield(serving)
        finally:
            if renewing:
                renewing.cancel()
            self._site.live.close()
            server.should_exit = True
            await serving


async def _started(server: _Server, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():
        await asyncio.sleep(0.005)  # uvicorn tells nobody


def _url(scheme: str, listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://{bracketed(host)}:{port}"
