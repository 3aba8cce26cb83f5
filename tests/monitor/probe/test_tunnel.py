import pytest

from ringback.testing.lab.proxy import FAULTS as HTTP
from ringback.testing.lab.socks import FAULTS as SOCKS

USABLE = {
    f"{fault.kind}:{fault.when}".rstrip(":"): fault.kind
    for fault in (*HTTP, *SOCKS)
    if "socks4" not in fault.when and fault.when != "https_url"
}


def proxied(started):
    return {"proxy": started.proxies[started.url.partition(":")[0]]}


SLOW = [fault for fault in USABLE if "silent" in fault or "trickling" in fault]


@pytest.mark.parametrize("fault", [fault for fault in USABLE if fault not in SLOW])
def test_every_way_a_proxy_fails_is_its_own_kind(looking, lab, fault):
    started = lab.start(fault)

    check = looking.fault(started, lab, options=proxied(started))

    kind = USABLE[fault]
    assert check.kind == (None if kind == "ok" else kind), check.detail
    assert check.up is (kind == "ok")


def test_a_proxy_that_is_silent_has_not_responded(looking, lab):
    checks = looking.all_at(
        looking.endpoint_of(started, lab, options=proxied(started), timeout=1.5)
        for started in map(lab.start, SLOW)
    )

    assert [check.kind for check in checks] == [USABLE[fault] for fault in SLOW]


def test_connection_through_a_tunnel_is_kept(looking, lab):
    started = lab.start("ok:proxy_tunnel")
    prober = looking.prober(started.url, ca=lab.certificates.bundle, options=proxied(started))

    first, second = looking.once(prober), looking.once(prober)

    prober.close()
    assert (first.up, second.up) == (True, True)
    assert "tls" in first.timings
    assert "tls" not in second.timings


def test_bad_certificate_is_read_through_the_tunnel(looking, lab):
    started = lab.start("tls.cert.date_invalid.expired")
    proxy = lab.start("ok:proxy_tunnel")

    check = looking.fault(started, lab, options={"proxy": proxy.proxies["https"]})

    assert check.kind == "tls.cert.date_invalid.expired"
    assert check.certificate is not None


def test_no_proxy_is_used_unless_it_is_named(looking, lab, monkeypatch, unused_port):
    started = lab.start("ok")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port}")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("NO_PROXY", "")

    assert looking.at(started.url).up is True
    check = looking.at(started.url, options={"proxy": "environment"})

    assert check.kind == "proxy.unreachable"
    assert str(unused_port) in check.detail
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert looking.at(started.url, options={"proxy": "environment"}).up is True


def test_credentials_of_a_proxy_are_recorded_nowhere(looking, lab, unused_port):
    check = looking.at(
        lab.start("ok").url, options={"proxy": f"http://ann:hunter2@127.0.0.1:{unused_port}"}
    )

    assert check.kind == "proxy.unreachable"
    assert "hunter2" not in check.detail


@pytest.mark.parametrize("proxy", ["ftp://proxy:1", "https://proxy:1", "http://"])
def test_proxy_that_cannot_be_used_blames_nobody(looking, lab, proxy):
    check = looking.at(lab.start("ok").url, options={"proxy": proxy})

    assert check.up is None
    assert check.kind in {"config.proxy_invalid", "request.invalid"}
