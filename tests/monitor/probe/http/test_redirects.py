import sys
import time

import pytest

from ringback.monitor.probe.connect import ProbeResolver
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import answering, head, response


@pytest.fixture
def away(lab):
    return lab.listen(answering(response(200, b'{"here": true}')))


def redirecting(lab, location, status=302):
    whole = head(status, f"Location: {location}", "Content-Length: 0")
    return lab.listen(answering(whole))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(looking, lab, away, status):
    started = redirecting(lab, away.url, status)

    check = looking.at(started.url, expect={"json": {"here": "true"}})

    assert check.up is True
    assert check.status == 200
    assert away.requests == 1


def test_secrets_stay_with_their_origin(looking, lab, away):
    started = redirecting(lab, away.url)
    url = started.url.replace("http://", "http://user:secret@")

    looking.at(url, headers={"X-Token": "secret"})

    request = bytes(away.seen[0].received)
    assert b"secret" not in request
    assert b"Authorization" not in request


def test_they_need_not_be_followed(looking, lab, away):
    started = redirecting(lab, away.url)

    assert looking.at(started.url, options={"redirects": False}).status == 302
    assert looking.at(started.url, expect={"status": ((302, 302),)}).status == 302
    assert away.requests == 0


def test_they_are_followed_only_where_they_may_lead(looking, lab, away):
    started = redirecting(lab, away.url)

    check = looking.at(started.url, options={"may_redirect": lambda url: url == started.url})

    assert (check.up, check.kind) == (False, "http.response.redirect_invalid")
    assert "probe_allow.targets" in check.detail
    assert away.requests == 0
    assert looking.at(started.url, options={"may_redirect": lambda url: True}).up is True


def test_what_stands_behind_decides(looking, lab):
    check = looking.at(redirecting(lab, lab.start("tcp.refused").url).url)

    assert (check.up, check.kind) == (False, "tcp.refused")


def test_the_connection_to_the_endpoint_itself_is_kept(looking, lab, away):
    started = redirecting(lab, away.url)
    prober = looking.prober(started.url, options={"fresh_after": 100})

    for _ in range(3):
        assert looking.once(prober).up is True
    prober.close()

    assert len(started.seen) <= 2
    assert len(away.seen) == 3


def test_the_certificate_is_that_of_the_endpoint_itself(looking, lab, away):
    def redirect(connection):
        connection.read_request()
        connection.send(head(302, f"Location: {away.url}", "Content-Length: 0"))

    started = secured(handler=redirect)(lab)

    check = looking.at(started.url, ca=lab.certificates.bundle)

    assert (check.up, check.status) == (True, 200)
    assert check.certificate.issuer == "CN=ringback lab intermediate"
    if sys.version_info >= (3, 13):
        assert check.other_certificate.whose.startswith("the issuer CN=ringback lab ")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_certificate_of_a_redirect_target_that_ends_first_is_seen(looking, lab, scheme):
    target = secured("expiring")(lab)

    def redirect(connection):
        connection.read_request()
        connection.send(head(302, f"Location: {target.url}", "Content-Length: 0"))

    url = (secured(handler=redirect)(lab) if scheme == "https" else lab.listen(redirect)).url
    check = looking.at(url, ca=lab.certificates.bundle)

    assert (check.up, check.certificate is None) == (True, scheme == "http")
    assert check.other_certificate.whose == f"the redirect target 127.0.0.1:{target.port}"
    assert check.other_certificate.not_after < time.time() + 6 * 86400

    check = looking.at(url, ca=lab.certificates.bundle, expect={"certificate_days": 7})
    assert (check.up, check.kind) == (False, "tls.cert.invalid")
    assert "the certificate of the redirect target" in check.detail


class Here(ProbeResolver):
    """Says that every name is this machine's."""

    async def addresses(self, host, port, until, family=0):
        return await super().addresses("127.0.0.1", port, until, family)


def brought(looking, lab, lines, url, to="/in", **options):
    """The cookies that the request to which the first one is redirected brings."""
    lines = [f"Set-Cookie: {line}" for line in lines]

    def handler(connection):
        request = connection.read_request()
        if request.target == "/":
            port = started.port
            location = f"Location: {to.format(port=port)}"
            connection.send(head(302, location, "Content-Length: 0", *lines))
        else:
            found.append(request.headers.get("cookie"))
            connection.send(response(200, b"in"))

    found = []
    started = lab.listen(handler)
    looking.context.resolver = Here()
    check = looking.at(url.format(port=started.port), **options)
    assert (check.up, check.status) == (True, 200)
    return found[0]


SHOP = "http://www.shop.example:{port}/"


@pytest.mark.parametrize(
    ("line", "url", "to", "expected"),
    [
        ("a=1", SHOP, "/in", "a=1"),
        ('a="x y"; Path=/; HttpOnly; SameSite=Lax', SHOP, "/in", 'a="x y"'),
        ("a=1; Max-Age=60; Version=1", SHOP, "/in", "a=1"),
        ("a=1; Max-Age=0", SHOP, "/in", None),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", SHOP, "/in", None),
        ("a=1; Path=/other", SHOP, "/in", None),
        ("a=1; Path=/i", SHOP, "/in", None),
        ("a=1; Path=/in", SHOP, "/in/deep", "a=1"),
        ("a=1; Secure", SHOP, "/in", None),
        ("a=" + "x" * 5000, SHOP, "/in", None),
        ("a=1", SHOP, "http://shop.example:{port}/in", None),
        ("a=1", SHOP, "http://in.www.shop.example:{port}/in", None),
        ("a=1", SHOP, "http://www.other.example:{port}/in", None),
        ("a=1; Domain=shop.example", SHOP, "http://in.shop.example:{port}/in", "a=1"),
        ("a=1; Domain=.SHOP.example", SHOP, "http://shop.example:{port}/in", "a=1"),
        ("a=1; Domain=shop.example", SHOP, "http://myshop.example:{port}/in", None),
        ("a=1; Domain=other.example", SHOP, "http://www.other.example:{port}/in", None),
        ("a=1; Domain=in.shop.example", SHOP, "http://in.shop.example:{port}/in", None),
        ("a=1; Domain=co.uk", "http://a.co.uk:{port}/", "http://b.co.uk:{port}/in", None),
        ("a=1; Domain=example", SHOP, "http://other.example:{port}/in", None),
        ("a=1", "http://127.0.0.1:{port}/", "/in", "a=1"),
        ("a=1; Domain=127.0.0.1", "http://127.0.0.1:{port}/", "/in", "a=1"),
        ("a=1; Domain=0.0.1", "http://127.0.0.1:{port}/", "http://127.0.0.1.:{port}/in", None),
        ("a=1; Domain=0.0.1", "http://127.0.0.1:{port}/", "http://10.0.0.1:{port}/in", None),
        ("a=1", "http://wiki:{port}/", "/in", "a=1"),
        ("a=1", "http://wiki:{port}/", "http://wiki.local:{port}/in", None),
        ("a=1; Domain=xn--bcher-kva.example", "http://b\u00fccher.example:{port}/", "/in", "a=1"),
        ("a=1", "http://b\u00fccher.example:{port}/", "/in", "a=1"),
    ],
)  # fmt: skip
def test_a_cookie_is_brought_to_the_hosts_it_is_of(looking, lab, line, url, to, expected):
    assert brought(looking, lab, [line], url, to) == expected


def test_a_cookie_takes_the_place_of_one_that_is_configured(looking, lab):
    mine = {"COOKIE": "a=0; c=3"}
    assert brought(looking, lab, ["a=1", "b=2"], SHOP, headers=mine) == "c=3; a=1; b=2"
    elsewhere = "http://in.shop.example:{port}/in"
    assert brought(looking, lab, ["a=1"], SHOP, elsewhere, headers=mine) is None


@pytest.mark.parametrize(("ends", "said"), [(3, None), (99, "redirected 11 times, without end")])
def test_a_redirect_to_itself_that_sets_a_cookie_is_no_circle(looking, lab, ends, said):
    def handler(connection):
        while (request := connection.read_request()) is not None:
            given = request.headers.get("cookie", "")
            asked.append(given)
            if given == f"step={ends}":
                connection.send(response(200, b"in"))
            else:
                line = f"Set-Cookie: step={int(given[5:] or 0) + 1}"
                connection.send(head(302, "Location: /", "Content-Length: 0", line))

    asked = []
    prober = looking.prober(lab.listen(handler).url, expect={"body_contains": ("in",)})

    for _ in range(2):  # nothing is kept between two checks
        asked.clear()
        check = looking.once(prober)
        assert (check.up, check.detail) == (said is None, said or "")
        assert asked[:3] == ["", "step=1", "step=2"]
    prober.close()


def test_the_same_cookie_again_is_a_circle(looking, lab):
    again = head(302, "Location: /", "Content-Length: 0", "Set-Cookie: a=1")

    check = looking.at(lab.listen(answering(again)).url)

    assert (check.up, check.kind) == (False, "http.response.redirect_loop")
    assert check.detail == "redirected 2 times, in a circle"
