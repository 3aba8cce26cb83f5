import asyncio
import socket
import time

import pytest

from ringback.client.dial.lookups import LookupTimedOut
from ringback.failure import classify
from ringback.monitor.probe.connect import ProbeResolver, connect_tcp
from ringback.monitor.probe.outcome import PhaseTimer
from ringback.testing.lab.resolver import resolving


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


@pytest.mark.parametrize(
    ("host", "found"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"), ("localhost", "127.0.0.1")],
)
def test_addresses_and_localhost_need_no_nameserver(looking, host, found):
    family = socket.AF_INET if host == "localhost" else 0
    until = time.monotonic() + 30
    (address,) = looking.run(ProbeResolver().addresses(host, 80, until, family=family))

    assert address[4][0] == found


def test_lookup_ends_at_its_deadline_and_blocks_no_other(looking, lab):
    nameserver = lab.start("dns.unreachable:silent").nameserver
    names = ProbeResolver((nameserver,))

    async def many():
        until = time.monotonic() + 0.2
        silent = [names.addresses(f"a{n}.silent.lab.test", 80, until) for n in range(100)]
        waiting = [asyncio.ensure_future(lookup) for lookup in silent]
        await asyncio.sleep(0)
        assert await names.addresses("localhost", 80, time.monotonic() + 30)
        return await asyncio.gather(*waiting, return_exceptions=True)

    with resolving(nameserver, timeout=3.0):
        ended = looking.run(many())

    assert all(isinstance(error, LookupTimedOut) for error in ended)
