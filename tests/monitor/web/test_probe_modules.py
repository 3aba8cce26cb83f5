"""``/probe`` of a running monitor, with modules of its configuration, against real servers."""

import hashlib
import ssl
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from monitor.running import WAIT_TIMEOUT, Monitor
from prometheus_client.parser import text_string_to_metric_families
from until import until

from ringback.testing.lab import Lab
from ringback.testing.lab.dns import ZONE
from ringback.testing.lab.healthy import secured
from ringback.testing.lab.message import answering, head, responding, response

LAST_MODIFIED = "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT"
CONFIG = """
[[endpoint]]
name = "job"
type = "heartbeat"

[defaults]
ca = "{ca}"
headers = {{ X-Own = "kept here" }}

[probe_allow]
targets = ["127.0.0.1", "localhost", "*.invalid"]

[probe_module.posted]
type = "http"
method = "POST"
body = "ping"
headers = {{ X-Module = "yes" }}
expect = {{ status = 200, matches = "po[n]g" }}

[probe_module.without_authority]
type = "http"
ca = ""

[probe_module.mx]
type = "dns"
query = "ok.{zone}"
record = "SOA"

[probe_module.no_such_name]
type = "dns"
query = "nxdomain.{zone}"

[probe_module.banner]
type = "tcp"
send = "hello"
expect = {{ contains = "welcome" }}
"""


@pytest.fixture(scope="module")
def lab():
    with Lab() as running:
        yield running


@pytest.fixture(scope="module")
def monitor(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("modules")
    (folder / "ringback.toml").write_text(CONFIG.format(ca=lab.certificates.bundle, zone=ZONE))
    running = Monitor(folder)
    yield running
    running.stop()


class Found:
    def __init__(self, text):
        families = text_string_to_metric_families(text)
        self.samples = {family.name: family.samples for family in families}

    def __getitem__(self, name):
        (sample,) = self.samples[name]
        return sample.value

    def labels(self, name):
        (sample,) = self.samples[name]
        return sample.labels

    def phases(self, name):
        return {sample.labels["phase"]: sample.value for sample in self.samples[name]}


def probed(monitor, module, target, **headers):
    url = f"{monitor.url}/probe?module={module}&target={quote(target, safe='')}"
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=WAIT_TIMEOUT) as answer:
        return Found(answer.read().decode())


def test_page_has_all_metrics(monitor, lab):
    page = lab.listen(answering(response(200, b"0123456789", LAST_MODIFIED)))
    away = lab.listen(answering(head(302, f"Location: {page.url}", "Content-Length: 0")))
    asked = []

    def timed():
        """Whether this machine was not too busy to tell what took how long."""
        asked.append(probed(monitor, "http_2xx", away.url))
        return "probe_http_duration_seconds" in asked[-1].samples

    until(timed)
    found = asked[-1]
    assert {"probe_duration_seconds", "probe_dns_lookup_time_seconds"} <= set(found.samples)
    assert {name: found[name] for name in PAGE_METRICS} == PAGE_METRICS
    phases = found.phases("probe_http_duration_seconds")
    assert set(phases) == {"resolve", "connect", "tls", "processing", "transfer"}
    assert sum(phases.values()) > 0


PAGE_METRICS = {
    "probe_success": 1,
    "probe_ip_protocol": 4,
    "probe_ip_addr_hash": 3668918509,  # FNV-1a of 7f 00 00 01
    "probe_http_status_code": 200,
    "probe_http_redirects": 1,
    "probe_http_ssl": 0,
    "probe_http_version": 1.1,
    "probe_http_content_length": 10,
    "probe_http_uncompressed_body_length": 10,
    "probe_http_last_modified_timestamp_seconds": 1445412480,
    "probe_failed_due_to_regex": 0,
}


def test_certificate_is_shown_and_the_authority_of_the_defaults_is_trusted(monitor, lab):
    shop = secured()(lab)
    leaf = ssl.PEM_cert_to_DER_cert(
        ssl.get_server_certificate(("127.0.0.1", shop.port), ca_certs=shop.verify)
    )

    found = probed(monitor, "http_2xx", shop.url)
    bare = probed(monitor, "tls_connect", f"127.0.0.1:{shop.port}")
    refused = probed(monitor, "without_authority", shop.url)

    for metrics in (found, bare):
        assert metrics["probe_success"] == 1
        assert metrics.labels("probe_tls_version_info") == {"version": "TLS 1.3"}
        earliest = metrics["probe_ssl_earliest_cert_expiry"]
        assert time.time() < earliest
        if sys.version_info >= (3, 13):  # before, Python does not tell the issuers
            assert earliest <= metrics["probe_ssl_last_chain_expiry_timestamp_seconds"]
        seen = metrics.labels("probe_ssl_last_chain_info")
        assert seen["fingerprint_sha256"] == hashlib.sha256(leaf).hexdigest()
        assert seen["subjectalternative"] == "localhost"
    assert found["probe_http_ssl"] == 1
    assert refused["probe_success"] == 0
    assert refused.labels("probe_failure_info")["kind"].startswith("tls.cert.authority_invalid")
    assert "probe_ssl_earliest_cert_expiry" in refused.samples


def test_a_module_sends_its_own_request_and_not_the_headers_of_the_endpoints(monitor, lab):
    service = lab.listen(
        responding(lambda asked: response(200, b"pong" if asked.body == b"ping" else b"nothing"))
    )
    assert outcome(probed(monitor, "posted", service.url)) == (1, 0)
    sent = bytes(service.seen[0].received)
    assert sent.startswith(b"POST /")
    assert b"X-Module: yes" in sent
    assert b"X-Own" not in sent


def outcome(found):
    return found["probe_success"], found["probe_failed_due_to_regex"]


def test_missing_text_is_told_from_a_status(monitor, lab):
    wrong = lab.listen(answering(response(200, b"something else")))
    away = lab.listen(answering(response(204, b"")))

    assert outcome(probed(monitor, "posted", wrong.url)) == (0, 1)
    assert outcome(probed(monitor, "posted", away.url)) == (0, 0)


def test_silent_server_is_given_up_as_prometheus_asks(monitor, lab):
    asked = {"X-Prometheus-Scrape-Timeout-Seconds": "0.6"}
    found = probed(monitor, "http_2xx", lab.start("http.response.timed_out:silent").url, **asked)

    assert found["probe_success"] == 0
    assert found["probe_duration_seconds"] >= 0.05  # and not the 10 s of the module


def test_a_nameserver_is_asked_for_the_name_of_the_module(monitor, lab):
    host, port = lab.start("dns.name_not_resolved").nameserver

    found = probed(monitor, "no_such_name", f"{host}:{port}")
    answered = probed(monitor, "mx", f"{host}:{port}")

    assert found["probe_success"] == 0
    assert found["probe_dns_query_succeeded"] == 1
    assert found["probe_dns_answer_rrs"] == 0
    assert answered["probe_dns_query_succeeded"] == 1
    assert set(answered.phases("probe_dns_duration_seconds")) == {"resolve", "connect", "request"}


def test_what_a_service_says_decides(monitor, lab):
    def greet(connection):
        if connection.read() == b"hello":
            connection.send(b"welcome")

    assert outcome(probed(monitor, "banner", f"127.0.0.1:{lab.listen(greet).port}")) == (1, 0)


def test_failure_has_its_kind_and_no_status_and_an_unknown_name_no_address(monitor, lab):
    found = probed(monitor, "http_2xx", lab.start("tcp.refused").url)
    assert (found["probe_success"], found["probe_http_status_code"]) == (0, 0)
    assert found.labels("probe_failure_info") == {"kind": "tcp.refused"}

    found = probed(monitor, "http_2xx", "http://nowhere.invalid/")
    assert found["probe_success"] == 0
    assert (found["probe_ip_protocol"], found["probe_ip_addr_hash"]) == (0, 0)

    with pytest.raises(urllib.error.HTTPError) as refused:
        probed(monitor, "http_3xx", "127.0.0.1")
    assert (refused.value.code, b"unknown module" in refused.value.read()) == (400, True)
