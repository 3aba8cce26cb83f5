"""The verdict is a pure and total function of the readings, and never calls the healthy broken."""

from typing import Any, get_args

import pytest
from diagnosis.verdict.readings import connected, parsed, reading, resolved
from hypothesis import given
from hypothesis import strategies as st
from nightly import THOROUGH

from ringback.diagnosis.model import HEALTHY, STAGES, Reading, State, Verdict, Where
from ringback.diagnosis.sorts import SORTS
from ringback.diagnosis.verdict import judge
from ringback.failure.kinds import KINDS


def shaken(**facts: Any) -> Reading:
    known = {"address": "192.0.2.1", "verified": True, "error": None, "days_left": 60.0}
    state: State = "ok" if (known | facts)["error"] is None else "failed"
    return reading("tls", "handshake", state=state, **(known | facts))


def answered(status: int = 200, **facts: Any) -> Reading:
    known = {"status": status, "outcome": "answered", "first_byte": 0.02, "headers": {}}
    state: State = "ok" if status < 400 else "failed"
    return reading("http", "request", state=state, **(known | facts))


HEALTHY_READINGS = (parsed(), resolved("192.0.2.1"), connected("192.0.2.1"), shaken(), answered())


def test_healthy_is_said_when_everything_worked() -> None:
    verdict = judge(HEALTHY_READINGS)
    assert verdict.kind == HEALTHY
    assert verdict.healthy
    assert verdict.confidence == 1.0


def test_healthy_is_not_said_when_the_last_step_was_not_taken() -> None:
    assert judge(HEALTHY_READINGS[:-1]).kind == "unknown"
    assert judge(HEALTHY_READINGS[:-2]).kind == "unknown"
    assert judge(()).kind == "unknown"


def test_a_refusal_from_one_hop_away_may_be_of_this_host_as_well() -> None:
    def judged(hops: int) -> Any:
        near = {"near": True, "hops": hops, "other_port": 80, "other_hops": 5}
        refused = reading("path", "refusal", **near)
        return judge((parsed(), resolved("192.0.2.1"), connected("192.0.2.1", "refused"), refused))

    assert judged(3).confidence > judged(1).confidence < 0.8
    assert [alternative.cause for alternative in judged(1).alternatives] == ["local_firewall"]
    assert judged(3).alternatives == ()


def test_another_port_of_the_host_that_answers_does_not_say_that_the_service_is_not_down() -> None:
    beside = {"role": "partner", "outcome": "open", "port": 80, "speaks": "http", "as_asked": True}
    readings = (
        resolved("192.0.2.1"),
        connected("192.0.2.1", "refused"),
        reading("neighbours", "connect", **beside),
    )
    chosen = judge((parsed(scheme="http", port=8080, explicit_port=True), *readings))
    left_out = judge((parsed(scheme="http", port=80), *readings))

    assert chosen.cause == left_out.cause == "wrong_port"
    # An incident whose diagnosis is less sure than 0.6 keeps its name.
    assert chosen.confidence < 0.6 < left_out.confidence < 0.8
    for found in (chosen, left_out):
        assert [other.cause for other in found.alternatives] == ["service_down"]


@pytest.mark.parametrize(
    ("address", "cause", "other"),
    [
        ("10.1.2.3", "certificate_own_authority", "tls_interception"),
        ("203.0.113.9", "tls_interception", "certificate_own_authority"),
    ],
)
def test_an_authority_that_only_this_host_trusts_may_be_the_companys(
    address: str, cause: str, other: str
) -> None:
    untrusted = shaken(address=address, verified=False, error="certificate", verify_code=20)
    trusted = reading("tls", "system_store", verified=True)
    found = judge((parsed(), resolved(address), connected(address), untrusted, trusted))

    assert (found.cause, found.confidence <= 0.8) == (cause, True)
    assert [alternative.cause for alternative in found.alternatives] == [other]


def test_addresses_of_the_link_alone_are_no_network() -> None:
    alone = reading("host", "interfaces", loopback_only=True)
    unheard = reading("name", "nameserver", error="ENETUNREACH")

    def judged(source: str | None) -> str:
        route = {"family": 6, "default": source is not None, "source": source}
        told = reading("host", "route", **route)
        return judge((parsed(), alone, told, unheard, resolved())).cause

    assert judged(None) == "no_network"
    assert judged("fe80::1") == judged("192.0.2.2") == "no_network"
    assert judged("169.254.7.2") != "no_network"


def test_an_answer_may_say_that_a_client_certificate_was_wanted() -> None:
    readings = (parsed(), resolved("192.0.2.1"), connected("192.0.2.1"), shaken())
    verdict = judge((*readings, answered(400, certificate_wanted=True)))
    assert (verdict.cause, verdict.where) == ("client_certificate_wanted", "this program")
    assert judge((*readings, answered(400, certificate_wanted=False))).cause == "client_error"


def test_a_refusal_with_icmp_is_a_firewall_whose_the_sender_says() -> None:
    def seen(**icmp: Any) -> Reading:
        sent = {"type": 3, "code": 3, "sender": "192.0.2.254", "own": False, "is_target": False}
        return connected("192.0.2.1", "refused", icmp=sent | icmp)

    readings = (parsed(), resolved("192.0.2.1"))
    router = judge((*readings, seen()))
    assert (router.kind, router.cause, router.where) == ("tcp.refused", "firewall_rejects", "path")
    assert judge((*readings, seen(is_target=True))).where == "their host"
    assert judge((*readings, seen(own=True))).where == "this host"


def test_the_refusal_of_one_address_beats_the_missing_route_of_another() -> None:
    readings = (
        parsed(),
        resolved("2001:db8::1", "192.0.2.1"),
        connected("2001:db8::1", "network_unreachable", errno="ENETUNREACH"),
        connected("192.0.2.1", "refused"),
    )
    assert judge(readings).cause == "service_down"


def test_an_address_of_a_family_that_this_host_has_not_breaks_nothing() -> None:
    readings = (
        parsed(),
        reading("host", "route", family=6, route=False),
        resolved("2001:db8::1", "192.0.2.1"),
        connected("2001:db8::1", "network_unreachable", errno="ENETUNREACH"),
        *HEALTHY_READINGS[2:],
    )
    verdict = judge(readings)
    assert verdict.kind == HEALTHY
    assert verdict.beside == ("This host has no IPv6; the other version is used.",)


def test_a_lesser_fault_stands_beside_the_cause() -> None:
    dead = {"server": "192.0.2.53", "type": "A", "timed_out": True, "configured": True}
    good = {"server": "192.0.2.54", "type": "A", "answers": ["192.0.2.1"], "configured": True}
    readings = (
        parsed(),
        resolved("192.0.2.1"),
        reading("name", "nameserver", state="failed", **dead),
        reading("name", "nameserver", state="ok", **good),
        connected("192.0.2.1", "refused"),
    )
    verdict = judge(readings)
    assert verdict.cause == "service_down"
    assert any("192.0.2.53" in sentence for sentence in verdict.beside)


_TEXT = st.sampled_from(["", "192.0.2.1", "2001:db8::1", "web.test", "http", "tls", "ssh"])
_CODES = st.sampled_from([0, 3, 9, 10, 18, 19, 20, 40, 62, 66, 112, 116])
_OUTCOMES = st.sampled_from(
    [
        *("open", "refused", "reset", "timeout", "closed", "network_unreachable"),
        *("host_unreachable", "prohibited", "invalid", "error", "answered", "truncated"),
        *("not_http", "body_timeout", "nonsense", "silent", "spoke", "other_protocol"),
    ]
)
_ICMP = st.fixed_dictionaries(
    {
        "type": st.sampled_from([1, 3, 11]),
        "code": st.integers(0, 13),
        "sender": _TEXT,
        "own": st.booleans(),
        "is_target": st.booleans(),
    }
)
_FACTS = {
    **dict.fromkeys(["address", "host", "protocol", "proxy", "server", "sender", "speaks"], _TEXT),
    **dict.fromkeys(["gateway", "location", "hint", "table_type", "first_bytes"], _TEXT),
    **dict.fromkeys(["default", "fatal", "hijacked", "leaf_only", "loop"], st.booleans()),
    **dict.fromkeys(["route", "silent", "timed_out", "tls", "verified", "works"], st.booleans()),
    **dict.fromkeys(["on_link", "loopback_only", "malformed", "portal"], st.booleans()),
    **dict.fromkeys(["alert", "verify_code", "unacked", "port", "attempts", "opened"], _CODES),
    "addresses": st.lists(_TEXT, max_size=2),
    "answers": st.lists(_TEXT, max_size=2),
    "ede": st.lists(st.tuples(st.integers(0, 32), _TEXT), max_size=2),
    "errno": st.sampled_from(["EPERM", "ENETUNREACH"]),
    "error": st.sampled_from(
        ["EACCES", "ECONNREFUSED", "certificate", "alert", "closed", "timeout", "not_tls"]
    ),
    "family": st.sampled_from([4, 6]),
    "icmp": _ICMP,
    "offset": st.floats(-1e6, 1e6),
    "first_byte": st.floats(0, 20),
    "days_left": st.floats(-9, 99),
    "outcome": _OUTCOMES,
    "rcode": st.sampled_from(["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"]),
    "role": st.sampled_from(["partner", "common", "gateway", "control", "other_answer"]),
    "status": st.integers(100, 599),
    "unsent": st.just("EPERM"),
}
_WHATS = st.sampled_from(sorted({what for _, what in SORTS.values()}))
_READINGS = st.builds(
    Reading,
    layer=st.sampled_from(STAGES),
    what=_WHATS,
    state=st.sampled_from(get_args(State)),
    result=st.text(max_size=10),
    kind=st.sampled_from([None, *KINDS]),
    facts=st.fixed_dictionaries(
        {},
        optional={name: st.one_of(st.none(), values) for name, values in _FACTS.items()},
    ),
)


def test_what_fits_as_well_is_named_and_neither_is_sure() -> None:
    """A line of the hosts file that leads to a server which answers may be there on purpose."""
    line = reading("host", "hosts_file", addresses=["192.0.2.9"], line=3, path="/etc/hosts")
    answer = reading(
        "name",
        "nameserver",
        state="ok",
        server="192.0.2.53",
        type="A",
        answers=["192.0.2.1"],
        rcode="NOERROR",
    )
    there = (
        parsed(scheme="http", port=80, tls=False),
        line,
        resolved("192.0.2.9"),
        answer,
        connected("192.0.2.9"),
        answered(503),
    )

    verdict = judge(there)

    assert (verdict.cause, verdict.confidence) == ("hosts_file_override", 0.8)
    assert [other.cause for other in verdict.alternatives] == ["unavailable"]
    assert verdict.beside == ()


def test_an_answer_of_which_the_end_was_not_read_is_not_surely_well() -> None:
    there = (parsed(), resolved("192.0.2.1"), connected("192.0.2.1"), shaken())
    whole = answered(headers={"content-length": "9000000"}, bytes=9_000_000, complete=True)
    part = answered(headers={"content-length": "9000000"}, bytes=262_200, complete=False)

    assert judge((*there, whole)).confidence == 1.0
    verdict = judge((*there, part))
    assert (verdict.kind, verdict.confidence) == (HEALTHY, 0.85)
    assert len(verdict.beside) == 1
    assert verdict.beside[0].startswith("Of the answer's 9000000 bytes the first 262200 were read")


def test_a_host_that_is_not_on_its_network_may_be_of_another_one() -> None:
    def verdict(address: str) -> Verdict:
        nobody = {"type": 3, "code": 1, "own": True, "sender": "10.77.1.5", "is_target": False}
        silent = connected(address, "host_unreachable", icmp=nobody, source="10.77.1.5")
        link = {"address": address, "on_link": True, "route": True}
        here = reading("host", "route_to", address, **link)
        return judge((parsed(host=address, is_address=True), here, silent))

    near, far = verdict("10.77.1.9"), verdict("10.77.3.9")
    assert (near.cause, near.confidence, near.alternatives) == ("host_down", 0.95, ())
    assert (far.cause, far.confidence) == ("host_down", 0.8)
    assert [(other.cause, other.where) for other in far.alternatives] == [("no_route", "this host")]


def test_a_filter_that_says_so_blocks_also_where_it_gives_an_address() -> None:
    def verdict(*errors: tuple[int, str]) -> Verdict:
        facts = {"server": "192.0.2.53", "type": "A", "answers": ["0.0.0.0"], "ede": list(errors)}
        answer = reading("name", "nameserver", state="ok", **facts)
        return judge((parsed(), resolved("0.0.0.0"), answer, connected("0.0.0.0", "refused")))

    assert verdict((15, "malware")).cause == "dns_blocked"
    unsaid = verdict()
    assert (unsaid.cause, unsaid.confidence) == ("bogus_address", 0.8)
    assert [other.cause for other in unsaid.alternatives] == ["dns_blocked"]


@pytest.mark.parametrize(
    ("first", "cause"), [("2001:db8::1", "tls_partly"), ("192.0.2.1", "unavailable")]
)
def test_tls_that_fails_where_a_program_connects_first_is_what_it_meets(
    first: str, cause: str
) -> None:
    order = sorted(("2001:db8::1", "192.0.2.1"), key=lambda address: address != first)
    failed = shaken(address="2001:db8::1", error="certificate", verify_code=62, verified=False)
    verdict = judge(
        (parsed(), resolved(*order), *map(connected, order), failed, shaken(), answered(503))
    )

    assert verdict.cause == cause
    assert verdict.confidence <= 0.8 or cause == "unavailable"
    assert "unavailable" in {verdict.cause, *(other.cause for other in verdict.alternatives)}


def test_which_of_two_addresses_of_one_family_is_met_is_chance() -> None:
    failed = shaken(address="192.0.2.2", error="certificate", verify_code=10, verified=False)
    two = ("192.0.2.1", "192.0.2.2")
    before = (parsed(), resolved(*two), *map(connected, two), shaken(), failed)
    verdict = judge((*before, answered(401)))

    assert (verdict.cause, verdict.confidence) == ("unauthorized", 0.8)
    assert [other.cause for other in verdict.alternatives] == ["tls_partly"]
    assert judge((*before, answered())).cause == "tls_partly"


@pytest.mark.parametrize(
    ("version", "cipher", "offered", "where"),
    [
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", False, "this host"),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", True, "their service"),
        ("TLSv1.2", "AES128-SHA", False, "their service"),
        ("TLSv1", "ECDHE-RSA-AES128-SHA", False, "their service"),
    ],
)
def test_what_is_not_old_is_refused_by_this_hosts_policy(
    version: str, cipher: str, offered: bool, where: str
) -> None:
    failed = shaken(error="alert", alert=70, verified=False)
    facts = {"works": True, "version": version, "cipher": cipher, "offered": offered}
    old = reading("tls", "old_versions", **facts)
    verdict = judge((parsed(), resolved("192.0.2.1"), connected("192.0.2.1"), failed, old))

    assert (verdict.cause, verdict.where) == ("old_tls", where)


@given(st.lists(_READINGS, max_size=12 if THOROUGH else 6))
def test_any_readings_give_one_verdict(readings: list[Reading]) -> None:
    verdict = judge(readings)
    assert verdict == judge(readings)
    assert verdict.kind in KINDS or verdict.kind == HEALTHY
    assert verdict.where in get_args(Where)
    assert 0.0 <= verdict.confidence <= (0.8 if verdict.alternatives else 1.0)
    assert all(0 <= index < len(readings) for index in verdict.evidence)
    assert verdict.summary.endswith(".")
