"""Every fault of the lab that a plain call meets is diagnosed as what it is."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from nightly import one_of_each

from ringback.client.trust import Trust
from ringback.diagnosis import Diagnosis, diagnose
from ringback.testing.lab import Lab, healthy, http, tcp, timing, tls
from ringback.testing.lab.fault import Endpoint, Fault

GROUPS = (
    healthy.FAULTS,
    tcp.FAULTS,
    timing.SLOW,
    http.RESPONSES,
    http.STATUSES,
    tls.REFUSED_CERTIFICATES,
    tls.HANDSHAKES,
    tls.OTHER_PROTOCOLS,
    http.HTTP2,
)
"""Those met at an address of loopback; tests/e2e has names, proxies and networks."""

BEYOND_ONE_REQUEST = {
    # One answer is fine by itself; what is wrong shows on the next on the same connection.
    "http.protocol.error:content_length_too_short",
    # Lenient readers skip the line, as browsers do.
    "http.protocol.error:malformed_header",
}

NAMED_BETTER = {
    # The status is the server's way to say that it speaks TLS.
    "http.error:tls_port": "http.response.invalid.not_http",
}

AT_ONCE = 12

UNFILLED = re.compile(r"`[^`]*\b(URL|HOST|PORT)\b[^`]*`")
"""What a command asks for although it is known."""


def is_met_by_a_call(fault: Fault) -> bool:
    return not fault.needs and fault.provoke == "get" and fault.name not in BEYOND_ONE_REQUEST


def judged(endpoint: Endpoint) -> Diagnosis:
    return diagnose(endpoint.url, trust=Trust(ca=(endpoint.verify,)) if endpoint.verify else None)


CHOSEN = [fault for group in GROUPS for fault in group if is_met_by_a_call(fault)]


@pytest.fixture(scope="module")
def diagnoses(request):
    """Those of all tests of this module that run, made at once."""
    items = [item for item in request.session.items if item.path == request.path]
    faults = [item.callspec.params["fault"] for item in items]
    with Lab() as lab, ThreadPoolExecutor(AT_ONCE) as pool:
        started = {fault.name: lab.start(fault.kind, fault.when) for fault in faults}
        yield dict(zip(started, pool.map(judged, started.values()), strict=True))


@pytest.mark.parametrize(
    "fault", one_of_each(CHOSEN, lambda fault: fault.kind), ids=lambda fault: fault.name
)
def test_a_fault_is_diagnosed_as_what_it_is(diagnoses, fault):
    found = diagnoses[fault.name]
    assert [reading for reading in found.readings if reading.what == "defect"] == []
    verdict = found.verdict
    if fault.kind == "ok":
        assert verdict.healthy, verdict.summary
        return
    named = NAMED_BETTER.get(fault.name)
    allowed = {named} if named else {fault.kind, *fault.also} - {"ok"}
    assert verdict.kind in allowed, f"{verdict.kind} ({verdict.cause}): {verdict.summary}"
    assert verdict.confidence >= 0.5
    assert verdict.advice
    assert [line for line in verdict.advice if UNFILLED.search(line)] == []
    assert verdict.evidence
