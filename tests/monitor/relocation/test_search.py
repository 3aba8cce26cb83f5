import asyncio
import contextlib
import itertools
import json
import socket

import pytest
from monitor.relocation.services import http, nameserver

from ringback.incident.model import Check
from ringback.incident.pattern import pattern_of_diagnosis
from ringback.monitor.model import Endpoint
from ringback.monitor.probe.connect import ProbeResolver
from ringback.monitor.relocation.fingerprint import observe_twice
from ringback.monitor.relocation.location import location_of
from ringback.monitor.relocation.search import SearchLimits, find_relocation
from ringback.monitor.relocation.watcher import RelocationWatcher
from ringback.testing.lab import Lab


@pytest.fixture(scope="module")
def certificates():
    with Lab() as lab:
        yield lab.certificates


def endpoint(port, *, type_="http", scheme="http", host="127.0.0.1", path="/health", **more):
    url = f"{scheme}://{host}:{port}{path if type_ == 'http' else ''}"
    return Endpoint(id="orders", name="Orders", url=url, type=type_, **more)


async def known(one):
    return (await observe_twice(one, location_of(one), ProbeResolver())).fingerprint


def run(coroutine):
    return asyncio.run(coroutine)


def test_neighbouring_ports_are_tried_only_where_the_host_is_ones_own(free_ports):
    async def story():
        base = free_ports(3)
        asked = []
        async with http(base):
            identity = await known(endpoint(base))
            assert await find_relocation(endpoint(base), identity) is None  # it has not moved
        async with http(base + 2, asked=asked):
            other = await find_relocation(endpoint(base), identity)
            assert not asked
            return base, other, await find_relocation(endpoint(base, mine=True), identity)

    base, other, found = run(story())
    assert other is None
    assert (found.location.port, found.location.source) == (base + 2, "neighbouring")


def test_a_certificates_key_decides_also_where_the_answer_always_differs(free_ports, certificates):
    counter = itertools.count()

    def changing():
        return b"requests so far: %d" % next(counter)

    async def story():
        base = free_ports(4)
        one = endpoint(base, scheme="https", ports=(base + 1, base + 2))
        good = certificates.server()
        async with http(base, body=changing, tls=good):
            identity = await known(one)
        other = certificates.server("expired")
        async with (
            http(base + 1, body=changing, tls=other),
            http(base + 2, body=changing, tls=good),
        ):
            return base, identity, await find_relocation(one, identity)

    base, identity, found = run(story())
    assert identity.answer == "200"
    assert found.location.port == base + 2
    assert found.recognition.matched == ("key", "answer", "server")


@pytest.mark.parametrize(
    ("type_", "owner", "says"),
    [
        ("SRV", "_https._tcp.localhost.", "0 0 {} localhost."),
        ("HTTPS", "_{}._https.localhost.", "1 localhost. port={}"),
    ],
)
def test_where_its_records_point_it_is_found(free_ports, certificates, type_, owner, says):
    async def story():
        base = free_ports(3)
        good = certificates.server()
        one = endpoint(base, scheme="https", host="localhost")
        async with http(base, tls=good):
            identity = await known(one)
        record = (owner.format(base), 60, "IN", type_, says.format(base + 2))
        async with nameserver(*record) as server, http(base + 2, tls=good):
            return base, await find_relocation(one, identity, nameservers=[server])

    base, found = run(story())
    assert (found.location.host, found.location.port) == ("localhost", base + 2)
    assert found.location.source == f"{type_} record"


def test_no_credentials_are_sent_to_a_strange_port(free_ports):
    async def story():
        base = free_ports(2)
        asked = []
        one = Endpoint(
            id="e",
            name="E",
            url=f"http://u:s3cret@127.0.0.1:{base}/health?token=s3cret",
            type="http",
            headers={"Authorization": "s3cret"},
            ports=(base + 1,),
        )
        async with http(base, asked=asked):
            identity = await known(one)
        async with http(base + 1, asked=asked):
            assert await find_relocation(one, identity) is not None
        return asked

    asked = run(story())
    assert len(asked) == 3
    assert all(head.startswith("GET /health HTTP/1.0\r\n") for head in asked)
    assert "s3cret" not in "".join(asked)


def test_a_search_ends(free_ports):
    async def story():
        base = free_ports(12)
        ports = tuple(range(base + 1, base + 9))
        one = endpoint(base, ports=ports)
        async with http(base):
            identity = await known(one)
        with contextlib.ExitStack() as silent:
            for port in ports:
                silent.enter_context(socket.create_server(("127.0.0.1", port)))
            # Of one silent port the banner is awaited 20 s: a search of all would take minutes.
            return await find_relocation(one, identity, limits=SearchLimits(seconds=0.5))

    assert run(story()) is None


WELL = Check(at=1.0, endpoint="orders", up=True)


def test_a_watch_looks_at_who_is_well_once_an_hour():
    async def story():
        now, asked = [1_700_000_000.0], []
        watch = RelocationWatcher(clock=lambda: now[0])
        async with http(asked=asked) as port:
            one = endpoint(port)
            watch.saw(one, WELL)
            await watch.settle()
            assert not asked  # not all of those that start together
            now[0] += 600
            watch.saw(one, Check(at=1.0, endpoint="orders", up=False, kind="tcp.refused"))
            for _ in range(3):
                watch.saw(one, WELL)
                await watch.settle()
            assert len(asked) == 2
            now[0] += 3601
            watch.saw(one, WELL)
            await watch.settle()
            assert len(asked) == 4

    run(story())


def test_a_watch_finds_who_refuses_by_what_an_earlier_process_knew(free_ports):
    async def story():
        base = free_ports(2)
        one = endpoint(base, ports=(base + 1,))
        kept = {}
        watch = RelocationWatcher(keep=kept.__setitem__)
        async with http(base):
            watch.saw(one, WELL)
            await watch.settle()
        after = RelocationWatcher()
        after.memory.load("orders", json.loads(json.dumps(kept["orders"])))
        async with http(base + 1):
            assert await after.search(one, "tcp.timed_out.connect") is None
            found = await after.search(one, "tcp.refused")
        await watch.close()
        after.memory.keep([])
        assert await after.search(one, "tcp.refused") is None
        return found

    found = run(story())
    report = found.into({"format": 1, "readings": [{"what": "resolve"}], "verdict": {"kind": "x"}})
    verdict = report["verdict"]
    assert pattern_of_diagnosis("service_outage", verdict) == "port_change"
    assert [report["readings"][n]["result"] for n in verdict["evidence"]] == [
        "refused",
        "the same service, at a configured port; 2 of 2 match: answer, Server header",
    ]
    assert len(verdict["advice"]) == 2
