import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ringback.testing.lab import FAULTS, Lab
from ringback.testing.lab.fault import NEEDS, NeedMissingError
from ringback.testing.lab.message import serve
from ringback.testing.lab.resolver import resolving
from tests.requires import requires
from tests.testing.lab.wire import (
    GET,
    GET_CLOSE,
    SILENCE,
    WAIT_TIMEOUT,
    connect,
    exchange,
    read_to_end,
)


def threads_of_labs():
    return {thread for thread in threading.enumerate() if thread.name.startswith("ringback")}


def test_a_fault_is_started_once(lab):
    first = lab.start("tcp.reset", "mid_body")
    assert lab.start("tcp.reset:mid_body") is first
    assert lab.start("tcp.reset", when="mid_body") is first
    assert lab.start("tcp.reset", "mid_headers").port != first.port


def test_threads_share_one_start(lab):
    ports = set()
    threads = [threading.Thread(target=lambda: ports.add(lab.start("ok").port)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ports) == 1


def test_a_need_that_is_missing_is_named(lab, monkeypatch):
    monkeypatch.setitem(NEEDS, "cryptography", lambda: False)
    with pytest.raises(NeedMissingError, match=r"ok:tls needs cryptography"):
        lab.start("ok:tls")


def test_stop_ends_every_connection_and_thread_and_closes_every_port():
    others = threads_of_labs()
    lab = Lab(limit=3600)  # no connection ends by itself
    waiting = [
        "http.response.timed_out:silent",
        "http.request.timed_out:upload_not_read",
        "http.response.body_timed_out:trickling_body",
        "tls.timed_out:plain_server",
        "ok",
    ]
    endpoints = [lab.start(name) for name in waiting]
    connections = [connect(endpoint) for endpoint in endpoints]
    for connection in connections:
        connection.sendall(GET)
    read_to_end(connections[2], until=rb"\r\n\r\nx")
    assert len(threads_of_labs() - others) > 1
    lab.stop()
    assert not threads_of_labs() - others
    for each, endpoint in zip(connections, endpoints, strict=True):
        with each:
            assert read_to_end(each).end in {"fin", "rst"}
        with pytest.raises(ConnectionRefusedError):
            connect(endpoint)


def test_stop_removes_the_files():
    requires("cryptography")
    with Lab() as lab:
        bundle = Path(lab.start("ok:tls").verify)
        assert bundle.exists()
    assert not bundle.parent.exists()


def test_a_lab_that_was_stopped_starts_anew():
    lab = Lab()
    lab.stop()
    first = lab.start("ok")
    lab.stop()
    lab.stop()
    with lab:
        second = lab.start("ok")
        assert second is not first
        assert exchange(second, GET_CLOSE).received.startswith(b"HTTP/1.1 200 ")


def test_a_connection_is_ended_after_its_limit(monkeypatch):
    monkeypatch.setattr("ringback.testing.lab.lab._SWEEP_INTERVAL", 0.05)
    with Lab(limit=0.1) as lab:
        seen = exchange(lab.start("http.response.timed_out:silent"))
        assert (seen.received, seen.end) == (b"", "fin")


def test_one_connection_too_many_ends_the_oldest():
    with Lab(most=2) as lab:
        endpoint = lab.start("ok")
        first, second, third = (connect(endpoint) for _ in range(3))
        with first, second, third:
            assert read_to_end(first).end == "fin"
            for connection in (second, third):
                connection.sendall(GET)
                assert read_to_end(connection, until=rb"\r\n\r\n\{.*\}").end == "open"


def test_a_port_closes_and_opens_under_open_connections(lab):
    listener = lab.reserve(serve)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            connect(listener.endpoint)
        listener.open()
        listener.open()
        with connect(listener.endpoint) as kept:
            # The answer says that it was accepted: else closing the port would reset it.
            for close in (listener.close, listener.close, lambda: None):
                kept.sendall(GET)
                assert read_to_end(kept, until=rb"\r\n\r\n\{.*\}").end == "open"
                close()


def test_what_is_due_later_runs_in_order_of_time(lab, monkeypatch):
    at = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: at)  # stands still until all three are asked for
    monkeypatch.setattr("ringback.testing.lab.server.time", clock)
    order = []
    done, first = threading.Event(), threading.Event()
    lab.later(0.05, lambda: (order.append("late"), done.set()))
    lab.later(0.01, lambda: order.append("early"))
    lab.later(0, lambda: (order.append("now"), first.set()))
    assert first.wait(WAIT_TIMEOUT)
    assert order == ["now"]
    monkeypatch.setattr("ringback.testing.lab.server.time", time)
    assert done.wait(WAIT_TIMEOUT)
    assert order == ["now", "early", "late"]


def test_a_client_that_goes_away_is_recorded(lab):
    endpoint = lab.start("http.response.timed_out:silent")
    with connect(endpoint) as connected:
        connected.sendall(GET)
        connected.shutdown(socket.SHUT_WR)
        assert read_to_end(connected).end == "fin"
    assert endpoint.seen[0].ended == "peer"


def test_what_is_received_is_kept_up_to_a_bound(lab):
    endpoint = lab.start("ok")
    exchange(
        endpoint,
        b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000),
    )
    assert endpoint.seen[0].received.startswith(b"POST / HTTP/1.1\r\n")
    assert len(endpoint.seen[0].received) == 16 * 1024


def test_garbage_ends_its_connection_only(lab):
    endpoint = lab.start("ok")
    for garbage in (
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"\r\n\r\n",
        b"\xff" * 300_000,
    ):
        exchange(endpoint, garbage, patience=SILENCE)
    assert exchange(endpoint, GET_CLOSE).received.startswith(b"HTTP/1.1 200 ")


def test_every_fault_starts_that_this_machine_can_produce(lab, monkeypatch):
    mine = {name: fault for name, fault in FAULTS.items() if "root" not in fault.needs}
    monkeypatch.setattr("ringback.testing.lab.lab.FAULTS", mine)
    endpoints = lab.start_all()
    assert "tcp.refused" in endpoints
    assert all(endpoint.url for endpoint in endpoints.values())


def test_names_are_answered_by_one_nameserver_that_goes_with_the_lab(lab):
    servers = {lab.start(name).nameserver for name in ("dns.no_address", "dns.blocked")}
    lab.stop()
    assert len(servers) == 1
    with pytest.raises(socket.gaierror), resolving(servers.pop(), timeout=60):
        socket.getaddrinfo("ok.lab.test", 80)
