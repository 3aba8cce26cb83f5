import socket
import threading

import dns.message
import dns.rrset
import pytest

from ringback.monitor.probe.connect import ProbeResolver
from ringback.testing.lab.dns import ZONE
from ringback.testing.lab.resolver import resolving


@pytest.fixture
def nameserver(lab):
    return lab.start("dns.name_not_resolved").nameserver


def at(looking, nameserver, label, **options):
    where = f"{nameserver[0]}:{nameserver[1]}"
    return looking.at(f"dns://{label}.{ZONE}".rstrip("."), "dns", nameserver=where, **options)


@pytest.mark.parametrize("answers", [(), ("127.0.0.1",), ("127.0.0.1", "127.0.0.1")])
def test_name_with_its_expected_addresses(looking, nameserver, answers):
    check = at(looking, nameserver, "ok", expect={"answers": answers})

    assert check.up is True
    assert set(check.timings) == {"dns"}
    assert check.address == nameserver[0]


@pytest.mark.parametrize("wanted", ["127.0.0.10", "27.0.0.1", "::1"])
def test_another_address(looking, nameserver, wanted):
    check = at(looking, nameserver, "ok", expect={"answers": (wanted,)})

    assert (check.up, check.kind) == (False, "dns.bogus_address")
    assert wanted in check.detail


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("nxdomain", "dns.name_not_resolved"),
        ("dangling", "dns.name_not_resolved"),
        ("nodata", "dns.no_address"),
        ("servfail", "dns.server"),
        ("refused", "dns.server"),
        ("silent", "dns.unreachable"),
    ],
)
def test_what_nameservers_answer(looking, nameserver, label, kind):
    check = at(looking, nameserver, label, timeout=0.3 if label == "silent" else 30.0)

    assert (check.up, check.kind) == (False, kind)


def test_nameserver_that_is_not_there(looking, unused_port):
    check = at(looking, ("127.0.0.1", unused_port), "ok", timeout=0.2)

    assert (check.up, check.kind) == (False, "dns.unreachable")


@pytest.mark.parametrize(
    ("label", "record", "kind"),
    [("ok", "A", None), ("ok", "AAAA", "dns.no_address"), ("truncated", "A", None)],
)
def test_record_of_a_type_also_by_tcp(looking, nameserver, label, record, kind):
    assert at(looking, nameserver, label, options={"record": record}).kind == kind


def test_without_a_nameserver_it_asks_as_programs_do(looking, nameserver):
    looking.context.resolver = ProbeResolver((nameserver,))
    with resolving(nameserver, timeout=10.0):
        assert looking.at("dns://ok.lab.test", "dns", expect={"answers": ("127.0.0.1",)}).up
        check = looking.at("dns://nxdomain.lab.test", "dns")

    assert (check.up, check.kind) == (False, "dns.name_not_resolved")


def test_a_text_record_in_several_strings_is_one(looking):
    def answer():
        wire, client = server.recvfrom(1024)
        response = dns.message.make_response(dns.message.from_wire(wire))
        name = response.question[0].name
        strings = '"v=DKIM1; p=MIGf" "MA0GCSq" "GSIb3"'
        response.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", strings))
        server.sendto(response.to_wire(), client)

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        answering = threading.Thread(target=answer)
        answering.start()
        expect = {"answers": ("p=MIGfMA0GCSqGSIb3",)}
        options = {"record": "TXT"}
        check = at(looking, server.getsockname(), "key", options=options, expect=expect)
        answering.join()
    assert check.up, check.detail
