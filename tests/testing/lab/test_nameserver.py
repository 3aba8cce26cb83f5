import socket

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from ringback.testing.lab.dns import ANSWERS, DNSAnswer, DNSQuestion, Nameserver, bind
from tests.testing.lab.wire import SILENCE, WAIT_TIMEOUT


@pytest.fixture(scope="module")
def server():
    with Nameserver(ANSWERS, bind("127.0.0.1")) as running:
        yield running


def ask(server, label, *, rdtype="A", edns=False, patience=WAIT_TIMEOUT):
    """Send one question over UDP and return the first datagram that comes back."""
    query = dns.message.make_query(f"{label}.lab.test", rdtype, use_edns=0 if edns else False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(patience)
        asking.sendto(query.to_wire(), server.address)
        return query, dns.message.from_wire(asking.recv(4096))


def test_each_question_gets_the_addresses_of_its_type():
    answers = {"both": DNSAnswer(addresses=("127.0.0.1", "::1"))}
    with Nameserver(answers, bind("127.0.0.1")) as server:
        assert str(ask(server, "both")[1].answer[0][0]) == "127.0.0.1"
        assert str(ask(server, "both", rdtype="AAAA")[1].answer[0][0]) == "::1"
        assert ask(server, "both", rdtype="MX")[1].answer == []
        assert server.asked[1] == DNSQuestion("both.lab.test", "AAAA", "udp")


def test_names_outside_the_zone_are_refused(server):
    query = dns.message.make_query("example.org", "A")
    reply = dns.query.udp(query, server.address[0], WAIT_TIMEOUT, server.address[1])
    assert reply.rcode() == dns.rcode.REFUSED


def test_a_lame_server_only_refers_elsewhere(server):
    _, reply = ask(server, "lame")
    assert not reply.flags & (dns.flags.AA | dns.flags.RA)
    assert reply.answer == []
    assert reply.authority[0].rdtype == dns.rdatatype.NS


def test_a_wrong_id_or_question_is_seen_on_the_wire(server):
    query, reply = ask(server, "wrong-id")
    assert reply.id != query.id
    query, reply = ask(server, "wrong-question")
    assert reply.id == query.id
    assert reply.question != query.question


@pytest.mark.parametrize(
    ("label", "code"), [("dnssec-bogus", 6), ("network-error", 23), ("filtered", 17)]
)
def test_extended_errors_reach_clients_that_speak_edns(server, label, code):
    assert [option.code for option in ask(server, label, edns=True)[1].options] == [code]
    assert ask(server, label)[1].edns == -1


def test_garbage_is_not_answered_and_does_not_stop_the_server(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(SILENCE)
        asking.sendto(b"\x00\x01garbage", server.address)
        with pytest.raises(TimeoutError):
            asking.recv(512)
    assert ask(server, "ok")[1].answer


def test_closing_frees_the_port_while_an_answer_is_delayed():
    server = Nameserver({"long": DNSAnswer(delay=60)}, bind("127.0.0.1"))
    with pytest.raises(TimeoutError):
        ask(server, "long", patience=SILENCE)
    server.close()
    for again in bind(*server.address):
        again.close()
