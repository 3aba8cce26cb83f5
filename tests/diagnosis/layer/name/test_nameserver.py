import socket
import sys
import threading

import dns.message
import dns.name
import pytest
from until import until

from ringback.diagnosis.context import DiagnosisContext, Options, together
from ringback.diagnosis.layer import dns_query
from ringback.diagnosis.layer.dns_query import QueryTimeouts, Server
from ringback.diagnosis.layer.host_resolver import ResolverConfig
from ringback.diagnosis.layer.nameserver import NameserverQueries, names_to_ask, text_of_name
from ringback.diagnosis.layer.url import parse_target
from ringback.testing.lab.dns import ANSWERS, DNSAnswer, Nameserver, bind

MORE = {
    "both": DNSAnswer(addresses=("192.0.2.7", "192.0.2.8", "2001:db8::7")),
    "alias": DNSAnswer(alias="ok.lab.test."),
}
LONG = QueryTimeouts(tries=(30.0,))
"""For what comes, however slow the machine."""
SHORT = QueryTimeouts(tries=(0.05, 0.05))
"""For what never comes."""


@pytest.fixture(scope="module")
def server():
    with Nameserver({**ANSWERS, **MORE}, bind("127.0.0.1")) as running:
        yield running


@pytest.fixture
def context():
    return DiagnosisContext(parse_target("https://example.com/"), Options(timeout=60.0))


def ask(context, server, *names, timeouts=LONG):
    absolute = [dns.name.from_text(name) for name in names]
    asking = NameserverQueries(context, Server(*server.address), absolute, timeouts)
    together(context, asking.tasks())
    return {reading.facts["type"]: reading for reading in context.readings()}


def test_both_types_are_asked_for(context, server):
    told = ask(context, server, "both.lab.test")

    assert sorted(told["A"].facts["answers"]) == ["192.0.2.7", "192.0.2.8"]
    assert told["AAAA"].facts["answers"] == ["2001:db8::7"]
    assert told["A"].state == "ok"
    assert told["A"].subject == f"127.0.0.1:{server.address[1]} A"
    assert (told["A"].facts["rcode"], told["A"].facts["ttl"]) == ("NOERROR", 0)
    assert told["A"].facts["on_link"] is (True if sys.platform == "linux" else None)


@pytest.mark.parametrize(
    ("label", "rcode", "kind", "extended"),
    [
        ("nxdomain", "NXDOMAIN", "dns.name_not_resolved", []),
        ("nodata", "NOERROR", None, []),
        ("servfail", "SERVFAIL", "dns.server", []),
        ("refused", "REFUSED", "dns.server", []),
        ("notimp", "NOTIMP", "dns.server", []),
        ("formerr", "FORMERR", "dns.server", []),
        ("filtered", "NXDOMAIN", "dns.blocked", [[17, "on the blocklist of this lab"]]),
        ("dnssec-bogus", "SERVFAIL", "dns.server", [[6, "signature has expired for lab.test"]]),
    ],
)
def test_a_response_code_and_what_explains_it_are_recorded(
    context, server, label, rcode, kind, extended
):
    answer = ask(context, server, f"{label}.lab.test")["A"]

    assert (answer.facts["rcode"], answer.kind) == (rcode, kind)
    assert answer.state == ("failed" if kind else "noted")
    assert (answer.facts["answers"], answer.facts["ede"]) == ([], extended)
    assert all(text in answer.result for _, text in extended)


def test_silence_is_recorded_after_a_second_question(context):
    with Nameserver(ANSWERS, bind("127.0.0.1")) as server:
        told = ask(context, server, "silent.lab.test", timeouts=SHORT)
        until(lambda: len(server.asked) == 4)

    facts = told["A"].facts
    assert (facts["timed_out"], facts["rcode"], facts["error"]) == (True, None, None)
    assert told["A"].kind == "dns.unreachable"
    assert told["A"].seconds > 0.09


def test_a_late_answer_to_the_first_try_still_counts(context, server):
    told = ask(context, server, "slow.lab.test", timeouts=QueryTimeouts(tries=(0.1, 30.0)))

    assert told["A"].facts["answers"] == ["127.0.0.1"]


def test_a_cut_answer_is_fetched_whole_over_tcp(context, server):
    told = ask(context, server, "truncated.lab.test")

    facts = told["A"].facts
    assert facts["answers"] == ["127.0.0.1"]
    assert (facts["truncated"], facts["over_tcp"]) == (True, True)


def test_a_cut_answer_without_tcp_is_none(context, server):
    told = ask(context, server, "truncated-dead.lab.test")

    facts = told["A"].facts
    assert (facts["rcode"], facts["answers"], facts["error"]) == (None, [], "ECONNRESET")
    assert (facts["truncated"], facts["over_tcp"]) == (True, True)


def test_several_names_are_tried_in_order_until_one_has_an_address(context, server):
    told = ask(context, server, "nxdomain.lab.test", "both.lab.test", "ok.lab.test")

    facts = told["A"].facts
    assert facts["asked"] == "both.lab.test"
    assert facts["tried"] == ["nxdomain.lab.test", "both.lab.test"]


def test_after_a_refusal_only_the_name_as_written_is_tried(context, server):
    told = ask(context, server, "a.refused.lab.test", "b.ok.lab.test", "ok.lab.test")

    assert told["A"].facts["tried"] == ["a.refused.lab.test", "ok.lab.test"]


class Raw:
    """A nameserver that answers with what a function returns: bytes, or several in a list."""

    def __init__(self, answer):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._answer = answer
        self.address = self._socket.getsockname()
        self._serving = threading.Thread(target=self._serve, daemon=True)
        self._serving.start()

    def _serve(self):
        while True:
            wire, where = self._socket.recvfrom(4096)
            if wire == b"end":
                return
            answers = self._answer(wire)
            for answer in [answers] if isinstance(answers, bytes) else answers:
                self._socket.sendto(answer, where)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"end", self.address)
        self._serving.join()
        self._socket.close()


def test_answers_to_other_questions_are_counted_but_not_taken(context):
    def forged_first(wire):
        query = dns.message.from_wire(wire)
        other_name = dns.message.make_query("other.test", query.question[0].rdtype, id=query.id)
        other_id = dns.message.from_wire(wire)
        other_id.id ^= 1
        forged = [dns.message.make_response(other).to_wire() for other in (other_name, other_id)]
        return [*forged, without_edns(wire)]

    with Raw(forged_first) as server:
        told = ask(context, server, "ok.lab.test", timeouts=LONG)

    facts = told["A"].facts
    assert (facts["answers"], facts["mismatched"]) == (["192.0.2.1"], 2)


def test_bytes_that_are_no_message_are_malformed(context, monkeypatch):
    monkeypatch.setattr(dns_query, "_AFTER_MALFORMED_TIMEOUT", 0.01)
    with Raw(lambda wire: wire[:2] + b"\xff" * 9) as server:
        told = ask(context, server, "ok.lab.test", timeouts=LONG)

    facts = told["A"].facts
    assert (facts["malformed"], facts["timed_out"], facts["rcode"]) == (True, False, None)
    assert told["A"].kind == "dns.server"


def without_edns(wire):
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    if query.edns >= 0:
        reply.set_rcode(dns.rcode.FORMERR)
    else:
        name, type_ = query.question[0].name, query.question[0].rdtype
        text = "192.0.2.1" if type_ == dns.rdatatype.A else "2001:db8::1"
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", type_, text))
    return reply.to_wire()


def deaf_to_edns(wire):
    return [] if dns.message.from_wire(wire).edns >= 0 else without_edns(wire)


@pytest.mark.parametrize(("answer", "first"), [(without_edns, 30.0), (deaf_to_edns, 0.1)])
def test_a_server_that_does_not_know_edns_is_asked_without(context, answer, first):
    with Raw(answer) as server:
        told = ask(context, server, "ok.lab.test", timeouts=QueryTimeouts(tries=(first, 30.0)))

    facts = told["A"].facts
    assert (facts["answers"], facts["edns"], facts["ttl"]) == (["192.0.2.1"], False, 60)
    assert facts["timed_out"] is False


def test_hostile_text_is_made_harmless(context):
    def answer(wire):
        reply = dns.message.make_response(dns.message.from_wire(wire))
        reply.set_rcode(dns.rcode.SERVFAIL)
        reply.use_edns(0, options=[dns.edns.EDEOption(0, "\x1b[2J" + "x" * 400)])
        return reply.to_wire()

    with Raw(answer) as server:
        told = ask(context, server, "ok.lab.test", timeouts=LONG)

    ((_, text),) = told["A"].facts["ede"]
    assert text.startswith("�[2J")
    assert len(text) == 200
    assert told["A"].result.isprintable()


@pytest.mark.parametrize(
    ("host", "ndots", "names"),
    [
        ("db", 1, ["db.a.test", "db.b.test", "db"]),
        (
            "www.example.com",
            1,
            ["www.example.com", "www.example.com.a.test", "www.example.com.b.test"],
        ),
        ("api.internal", 5, ["api.internal.a.test", "api.internal.b.test", "api.internal"]),
        ("db.", 1, ["db"]),
        (f"{'a' * 64}.example", 1, []),
        (
            "bücher.example",
            1,
            [
                "xn--bcher-kva.example",
                "xn--bcher-kva.example.a.test",
                "xn--bcher-kva.example.b.test",
            ],
        ),
    ],
)
def test_names_are_tried_as_the_c_library_does(host, ndots, names):
    config = ResolverConfig(search=("a.test", "b.test"), ndots=ndots)

    assert [text_of_name(name) for name in names_to_ask(host, config)] == names
    assert len(names_to_ask(host, ResolverConfig())) == len(names[:1])
