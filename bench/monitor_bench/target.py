"""The service that is watched: another process on loopback, which counts what it is asked."""

import asyncio
import contextlib
import multiprocessing
import os
import socket
import time
from collections import defaultdict

from monitor_bench.process import WAIT_TIMEOUT

try:
    from uvloop import new_event_loop
except ImportError:
    from asyncio import new_event_loop

_HEAD = "HTTP/1.1 {}\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
WELL = _HEAD.format("200 OK").encode()
ILL = _HEAD.format("503 Service Unavailable").encode()
BACKLOG = 4096


class Site:
    """What the service knows.

    Attributes:
        count: Requests answered.
        made: Connections taken.
        ill: Endpoints that are answered with status 503.
        heard: Endpoint to when it was asked, on ``time.time()``, and whether it was well; ``None``:
            it does not write that down.
    """

    def __init__(self):
        self.count = self.made = 0
        self.ill = set()
        self.heard = None

    def answer(self, data):
        """Return what is answered to the requests in ``data``."""
        self.count += (count := data.count(b"\r\n\r\n"))
        if self.heard is None:
            return WELL * count
        number = data[data.find(b"?") + 1 : data.index(b" ", 5)]
        if not number.isdigit():
            return WELL  # a diagnosis asks for other things
        endpoint = int(number)
        self.heard[endpoint].append((time.time(), well := endpoint not in self.ill))
        return WELL if well else ILL

    # What the control connection may ask for.

    def asked(self):
        """Return how many requests were answered, over how many connections."""
        return self.count, self.made

    def listen(self):
        """Write down from now on what is asked."""
        self.heard = defaultdict(list)

    def told(self):
        """Return what was written down."""
        return dict(self.heard or {})

    def sicken(self, endpoints):
        """Answer these with 503 from now on, and no others."""
        self.ill = set(endpoints)


class _Answering(asyncio.Protocol):
    def __init__(self, site):
        self._site = site

    def connection_made(self, transport):
        self._transport = transport
        self._site.made += 1

    def data_received(self, data):
        self._transport.write(self._site.answer(data))
        if b"\r\nConnection: close\r\n" in data:
            self._transport.close()


def _serve(pipe, hosts):
    async def run():
        loop, site = asyncio.get_running_loop(), Site()
        sockets = [socket.create_server((hosts[0], 0), backlog=BACKLOG)]
        port = sockets[0].getsockname()[1]
        sockets += [socket.create_server((host, port), backlog=BACKLOG) for host in hosts[1:]]
        for sock in sockets:
            await loop.create_server(lambda: _Answering(site), sock=sock, backlog=BACKLOG)
        ended = asyncio.Event()

        def obey():
            try:
                name, *arguments = pipe.recv()
            except EOFError:
                loop.remove_reader(pipe.fileno())
                ended.set()
            else:
                os.set_blocking(pipe.fileno(), True)  # the loop has it otherwise
                pipe.send(getattr(site, name)(*arguments))

        loop.add_reader(pipe.fileno(), obey)
        pipe.send(port)
        await ended.wait()

    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=new_event_loop) as own:
        own.run(run())


class Target:
    """The service, from outside.

    Attributes:
        port: Where it is.
    """

    def __init__(self, pipe):
        self._pipe = pipe
        self.port = pipe.recv()

    def url(self, number, host="127.0.0.1"):
        """Return the URL of an endpoint by its number."""
        return f"http://{host}:{self.port}/health?{number}"

    def __getattr__(self, name):
        """Return a call of what `Site` offers."""
        if not hasattr(Site, name):
            raise AttributeError(name)

        def call(*arguments):
            self._pipe.send((name, *arguments))
            if not self._pipe.poll(WAIT_TIMEOUT):
                raise TimeoutError(f"the target does not say {name}")
            return self._pipe.recv()

        return call


@contextlib.contextmanager
def target(hosts=("127.0.0.1",)):
    """Serve while the context is open.

    Args:
        hosts: Addresses of loopback.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, hosts), daemon=True)
    process.start()
    there.close()
    try:
        yield Target(here)
    finally:
        here.close()
        process.join(10)
        process.terminate()
        process.join()
