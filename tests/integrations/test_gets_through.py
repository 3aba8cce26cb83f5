"""Over the whole lab, through every integration: what can be sent again is, and nothing else."""

from __future__ import annotations

import pytest
from integrations import expected
from integrations.outcomes import ATTEMPTS, listed, plain_table, shares, table
from integrations.ringback_integrations import PLAIN, RINGBACK_INTEGRATIONS

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

OTHERWISE = (
    # fault, why the library alone ends otherwise
    ("*:first_two", "it tries once"),
    ("*stale*", "it tries once"),
    ("tcp.refused:moved", "it tries once; decided by a race"),
    ("*on_accept", "decided by a race"),
    ("*mid_request", "decided by a race"),
    ("tcp.reset:after_request_tls", "OpenSSL takes it for the end, which anyio does not"),
    ("http.response.redirect_invalid:bad_port", "an ExceptionGroup escapes from httpx"),
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

integrations = pytest.mark.parametrize("share", shares())


def failed(share, verb):
    """The calls through an integration that failed, and what failed inside of it."""
    return {
        fault: one
        for fault, one in table(share).by(verb).items()
        if one.raised and not listed(ENDS_OUTSIDE, share.integration, fault)
    }


def hopeless(kind):
    return KINDS[kind].retry == "no"


def listed_as(rows, fault):
    return listed([("*", *row) for row in rows], "", fault)


@integrations
def test_healthy_servers_are_reached_at_the_first_attempt(share):
    for verb in ("POST", "GET"):
        well = {f: one for f, one in table(share).by(verb).items() if FAULTS[f].kind == "ok"}
        assert {f: one for f, one in well.items() if (one.status, one.attempts) != (200, 1)} == {}


@integrations
def test_a_post_that_never_arrived_is_tried_again(share):
    given_up = {
        fault: one
        for fault, one in failed(share, "POST").items()
        if not one.reached
        and not hopeless(FAULTS[fault].kind)
        and not hopeless(one.kinds[-1])
        and not listed_as(UNKNOWABLE, fault)
        and one.attempts != ATTEMPTS
    }
    assert given_up == {}


@integrations
def test_what_may_be_sent_twice_is_tried_again(share):
    given_up = {
        fault: one
        for fault, one in table(share).by("GET").items()
        if one.kinds
        and not hopeless(one.kinds[-1])
        and not listed_as(TRIED_ONCE, fault)
        and (one.status or 500) >= 400
        and one.attempts != ATTEMPTS
    }
    assert given_up == {}


@integrations
@pytest.mark.parametrize("verb", ["POST", "GET"])
def test_what_no_attempt_can_mend_is_tried_once(share, verb):
    in_vain = {
        fault: one
        for fault, one in table(share).by(verb).items()
        if one.kinds and hopeless(one.kinds[0]) and one.attempts != 1
    }
    assert in_vain == {}


@integrations
@pytest.mark.parametrize("verb", ["POST", "GET"])
def test_each_attempt_is_named_for_what_happened(share, verb):
    client = RINGBACK_INTEGRATIONS[share.integration].client
    misnamed = {
        fault: one.kinds
        for fault, one in table(share).by(verb).items()
        if not set(one.kinds) <= names(client, fault)
        and not expected.listed(expected.NOT_MET, client, fault)
    }
    assert misnamed == {}


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


@integrations
@pytest.mark.parametrize("verb", ["POST", "GET"])
def test_what_is_raised_says_what_went_wrong_with_each_attempt(share, verb):
    silent = {
        fault: one
        for fault, one in failed(share, verb).items()
        if not issubclass(one.raised, RingbackError) or one.failures != len(one.kinds)
    }
    assert silent == {}


@pytest.mark.nightly
@integrations
def test_what_is_raised_is_what_the_library_raises(share):
    plain = next(
        (p for p in PLAIN if PLAIN[p].client == RINGBACK_INTEGRATIONS[share.integration].client),
        None,
    )
    if plain is None:
        return
    known = plain_table(share, plain).by("GET")
    other = {
        fault: (one, known[fault])
        for fault, one in table(share).by("GET").items()
        if fault in known
        and known[fault].raised
        and not listed_as(OTHERWISE, fault)
        and not issubclass(one.raised or type(None), known[fault].raised)
    }
    assert other == {}
