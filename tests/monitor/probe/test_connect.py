import socket
import time

import pytest

from ringback.failure import classify
from ringback.monitor.probe.connect import connect_tcp
from ringback.monitor.probe.outcome import PhaseTimer


class Several:
    """A host with these addresses."""

    def __init__(self, *addresses):
        self.found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in addresses]

    async def addresses(self, host, port, until, family=0):
        return self.found


@pytest.fixture
def open_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def reached(looking, *addresses):
    phases = PhaseTimer()
    until = time.monotonic() + 60
    connected = looking.run(connect_tcp("h", 1, Several(*addresses), phases, until=until))
    with connected:
        return connected.getpeername(), phases


def test_next_address_is_taken_where_one_refuses(looking, open_port, unused_port):
    peer, phases = reached(looking, ("127.0.0.2", unused_port), open_port)

    assert peer == open_port
    assert phases.address == "127.0.0.1"
    assert set(phases.timings) == {"dns"}


def test_next_address_is_taken_where_one_is_silent(looking, open_port, lab):
    silent = lab.start("tcp.timed_out:backlog_full")
    peer, _ = reached(looking, (silent.host, silent.port), open_port)

    assert peer == open_port


def test_every_address_is_reported(looking, unused_port):
    with pytest.raises(ConnectionRefusedError) as raised:
        reached(looking, ("127.0.0.1", unused_port), ("127.0.0.2", unused_port))

    failure = classify(raised.value)
    assert failure.kind == "tcp.refused"
    assert [failed.address for failed in failure.addresses] == [
        f"127.0.0.1:{unused_port}",
        f"127.0.0.2:{unused_port}",
    ]
