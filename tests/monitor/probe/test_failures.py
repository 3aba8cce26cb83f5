"""What a probe calls a port that refuses, resets or is silent, in every protocol."""

import pytest
from nightly import pairs, rest_nightly

from ringback.monitor.config.address import SERVICES, probe_address_of

PROTOCOLS = sorted({protocol.name for protocol in SERVICES.values()})
SCHEMES = ["tcp", "ws", "grpc", *PROTOCOLS]


def met(looking, started, scheme, **options):
    address = probe_address_of(f"{scheme}://127.0.0.1:{started.port}")
    if scheme == "tcp":
        options["expect"] = {"expect": "hello"}
    return looking.at(address.url, address.type, **options)


@pytest.mark.parametrize(("scheme", "kind"), pairs(SCHEMES, ["tcp.refused", "tcp.reset"]))
def test_refusal_and_reset_have_their_kinds(looking, lab, scheme, kind):
    check = met(looking, lab.start(kind), scheme)

    assert (check.up, check.kind) == (False, kind)


@pytest.mark.parametrize("scheme", rest_nightly(SCHEMES, gate=3))
def test_silence_times_out(looking, lab, scheme):
    check = met(looking, lab.start("http.response.timed_out:silent"), scheme, timeout=1.5)

    assert (check.up, check.kind) == (False, "http.response.timed_out")
    assert check.seconds > 1.4
