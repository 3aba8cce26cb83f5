import pytest
from monitor.web.asking import Asking
from monitor.web.service import refused
from prometheus_client.parser import text_string_to_metric_families

from ringback.monitor.commands import Probed
from ringback.monitor.probe.outcome import ProbeNotes
from ringback.monitor.web.metrics import exposition_of
from ringback.monitor.web.probing import is_allowed, probe_metrics
from ringback.monitor.web.settings import WebSettings

OPEN = WebSettings(probe_targets=("*.example", "127.0.0.1:9115", "https://secure.test"))


def test_what_a_failure_took_stands_in_the_phase_that_failed():
    seen = refused("a")
    probed = Probed(check=seen, type="http", notes=ProbeNotes(phase="connect"))
    families = text_string_to_metric_families(exposition_of(probe_metrics(probed, 1.5)))
    (found,) = (family for family in families if family.name == "probe_http_duration_seconds")
    took = {sample.labels["phase"]: sample.value for sample in found.samples}

    assert took["connect"] > 0
    assert sum(took.values()) == pytest.approx(seen.seconds)


def test_what_may_not_be_asked_is_refused(asking):
    for query, status in {
        "": 400,
        "target=": 400,
        "target=" + "x" * 3000: 400,
        "target=https://a.elsewhere": 403,
    }.items():
        assert Asking(settings=OPEN).get(f"/probe?{query}").status_code == status, query[:50]
    without_a_list = asking.get("/probe?target=https://a.example")
    assert without_a_list.status_code == 403


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("https://a.example", True),
        ("https://A.EXAMPLE:8443/path?x=1", True),
        ("a.example:53", True),
        ("127.0.0.1:9115", True),
        ("https://secure.test/", True),
        ("http://secure.test/", False),
        ("secure.test", False),
        ("127.0.0.1:22", False),
        ("https://elsewhere/.example", False),
        ("https://elsewhere/?a.example", False),
        ("https://elsewhere#.example", False),
        ("https://a.example@elsewhere", False),
        ("https://elsewhere\\.example", False),
        ("https://a.example:port", False),
        ("https://", False),
        ("", False),
    ],
)
def test_only_listed_targets_are_looked_at(target, allowed):
    assert is_allowed(target, OPEN.probe_targets) is allowed
    assert is_allowed("https://anything.test/x", ("*",))
    assert not is_allowed("https://user@anything.test/x", ("*",))
