"""What a probe calls a port that refuses, resets or is silent, in every protocol."""

import pytest
from nightly import pairs

from ringback.monitor.config.address import SERVICES, probe_address_of

PROTOCOLS = sorted({protocol.name for protocol in SERVICES.values()})
SCHEMES = ["tcp", "ws", "grpc", *PROTOCOLS]


def served(looking, started, scheme, **options):
    address = probe_address_of(f"{scheme}://127.0.0.1:{started.port}")
    if scheme == "tcp":
        options["expect"] = {"expect": "hello"}
    return looking.endpoint(address.url, address.type, **options)


@pytest.mark.parametrize(("scheme", "kind"), pairs(SCHEMES, ["tcp.refused", "tcp.reset"]))
def test_refusal_and_reset_have_their_kinds(looking, lab, scheme, kind):
    (check,) = looking.all_at([served(looking, lab.start(kind), scheme)])

    assert (check.up, check.kind) == (False, kind)


def test_silence_times_out(looking, lab):
    silent = lab.start("http.response.timed_out:silent")
    checks = looking.all_at(served(looking, silent, scheme, timeout=1.5) for scheme in SCHEMES)

    assert {(check.up, check.kind) for check in checks} == {(False, "http.response.timed_out")}
    assert min(check.seconds for check in checks) > 1.4
