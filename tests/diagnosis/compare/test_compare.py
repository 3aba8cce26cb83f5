import dataclasses
import json

import pytest
from diagnosis.compare.reports import (
    answer,
    broken,
    chain,
    connect,
    handshake,
    host,
    name,
    report,
    resolver,
)
from diagnosis.values import diagnosis, reading, verdict
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.compare import MAX_REPORTS, NotComparable, compare
from ringback.diagnosis.redact import redacted

PROXY = "http://proxy.example:3128"


def proxied(outcome="open"):
    variables = reading("host", "proxy_variables", "", facts={"applies": PROXY})
    used = {"proxy": PROXY, "outcome": outcome}
    return variables, reading("proxy", "connect", "proxy.example:3128", facts=used)


def clock(offset):
    return reading("host", "clock", "api.example.com", facts={"offset": offset})


def asked(server, rcode):
    facts = {"server": server, "type": "A", "rcode": rcode, "configured": True}
    return reading("name", "nameserver", f"{server} A", facts=facts)


def trusting(number, **facts):
    known = {"authorities": number, "path": "/ca.pem", "source": "SSL_CERT_FILE", "loaded": True}
    return reading("tls", "trust", "", facts=known | facts)


DROPS = broken("firewall_drops", "tcp.timed_out", "tcp", "path")
FORBIDDEN = broken("forbidden", "http.error.auth", "status", "their application")
INTERCEPTED = broken("tls_interception", "tls.cert.authority_invalid", "tls", "path")

# name of the difference, readings where it works, readings where it fails, verdict, words said
CASES = {
    "proxy set only there": (
        "proxy",
        (),
        proxied("refused"),
        broken("proxy_down", "proxy.unreachable", "proxy", "proxy"),
        "“there” goes through the proxy http://proxy.example:3128; from “here” the way is direct",
    ),
    "proxy needed": (
        "proxy",
        proxied(),
        (connect("203.0.113.7", "timeout"),),
        DROPS,
        "From “here” the way is through the proxy http://proxy.example:3128; “there” has none set",
    ),
    "proxy forbids": (
        "proxy_answer",
        (*proxied(), reading("proxy", "tunnel", "", facts={"status": 200, "outcome": "open"})),
        (*proxied(), reading("proxy", "tunnel", "", facts={"status": 403})),
        broken("proxy_forbids", "proxy.denied", "proxy", "proxy"),
        "answers “there” with status 403 and “here” with status 200",
    ),
    "split horizon": (
        "resolves",
        (),
        (resolver("8.8.8.8"), name(eai="EAI_NONAME"), asked("8.8.8.8", "NXDOMAIN")),
        broken("name_missing", "dns.name_not_resolved", "dns", "DNS"),
        "“there” asks 8.8.8.8, “here” asks 10.0.0.2: only the latter knows the name",
    ),
    "other answers": (
        "addresses",
        (),
        (name("198.51.100.9"), connect("198.51.100.9", "refused")),
        broken("service_down", "tcp.refused", "tcp"),
        "on “there” to 198.51.100.9, on “here” to 203.0.113.7",
    ),
    "only by IPv6": (
        "family",
        (),
        (name("203.0.113.7", "2001:db8::7"), connect("2001:db8::7", "timeout")),
        broken("ipv6_dead", "tcp.timed_out", "tcp", "this network"),
        "“there” reaches it only by IPv6; it works from “here” by IPv4",
    ),
    "dropped": (
        "connect",
        (),
        (connect("203.0.113.7", "timeout"),),
        DROPS,
        "203.0.113.7:443 opens from “here”, and from “there” it is not answered",
    ),
    "rejected": (
        "rejection",
        (),
        (
            connect(
                "203.0.113.7",
                "prohibited",
                icmp={"type": 3, "code": 13, "sender": "10.0.0.1", "own": False},
            ),
        ),
        broken("firewall_rejects", "tcp.address_unreachable.prohibited", "ip", "path"),
        "“there” is told ICMP 3/13 from 10.0.0.1",
    ),
    "renewed on one server only": (
        "certificate",
        (handshake(), chain("CN=R11")),
        (handshake(verified=False, error="certificate"), chain("CN=R11", "cd" * 32)),
        broken("certificate_expired", "tls.cert.date_invalid.expired", "tls", "their certificate"),
        "another certificate",
    ),
    "openssl": (
        "openssl",
        (host(openssl="OpenSSL 1.1.1"), handshake()),
        (handshake(verified=False, error="unsupported"),),
        broken("old_tls", "tls.version_or_cipher_mismatch", "tls", "their host"),
        "The TLS of “there” is OpenSSL 3.0, that of “here” OpenSSL 1.1.1",
    ),
    "allow list": (
        "status",
        (answer(200),),
        (answer(403),),
        FORBIDDEN,
        "“there” is answered 403, “here” 200: an allow list, a region or a filter decides",
    ),
    "slow": (
        "first_byte",
        (answer(200, first_byte=0.1),),
        (answer(200, first_byte=4.0),),
        broken("slow_first_byte", "http.response.timed_out", "http", "their application"),
        "The answer to “there” begins after 4.0 s, that to “here” at once",
    ),
    "lost on the path": (
        "verdict",
        (answer(200),),
        (answer(None, outcome="timeout"),),
        broken("path_lost", "tcp.timed_out.established", "http", "path"),
        "The fault is on “there”'s side: It is path_lost.",
    ),
    "mtu": (
        "packet_size",
        (handshake(),),
        (
            handshake(verified=False, error="timeout"),
            reading("tls", "small_segments", "", facts={"works": True}),
        ),
        broken("mtu_black_hole", "tls.timed_out", "none", "path"),
        "From “there” only small packets pass, from “here” packets of any size pass",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_difference_that_explains_is_named(case):
    difference, works, fails, found, said = CASES[case]
    if case == "only by IPv6":  # this machine tried no IPv4
        there = report(*fails, found=found)
        kept = [reading for reading in there.readings if reading.subject != "203.0.113.7:443"]
        there = dataclasses.replace(there, readings=tuple(kept))
    else:
        there = report(*fails, found=found)
    comparison = compare([report(*works), there], ["here", "there"])

    assert comparison.outcome == "explained"
    (explanation,) = comparison.explanations
    assert (explanation.report, explanation.difference) == (1, difference)
    assert said in explanation.summary
    assert explanation.summary in comparison.summary
    assert difference in {"verdict", *(difference.name for difference in comparison.differences)}


@pytest.mark.parametrize("number", [2, 3, 20])
def test_all_is_well_everywhere(number):
    comparison = compare([report()] * number, [f"m{n}" for n in range(number)])

    assert comparison.outcome == "healthy"
    assert comparison.differences == ()
    assert comparison.advice == ()
    assert comparison.summary.startswith("It works on ")


def test_differences_that_matter_to_nobody_explain_nothing_where_all_is_well():
    comparison = compare([report(), report(resolver("8.8.8.8"), clock(0.1))], ["a", "b"])

    assert comparison.outcome == "healthy"
    assert [difference.name for difference in comparison.differences] == ["resolvers"]
    assert comparison.differences[0].values == ("10.0.0.2", "8.8.8.8")
    assert comparison.explanations == ()


def test_each_machine_on_which_it_fails_has_its_own_explanation():
    proxy = report(*proxied("refused"), found=CASES["proxy set only there"][3])
    drops = report(connect("203.0.113.7", "timeout"), found=DROPS)
    comparison = compare([report(), proxy, drops, report()], ["a", "b", "c", "d"])

    found = [
        (explanation.report, explanation.difference) for explanation in comparison.explanations
    ]
    assert found == [(1, "proxy"), (2, "connect")]
    assert comparison.summary == "It works on “a” and “d” and not on “b” and “c”."


def test_what_is_the_same_where_it_works_explains_nothing():
    same = resolver("8.8.8.8")
    fails = report(same, connect("203.0.113.7", "timeout"), found=DROPS)
    comparison = compare([report(same), report(), fails], ["a", "b", "c"])

    assert comparison.explanations[0].difference == "connect"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("their service", "the fault is at the target"),
        ("their certificate", "the fault is at the target"),
        ("path", "near the target"),
        ("DNS", "in the name's zone"),
        ("this host", "each machine has the same fault of its own"),
    ],
)
def test_it_fails_everywhere_alike(where, said):
    found = broken("x", "tcp.refused", "tcp", where, advice=("Look at it.",))
    comparison = compare([report(found=found)] * 3, ["a", "b", "c"])

    assert comparison.outcome == "same_failure"
    assert said in comparison.summary
    assert comparison.advice == ("Look at it.",)


def test_it_fails_everywhere_and_not_alike():
    reports = [report(found=DROPS), report(found=FORBIDDEN)]
    comparison = compare(reports, ["a", "b"])

    assert comparison.outcome == "different_failures"
    assert "“a”: firewall_drops and “b”: forbidden" in comparison.summary


def test_nothing_explains_it():
    found = broken("server_error", "http.error", "status", "their application")
    comparison = compare([report(), report(found=found)], ["a", "b"])

    assert comparison.outcome == "unexplained"
    assert comparison.explanations[0].difference is None
    assert comparison.advice


def test_where_nothing_is_known_only_what_would_explain_much_does():
    found = verdict("unknown", "unknown", summary="?", confidence=0.0)
    trust = compare([report(trusting(150)), report(trusting(1), found=found)], "ab")
    proxy = compare([report(), report(*proxied(), found=found)], "ab")

    assert trust.explanations[0].difference is None
    assert proxy.explanations[0].difference == "proxy"


def test_placeholders_of_two_reports_are_not_compared():
    one = report(resolver("10.0.0.2", search=["a.example"]))
    other = report(resolver("10.0.0.3", search=["b.example"]))
    hidden = [*redacted([one]), *redacted([other])]

    assert [d.name for d in compare([one, other], "ab").differences] == [
        "search_domains",
        "resolvers",
    ]
    comparison = compare(hidden, "ab")
    assert comparison.differences == ()
    assert "hidden in “a”, “b”" in comparison.notes[0]


def test_notes_say_what_to_mind():
    later = report(complete=False, at=report().at + 7200)
    notes = " ".join(compare([report(), later], "ab").notes)

    assert "Cut short" in notes
    assert "“b”" in notes
    assert "2 h apart" in notes


@pytest.mark.parametrize(
    ("reports", "names", "said"),
    [
        ([report()], "a", "2 to 20 reports"),
        (
            [report()] * (MAX_REPORTS + 1),
            [str(n) for n in range(MAX_REPORTS + 1)],
            "2 to 20 reports",
        ),
        ([report()] * 2, ["a", "a"], "a name of its own"),
        *(
            ([diagnosis(target="https://a.example/x"), diagnosis(target=other)], "ab", "a of https")
            for other in ("https://a.example/X", "http://a.example/x", "a.example/x")
        ),
        ([report(), diagnosis(target="b:1")], "ab", "a of https://api.example.com/, b of b:1"),
        ([report(), *redacted([report()])], "ab", "one of them hides its names"),
    ],
)
def test_what_cannot_be_compared_is_said(reports, names, said):
    with pytest.raises(NotComparable, match=said):
        compare(reports, list(names))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example", "HTTPS://A.example/"),
        ("a.example:1", "A.EXAMPLE:1"),
        ("http://[2001:DB8::1]:1/x", "http://[2001:db8::1]:1/x"),
    ],
)
def test_targets_are_the_same_however_they_are_written(one, other):
    assert compare([diagnosis(target=one), diagnosis(target=other)], "ab").target == one


FACTS = st.sampled_from(
    [None, True, -3, 1e300, "x", ["x"], [1], [None], [["x"]], {"a": 1}, [{"issuer": 1}], {}]
)
KEYS = sorted(
    {
        *("addresses", "applies", "nameservers", "search", "hosts_order", "chain", "headers"),
        *("offset", "ca_bundle", "outcome", "icmp", "family", "status", "route", "location"),
    }
)
WHATS = sorted(
    {("host", "environment"), ("host", "resolver_config"), ("host", "proxy_variables")}
    | {("host", "hosts_file"), ("host", "clock"), ("name", "getaddrinfo"), ("tcp", "connect")}
    | {("tls", "chain"), ("http", "request"), ("http", "redirect"), ("host", "route_to")}
)
READINGS = st.lists(
    st.builds(
        lambda place, facts: reading(*place, "x", facts=facts),
        st.sampled_from(WHATS),
        st.dictionaries(st.sampled_from(KEYS), FACTS),
    ),
    max_size=6,
)


@given(READINGS, READINGS, st.sampled_from([DROPS, FORBIDDEN, INTERCEPTED, None]))
def test_whatever_reports_hold_they_can_be_compared(one, other, found):
    reports = [diagnosis(*one), diagnosis(*other, found=found)]

    assert json.dumps(dataclasses.asdict(compare(reports, "ab")))
