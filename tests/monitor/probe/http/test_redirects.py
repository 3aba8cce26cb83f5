import pytest

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
