import socket

import pytest

from ringback.testing.lab.resolver import resolving
from tests.testing.lab.wire import WAIT_TIMEOUT, exchange

FAILED = {
    "dns.name_not_resolved": socket.EAI_NONAME,
    "dns.name_not_resolved:dangling": socket.EAI_NONAME,
    "dns.name_not_resolved:formerr": socket.EAI_NONAME,
    "dns.no_address": socket.EAI_NODATA,
    "dns.temporary_failure:servfail": socket.EAI_AGAIN,
    "dns.temporary_failure:refused": socket.EAI_AGAIN,
    "dns.temporary_failure:notimp": socket.EAI_AGAIN,
    "dns.temporary_failure:lame": socket.EAI_AGAIN,
    "dns.temporary_failure:truncated_dead": socket.EAI_AGAIN,
    "dns.temporary_failure:wrong_id": socket.EAI_AGAIN,
    "dns.temporary_failure:wrong_question": socket.EAI_AGAIN,
    "dns.timed_out": socket.EAI_AGAIN,
    "dns.unreachable:silent": socket.EAI_AGAIN,
    "dns.unreachable:port_closed": socket.EAI_AGAIN,
    "dns.server:dnssec_bogus": socket.EAI_AGAIN,
    "dns.server:network_error": socket.EAI_AGAIN,
    "dns.blocked": socket.EAI_NONAME,
}
UNANSWERED = {
    "dns.temporary_failure:wrong_id",
    "dns.temporary_failure:wrong_question",
    "dns.timed_out",
    "dns.unreachable:silent",
}
RESOLVED = ("ok:dns_slow", "ok:dns_truncated")
TESTED = {*FAILED, *RESOLVED, "dns.bogus_address"}


@pytest.mark.parametrize(("name", "code"), FAILED.items())
def test_the_name_cannot_be_resolved(lab, name, code):
    met = lab.start(name)
    timeout = 0.05 if name in UNANSWERED else WAIT_TIMEOUT
    with resolving(met.nameserver, timeout=timeout), pytest.raises(socket.gaierror) as caught:
        socket.create_connection((met.host, met.port))
    assert caught.value.errno == code
    assert met.host in met.url


@pytest.mark.parametrize("name", RESOLVED)
def test_a_name_that_resolves_leads_to_a_healthy_server(lab, name):
    met = lab.start(name)
    with resolving(met.nameserver, timeout=WAIT_TIMEOUT):
        assert exchange(met, until=rb"\}$").received.startswith(b"HTTP/1.1 200 ")


def test_a_bogus_address_leads_to_this_machine(lab):
    met = lab.start("dns.bogus_address")
    with resolving(met.nameserver, timeout=WAIT_TIMEOUT):
        assert socket.getaddrinfo(met.host, met.port)[0][4] == ("0.0.0.0", met.port)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((met.host, met.port))


def test_the_faults_of_one_lab_share_its_server(lab):
    servers = {lab.start(name).nameserver for name in FAILED if "port_closed" not in name}
    assert len(servers) == 1


def test_the_server_goes_with_the_lab(lab):
    nameserver = lab.start("dns.no_address").nameserver
    lab.stop()
    with pytest.raises(socket.gaierror), resolving(nameserver, timeout=60):
        socket.getaddrinfo("ok.lab.test", 80)
    assert lab.start("dns.no_address").nameserver != nameserver
