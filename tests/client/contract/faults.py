"""What must be true of every fault of the lab, met through any integration.

What can be sent again is, and nothing else; what is raised is the library's exception and says what
went wrong with each attempt; nothing is sent twice and nothing left behind.
"""

from __future__ import annotations

from client.contract.integrations import INTEGRATIONS
from client.contract.outcomes import listed, plain_table, table
from integrations import expected

from ringback.errors import RingbackError
from ringback.failure import KINDS
from ringback.testing.lab import FAULTS

UNKNOWABLE = (
    # fault, why the client cannot know that the server's application read nothing
    ("tcp.reset:on_accept", "the kernel may have handed it over before"),
    ("tcp.closed:on_accept", "the kernel may have handed it over before"),
    ("tcp.reset:tls_port", "something read it: another protocol's server"),
    ("http.response.invalid.not_http:*", "something answered: another protocol's server"),
    ("http.request.timed_out:*", "the peer's kernel has a part of it"),
    ("tcp.refused:moved", "the connection was kept, and closed meanwhile"),
    ("*trickling*", "the first attempt takes the time of all"),
)

TRIED_ONCE = (
    # fault, why a request that may be sent twice is not
    ("*:retry_after_huge", "the server asks for a wait that is longer than the deadline"),
    ("http.error:500", "no status that passes"),
    ("*trickling*", "the first attempt takes the time of all"),
)

ENDS_OUTSIDE = (
    # integration, fault, what the library raises by itself, outside of the integration
    ("Adapter", "http.response.redirect*", "the session follows redirects"),
    ("httpx*", "http.response.redirect*", "the client follows redirects"),
    ("install httpx*", "http.response.redirect*", "the client follows redirects"),
    ("aiohttp", "http.response.redirect*", "the session follows redirects"),
    ("install aiohttp", "http.response.redirect*", "the session follows redirects"),
    ("install requests", "http.response.redirect_invalid:bad_port", "told of another port"),
    ("install aiohttp", "http.response.body_timed_out:*", "the program reads the body"),
    ("install aiohttp", "http.response.invalid.*", "the program reads the body"),
    ("install aiohttp", "tcp.reset:mid_body", "the program reads the body"),
)

OTHERWISE = (
    # library, fault, why it alone ends otherwise, or not always alike
    ("*", "*:first_two", "it tries once"),
    ("*", "*stale*", "it tries once"),
    ("*", "tcp.refused:moved", "it tries once; decided by a race"),
    ("*", "*on_accept", "decided by a race"),
    ("*", "*mid_request", "decided by a race"),
    ("*", "*client_auth*", "decided by a race"),
    ("*", "*tls_port", "decided by a race"),
    ("*", "*timed_out*", "decided by which limit is the first"),
    ("*", "*silent*", "decided by which limit is the first"),
    ("*", "*trickling*", "bounds a single read only"),
    ("*", "tcp.reset:after_request_tls", "OpenSSL takes it for the end, which anyio does not"),
    ("httpx*", "http.response.redirect_invalid:bad_port", "an ExceptionGroup escapes from httpx"),
    ("requests", "http.response.headers.truncated:*", "takes it for a success"),
    ("urllib3", "http.response.headers.truncated:*", "takes it for a success"),
    ("*", "http.response.invalid.content_length_mismatch*", "a success to urllib3 1"),
    ("*", "*truncated_gzip", "takes it for a success"),
    ("*", "tls.closed:without_close_notify", "takes it for a success"),
)


def told(share):
    """What is wrong with the outcomes of a share."""
    return [
        f"{verb} {fault}: {what}: {one}"
        for (verb, fault), one in table(share).outcomes.items()
        for what in (
            *_attempts(verb, fault, one),
            *_said(share.integration, fault, one),
            *(_twice(share.integration, fault, one) if verb == "POST" else ()),
        )
    ]


def _hopeless(kind):
    return KINDS[kind].retry == "no"


def _listed(rows, fault):
    return listed([("*", *row) for row in rows], "", fault)


def _attempts(verb, fault, one):
    """What is wrong with how often it was tried."""
    kind = FAULTS[fault].kind
    if kind == "ok" and (one.status, one.attempts) != (200, 1):
        yield "a healthy server is reached at the first attempt"
    if not one.kinds:
        return
    if _hopeless(one.kinds[0]) and one.attempts != 1:
        yield "what no attempt can mend is tried once"
    if _hopeless(one.kinds[-1]) or one.attempts == one.most:
        return
    if verb == "GET" and (one.status or 500) >= 400 and not _listed(TRIED_ONCE, fault):
        yield "what may be sent twice is tried again"
    never = one.raised and not one.reached and not _hopeless(kind)
    if verb == "POST" and never and not _listed(UNKNOWABLE, fault):
        yield "a POST that never arrived is tried again"


def _said(integration, fault, one):
    """What is wrong with what was said."""
    client = INTEGRATIONS[integration].library
    if not set(one.kinds) <= names(client, fault) and not expected.listed(
        expected.NOT_MET, client, fault
    ):
        yield "each attempt is named for what happened"
    if not one.raised or listed(ENDS_OUTSIDE, integration, fault):
        return
    if not issubclass(one.raised, RingbackError) or one.failures != len(one.kinds):
        yield "what is raised tells of each attempt"


def names(client, fault):
    """The kinds that an attempt at a fault may be called."""
    kind, also = FAULTS[fault].kind, FAULTS[fault].also
    found = {kind, *also}.union(
        *(row[2] for row in expected.listed(expected.HIDDEN, client, fault))
    )
    if found & expected.RACE or fault == "tcp.refused:moved":
        found |= expected.RACE
    if kind == "http.response.redirect_invalid":
        found |= {"url.invalid", "url.scheme_invalid"}  # what it is to one hop
    if kind.startswith("dns."):
        found.add("dns.timed_out")
    if client in expected.BYTES_ONLY and "timed_out" in kind:
        found.add("client.deadline_exceeded")
    # A server that ends a kept connection may be met again by the next attempt.
    return found | {"tcp.closed.stale"}


def _twice(integration, fault, one):
    """What is wrong with a POST of which every arrival counts."""
    if any(expected.fnmatchcase(fault, pattern) for pattern in expected.NOT_PROCESSED):
        return
    # urllib3 follows a redirect with the same method: the server asks for it.
    follows = integration in {"PoolManager", "install urllib3"} and "redirect" in fault
    if one.posts > one.calls and not follows:
        yield "no POST that may have been processed is sent again"
    # Behind a redirect each hop has a failure of its own.
    if one.calls == 1 and one.posts and "no" in one.delivered and "redirect" not in fault:
        yield "what reached the server is never called undelivered"


def unlike(share):
    """The calls that raise what is not what the library alone raises."""
    plain = INTEGRATIONS[share.integration].plain
    if plain is None:
        return {}
    ours = {
        call: one
        for call, one in table(share).outcomes.items()
        if call[0] == "GET" and not listed(OTHERWISE, plain, call[1])
    }
    alone = plain_table(plain, tuple(ours))
    return {
        call: (one.raised, one.cause, alone[call].raised, alone[call].cause)
        for call, one in ours.items()
        if alone[call].raised
        and not (
            issubclass(one.raised or type(None), alone[call].raised)
            and (plain not in {"requests", "urllib3"} or one.cause == alone[call].cause)
        )
    }


class TestFaults:
    """A file of its own for each library has a share of them, see ``conftest.py``."""

    def test_every_fault_ends_as_it_must(self, share):
        wrong = told(share)
        assert wrong == [], "\n".join(wrong)

    def test_what_is_raised_is_what_the_library_raises(self, share):
        assert unlike(share) == {}

    def test_no_connection_thread_or_descriptor_is_left(self, share):
        assert table(share).left == []
