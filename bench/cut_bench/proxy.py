"""A proxy that ends or damages a connection after so many bytes of one direction."""

import contextlib
import select
import socket
import struct
import threading
import time

SILENT_SECONDS = 3.5
"""How long it keeps a connection that it lets go silent; the drivers wait for 3 s."""
_SETTLES = 0.02
"""Seconds that what was passed on gets to arrive, before an end can overtake it."""


class CuttingProxy:
    """Passes on to a port of this host; ``begin`` says what becomes of the connections after it.

    With settings of TLS it ends TLS itself, before a port that speaks none, and counts plain bytes.
    """

    def __init__(self, port, tls=None):
        self._to = port
        self._tls = tls
        self._plan = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.passed = {"up": 0, "down": 0}  # Bytes, the most of one connection

    def begin(self, plan):
        """Note ``(way, bytes, how)``, or that nothing is cut (None)."""
        self._plan, self.connections, self.passed = plan, 0, {"up": 0, "down": 0}

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, accepted):
        with (
            contextlib.suppress(OSError),  # one of them has ended it
            self._taken(accepted) as client,
            socket.create_connection(("127.0.0.1", self._to)) as server,
        ):
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pass_on(client, server, self._plan, {"up": 0, "down": 0})

    def _taken(self, client):
        if self._tls is None:
            return client
        client.settimeout(20)
        return self._tls.wrap_socket(client, server_side=True)

    def _pass_on(self, client, server, plan, passed):
        ways = {client: ("up", server), server: ("down", client)}
        damaged = False  # so that they may wait for each other
        while (found := select.select(ways, [], [], SILENT_SECONDS)[0]) or not damaged:
            for ready in found:
                way, other = ways[ready]
                data = ready.recv(65536)
                if not data:
                    return
                place = plan[1] - passed[way] if plan and plan[0] == way else 0
                if 0 < place <= len(data):
                    if plan[2] != "alert":
                        other.sendall(data[:place])
                        self._end(client, plan[2])
                        return
                    damaged = True
                    data = data[: place - 1] + bytes([data[place - 1] ^ 1]) + data[place:]
                other.sendall(data)
                passed[way] += len(data)
                self.passed[way] = max(self.passed[way], passed[way])

    def _end(self, client, how):
        time.sleep(_SETTLES)
        if how == "silence":
            time.sleep(SILENT_SECONDS)
        if how == "rst":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how == "close":
            client.settimeout(_SETTLES * 10)
            client.unwrap()
