import json
import subprocess
import sys

import pytest

from ringback.diagnosis.context import DiagnosisContext, Options
from ringback.diagnosis.layer import host
from ringback.diagnosis.layer.url import parse_target


@pytest.fixture
def context():
    return DiagnosisContext(parse_target("https://example.com/"), Options())


EXHAUSTED = """
import json, os, resource
from ringback.diagnosis.layer import host
from ringback.diagnosis.layer.url import parse_target as asked_of
from ringback.diagnosis.context import Options, DiagnosisContext
host.read_host(DiagnosisContext(asked_of("https://example.com/"), Options()))  # imports
context = DiagnosisContext(asked_of("https://example.com/"), Options())
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
held = []
try:
    while True:
        held.append(open(os.devnull))
except OSError:
    pass
host.read_host(context)
host.route_to(context, ["127.0.0.1"])
held.clear()
print(json.dumps([[r.what, r.state, r.kind, r.facts] for r in context.readings()]))
"""


def test_without_descriptors_nothing_wrong_is_recorded_of_the_network():
    ran = subprocess.run(
        [sys.executable, "-c", EXHAUSTED], check=True, capture_output=True, text=True
    )

    told = {what: (state, kind, facts) for what, state, kind, facts in json.loads(ran.stdout)}
    assert [told[what][0] for what in ("interfaces", "route", "resolver_config")] == ["skipped"] * 3
    state, kind, facts = told["descriptors"]
    assert (state, kind) == ("noted", "client.resources_exhausted")
    assert (facts["open"], facts["limit"], facts["short"]) == (64, 64, True)
    assert told["route_to"][0] == "skipped"


def test_a_bundle_that_is_not_there_is_noted(context, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))

    host._read_environment(context)

    (reading,) = context.readings()
    assert reading.state == "noted"
    assert reading.facts["ca_bundle"] == {
        "variable": "REQUESTS_CA_BUNDLE",
        "path": str(tmp_path / "gone.pem"),
        "exists": False,
    }
    assert [
        bundle["exists"] for bundle in reading.facts["ca_bundles"] if "DIR" in bundle["variable"]
    ] == [True]
