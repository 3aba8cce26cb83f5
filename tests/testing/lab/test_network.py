import errno
import json
import socket
import sys
from pathlib import Path

import pytest
from nightly import one_of_each, rest_nightly
from until import until

from ringback.testing.lab import FAULTS, network
from ringback.testing.lab.lab import Lab
from ringback.testing.lab.namespace import run
from tests.requires import requires
from tests.testing.lab.test_resolver import CODES, RESOLVED, UNANSWERED

pytestmark = pytest.mark.netns

REJECTED = {
    "tcp.refused:icmp_port_unreachable": errno.ECONNREFUSED,
    "tcp.refused:tcp_reset": errno.ECONNREFUSED,
    "tcp.refused:icmp6_port_unreachable": errno.ECONNREFUSED,
    "tcp.address_unreachable.network:icmp_net_unreachable": errno.ENETUNREACH,
    "tcp.address_unreachable.network:icmp_net_prohibited": errno.ENETUNREACH,
    "tcp.address_unreachable.network:icmp6_no_route": errno.ENETUNREACH,
    "tcp.address_unreachable.network:router_without_route": errno.ENETUNREACH,
    "tcp.address_unreachable.network:no_route": errno.ENETUNREACH,
    "tcp.address_unreachable.network:no_route_ipv6": errno.ENETUNREACH,
    "tcp.address_unreachable.host:icmp_host_unreachable": errno.EHOSTUNREACH,
    "tcp.address_unreachable.host:icmp_host_prohibited": errno.EHOSTUNREACH,
    "tcp.address_unreachable.host:icmp_admin_prohibited": errno.EHOSTUNREACH,
    "tcp.address_unreachable.host:icmp6_addr_unreachable": errno.EHOSTUNREACH,
    "tcp.address_unreachable.host:unreachable_route": errno.EHOSTUNREACH,
    "tcp.address_unreachable.prohibited:icmp_proto_unreachable": errno.ENOPROTOOPT,
    "tcp.address_unreachable.prohibited:prohibit_route": errno.EACCES,
    "tcp.address_unreachable.prohibited:icmp6_adm_prohibited": errno.EACCES,
    "tcp.address_invalid:blackhole_route": errno.EINVAL,
}
UNRESOLVED = {
    "dns.name_not_resolved:glibc": socket.EAI_NONAME,
    "dns.no_address:glibc": socket.EAI_NODATA,
    "dns.temporary_failure:glibc_servfail": socket.EAI_AGAIN,
    "dns.temporary_failure:glibc_refused": socket.EAI_AGAIN,
    "dns.temporary_failure:glibc_silent": socket.EAI_AGAIN,
    "dns.temporary_failure:glibc_port_closed": socket.EAI_AGAIN,
    "dns.temporary_failure:glibc_no_route": socket.EAI_AGAIN,
}
CONNECT = """
import json, socket, sys
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=float(sys.argv[3])) as s:
        s.sendall(b"GET / HTTP/1.1\\r\\nHost: lab.test\\r\\n\\r\\n")
        result = s.makefile("rb").readline().decode()
except OSError as error:
    result = [type(error).__name__, error.errno]
print(json.dumps(result))
"""
RESOLVE = """
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def look_up(name):
    try:
        return sorted({info[4][0] for info in socket.getaddrinfo(name, 80)})
    except socket.gaierror as error:
        return list(error.args)
with ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(look_up, sys.argv[1:]))))
"""


@pytest.fixture(scope="module")
def lab():
    requires(*network.NEEDS)
    with Lab() as running:
        yield running


def connect(met, timeout=10):
    """Connect and ask for a page from the endpoint's namespace; return what became of it."""
    command = [sys.executable, "-IS", "-c", CONNECT, met.host, str(met.port), str(timeout)]
    return json.loads(run(met.namespace, command).stdout)


def resolve(namespace, *names):
    return json.loads(run(namespace, [sys.executable, "-IS", "-c", RESOLVE, *names]).stdout)


@pytest.mark.parametrize("name", one_of_each(REJECTED, REJECTED.get))
def test_a_connection_is_rejected_with_its_errno(lab, name):
    met = lab.start(name)
    assert connect(met)[1] == REJECTED[name]
    assert met.seen == []


@pytest.mark.parametrize(
    "name", rest_nightly(["tcp.timed_out:dropped", "tcp.timed_out:dropped_ipv6"])
)
def test_dropped_packets_are_silence(lab, name):
    met = lab.start(name)
    assert connect(met, timeout=0.2) == ["TimeoutError", None]
    assert met.seen == []


def test_a_firewall_resets_when_the_request_passes(lab):
    met = lab.start("tcp.reset:by_firewall")
    assert connect(met) == ["ConnectionResetError", errno.ECONNRESET]
    until(lambda: met.seen)  # it is accepted: of what was sent nothing came
    assert bytes(met.seen[0].received) == b""


@pytest.mark.parametrize(
    ("fault", "labels"),
    rest_nightly(
        [
            ("dns.no_address:glibc", sorted(CODES.keys() - UNANSWERED)),
            ("dns.temporary_failure:glibc_silent", sorted(UNANSWERED)),
        ]
    ),
)
def test_glibc_says_of_every_answer_what_the_table_says(lab, fault, labels):
    found = resolve(lab.start(fault).namespace, *(f"{label}.lab.test" for label in labels))
    assert {label: tuple(said) for label, said in zip(labels, found, strict=True)} == {
        label: CODES[label] for label in labels
    }


def test_glibc_resolves_what_the_stub_resolves(lab):
    client = lab.start("dns.no_address:glibc").namespace
    resolved = {label: [address] for label, address in RESOLVED.items()}
    found = resolve(client, *(f"{label}.lab.test" for label in resolved))
    assert dict(zip(resolved, found, strict=True)) == resolved


@pytest.mark.parametrize("name", one_of_each(UNRESOLVED, UNRESOLVED.get))
def test_glibc_meets_the_faults_of_the_resolver(lab, name):
    # Each client of `ringback lab` begins anew.
    for met in (lab.start(name), FAULTS[name].start(lab)):
        assert connect(met) == ["gaierror", UNRESOLVED[name]]


def test_the_machine_itself_has_no_way_to_the_lab(lab):
    met = lab.start("tcp.timed_out:dropped")
    assert run(met.namespace, ["cat", "/etc/resolv.conf"]).stdout.startswith("nameserver 198.51.")
    # 198.51.100.0 as the kernel prints it.
    assert "006433C6" not in Path("/proc/net/route").read_text()
