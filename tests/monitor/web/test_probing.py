import pytest
from monitor.web.asking import Asking
from monitor.web.service import certificate, check, refused
from prometheus_client.parser import text_string_to_metric_families

from ringback.monitor.web.metrics import exposition_of
from ringback.monitor.web.probing import check_metrics, is_allowed
from ringback.monitor.web.settings import WebSettings

OPEN = WebSettings(probe_targets=("*.example", "127.0.0.1:9115", "https://secure.test"))


def read(text):
    return {
        sample.name: sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_target_is_shown_as_blackbox_exporter_shows_it():
    response = Asking(settings=OPEN).get("/probe?module=http_2xx&target=https://a.example/x?y=1")
    found = read(response.text)

    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert found["probe_success"].value == 1
    assert found["probe_duration_seconds"].value == 0.042


def test_a_failure_is_shown_with_its_kind():
    found = read(Asking(settings=OPEN).get("/probe?target=https://refused.example").text)

    assert found["probe_success"].value == 0
    assert found["probe_failure_info"].labels == {"kind": "tcp.refused"}


def test_a_whole_check_has_the_names_of_blackbox_exporter():
    phases = {"dns": 0.004, "connect": 0.01, "tls": 0.016, "first_byte": 0.009, "transfer": 0.003}
    seen = check("a", status=200, certificate=certificate(9), timings=phases, address="192.0.2.1")
    found = list(text_string_to_metric_families(exposition_of(check_metrics(seen, http=True))))

    assert {family.name for family in found} == {
        "probe_success",
        "probe_duration_seconds",
        "probe_dns_lookup_time_seconds",
        "probe_ip_protocol",
        "probe_http_status_code",
        "probe_failed_due_to_regex",
        "probe_http_duration_seconds",
        "probe_http_ssl",
        "probe_ssl_earliest_cert_expiry",
    }
    by_phase = next(family for family in found if family.name == "probe_http_duration_seconds")
    assert {sample.labels["phase"]: sample.value for sample in by_phase.samples} == {
        "resolve": 0.004,
        "connect": 0.01,
        "tls": 0.016,
        "processing": 0.009,
        "transfer": 0.003,
    }


def test_rules_on_the_status_see_that_there_was_none():
    found = read(exposition_of(check_metrics(refused("a"), http=True)))

    assert found["probe_http_status_code"].value == 0
    assert "probe_http_status_code" not in read(
        exposition_of(check_metrics(refused("a"), http=False))
    )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("target=", 400),
        ("target=https://a.example&module=nonsense", 400),
        ("target=https://a.elsewhere", 403),
        ("target=" + "x" * 3000, 400),
    ],
)
def test_what_may_not_be_asked_is_refused(query, status):
    assert Asking(settings=OPEN).get(f"/probe?{query}").status_code == status


def test_without_a_list_nothing_may_be_asked():
    assert Asking().get("/probe?target=https://a.example").status_code == 403


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("https://a.example", True),
        ("https://A.EXAMPLE:8443/path?x=1", True),
        ("a.example:53", True),
        ("127.0.0.1:9115", True),
        ("http://127.0.0.1:9115/metrics", True),
        ("https://secure.test/", True),
        ("https://secure.test:443/", True),
        ("http://secure.test/", False),
        ("secure.test", False),
        ("127.0.0.1:22", False),
        ("127.0.0.1", False),
        ("https://elsewhere/.example", False),
        ("https://elsewhere/?a.example", False),
        ("https://elsewhere#.example", False),
        ("https://a.example@elsewhere", False),
        ("https://elsewhere\\.example", False),
        ("https://elsewhere\n.example", False),
        ("https://a.example:port", False),
        ("https://", False),
        ("", False),
    ],
)
def test_only_listed_targets_are_looked_at(target, allowed):
    assert is_allowed(target, OPEN.probe_targets) is allowed


def test_a_star_allows_every_host():
    assert is_allowed("https://anything.test/x", ("*",))
    assert not is_allowed("https://user@anything.test/x", ("*",))
