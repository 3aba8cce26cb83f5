"""A recursive resolver, as the client's ``/etc/resolv.conf`` names one."""

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from ringback.testing.lab.dns import DNSAnswer, DNSQuestion, Nameserver

_SOA = "ns.example.org. hostmaster.example.org. 1 7200 900 1209600 300"
_ABSENT = DNSAnswer(rcode=dns.rcode.NXDOMAIN)
_DEPTH = 8


class Resolver(Nameserver):
    """Answers the names of a table; others do not exist, the root does.

    Args:
        records: Name to answer; ``*.name`` stands for all below, ``*`` for every other one.
        sockets: As from ``bind``.
        deaf: Types of question that are dropped, ``AAAA`` for example.
        always: The answer to every question whatever its name, the root included.
        warp: What is done to each answer on its way out: takes the question and the answer's bytes.
    """

    def __init__(self, records, sockets, *, deaf=(), always=None, warp=None):
        self._warp = warp
        self._records = {dns.name.from_text(name): answer for name, answer in records.items()}
        self._deaf = deaf
        self._always = always
        super().__init__({}, sockets)

    def answer(self, wire, transport):
        """Answer one message; ``None`` for silence."""
        try:
            query = dns.message.from_wire(wire)
            (question,) = query.question
        except (dns.exception.DNSException, ValueError):
            return None
        type_ = dns.rdatatype.to_text(question.rdtype)
        self.asked.append(DNSQuestion(question.name.to_text(omit_final_dot=True), type_, transport))
        found = self._found(question.name)
        if self.closing.wait(found.delay) or type_ in self._deaf:
            return None
        if not found.tcp if transport == "tcp" else found.udp == "silent":
            return None
        reply = self._reply(query, found)
        if transport == "udp" and found.udp == "truncated":
            reply.flags |= dns.flags.TC
            reply.answer.clear()
        sent = reply.to_wire()
        return self._warp(query, sent) if self._warp else sent

    def _found(self, name):
        if self._always:
            return self._always
        if name in self._records:
            return self._records[name]
        above = name
        while above != dns.name.root:
            above = above.parent()
            if found := self._records.get(dns.name.Name((b"*", *above.labels))):
                return found
        return DNSAnswer() if name == dns.name.root else _ABSENT

    def _reply(self, query, found):
        question = query.question[0]
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(self._chase(reply, question, found))
        if question.name == dns.name.root and reply.rcode() == dns.rcode.NOERROR:
            servers = [f"{letter}.root-servers.example." for letter in "abc"]
            reply.answer.append(dns.rrset.from_text_list(".", 3600, "IN", "NS", servers))
        elif not _addresses(reply, question.rdtype) and reply.rcode() in (0, 3):
            reply.authority.append(dns.rrset.from_text("org.", 300, "IN", "SOA", _SOA))
        if found.error and query.edns >= 0:
            reply.use_edns(0, options=[dns.edns.EDEOption(*found.error)])
        return reply

    def _chase(self, reply, question, found):
        """Add the answer behind any aliases and return its response code."""
        name = question.name
        for _ in range(_DEPTH):
            if not found.alias:
                break
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", found.alias))
            name = dns.name.from_text(found.alias)
            found = self._found(name)
        wanted = [address for address in found.addresses if _type(address) == question.rdtype]
        if wanted:
            reply.answer.append(dns.rrset.from_text_list(name, 60, "IN", question.rdtype, wanted))
        return found.rcode


def _addresses(reply, rdtype):
    return any(rrset.rdtype == rdtype for rrset in reply.answer)


def _type(address):
    return dns.rdatatype.AAAA if ":" in address else dns.rdatatype.A


def refers_to_the_root(query, _):
    """Name the root servers in place of an answer, and say that it does not recurse."""
    referral = dns.message.make_response(query)
    referral.use_edns(-1)
    referral.flags &= ~dns.flags.RA
    servers = [f"{letter}.root-servers.net." for letter in "abcd"]
    referral.authority.append(dns.rrset.from_text_list(".", 518400, "IN", "NS", servers))
    return referral.to_wire()
