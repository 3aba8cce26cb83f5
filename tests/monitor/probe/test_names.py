import asyncio
import socket
import time

import pytest

from ringback.client.dial.lookups import LookupTimedOut
from ringback.monitor.probe.connect import ProbeResolver
from ringback.testing.lab.resolver import resolving


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
