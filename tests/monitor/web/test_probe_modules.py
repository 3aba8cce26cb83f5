"""``/probe`` of a running monitor, with modules of its configuration, against real servers."""

import hashlib
import re
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from monitor.running import WAIT_TIMEOUT, Monitor
from prometheus_client.parser import text_string_to_metric_families
from requires import requires

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
        self.families = {family.name: family for family in text_string_to_metric_families(text)}

    @property
    def timed(self):
        return "probe_http_status_code" not in self.families or (
            "probe_http_duration_seconds" in self.families
        )

    def __getitem__(self, name):
        (sample,) = self.families[name].samples
        return sample.value

    def labels(self, name):
        (sample,) = self.families[name].samples
        return sample.labels

    def phases(self, name):
        return {sample.labels["phase"]: sample.value for sample in self.families[name].samples}


def probed(monitor, module, target, **headers):
    """Ask until this machine was not too busy to tell what took how long."""
    url = f"{monitor.url}/probe?module={module}&target={quote(target, safe='')}"
    request = urllib.request.Request(url, headers=headers)
    for _ in range(20):
        with urllib.request.urlopen(request, timeout=WAIT_TIMEOUT) as answer:
            found = Found(answer.read().decode())
        if found.timed:
            return found
    raise AssertionError("this machine is too busy")


def test_a_page_has_all_metrics(monitor, lab):
    page = lab.listen(answering(response(200, b"0123456789", LAST_MODIFIED)))

    found = probed(monitor, "http_2xx", page.url)

    assert set(found.families) == {
        "probe_success",
        "probe_duration_seconds",
        "probe_dns_lookup_time_seconds",
        "probe_ip_protocol",
        "probe_ip_addr_hash",
        "probe_http_duration_seconds",
        "probe_http_status_code",
        "probe_http_redirects",
        "probe_http_ssl",
        "probe_http_version",
        "probe_http_content_length",
        "probe_http_uncompressed_body_length",
        "probe_http_last_modified_timestamp_seconds",
        "probe_failed_due_to_regex",
    }
    assert (found["probe_success"], found["probe_http_status_code"]) == (1, 200)
    assert found["probe_http_version"] == 1.1
    assert found["probe_http_content_length"] == 10
    assert found["probe_http_uncompressed_body_length"] == 10
    assert found["probe_http_last_modified_timestamp_seconds"] == 1445412480
    assert found["probe_ip_protocol"] == 4
    assert found["probe_ip_addr_hash"] == 3668918509  # FNV-1a of 7f 00 00 01
    assert (found["probe_http_ssl"], found["probe_http_redirects"]) == (0, 0)
    phases = found.phases("probe_http_duration_seconds")
    assert set(phases) == {"resolve", "connect", "tls", "processing", "transfer"}
    assert 0 < sum(phases.values()) <= found["probe_duration_seconds"] * 1.01


def test_a_certificate_is_shown_and_the_authority_of_the_defaults_is_trusted(monitor, lab):
    shop = secured()(lab)

    found = probed(monitor, "http_2xx", shop.url)
    bare = probed(monitor, "tls_connect", f"127.0.0.1:{shop.port}")
    refused = probed(monitor, "without_authority", shop.url)

    leaf = hashlib.sha256(served_certificate(shop)).hexdigest()
    for metrics in (found, bare):
        assert metrics["probe_success"] == 1
        assert metrics.labels("probe_tls_version_info") == {"version": "TLS 1.3"}
        assert time.time() < metrics["probe_ssl_earliest_cert_expiry"]
        assert (
            metrics["probe_ssl_earliest_cert_expiry"]
            <= metrics["probe_ssl_last_chain_expiry_timestamp_seconds"]
        )
        seen = metrics.labels("probe_ssl_last_chain_info")
        assert seen["fingerprint_sha256"] == leaf
        assert seen["subjectalternative"] == "localhost"
        assert re.fullmatch(r"[0-9a-f]+", seen["serialnumber"])
        assert seen["issuer"].startswith("CN=")
    assert found["probe_http_ssl"] == 1
    assert found.phases("probe_http_duration_seconds")["tls"] > 0
    assert refused["probe_success"] == 0
    assert refused.phases("probe_http_duration_seconds")["tls"] > 0
    assert refused.labels("probe_failure_info")["kind"].startswith("tls.cert.authority_invalid")
    assert "probe_ssl_earliest_cert_expiry" in refused.families


def served_certificate(endpoint):
    context = ssl.create_default_context(cafile=endpoint.verify)
    with (
        socket.create_connection(("127.0.0.1", endpoint.port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured_,
    ):
        return secured_.getpeercert(binary_form=True)


def test_redirects_are_counted_with_what_they_took(monitor, lab):
    away = lab.listen(answering(response(200, b"here")))
    whole = head(302, f"Location: {away.url}", "Content-Length: 0")
    started = lab.listen(answering(whole))

    found = probed(monitor, "http_2xx", started.url)

    assert (found["probe_success"], found["probe_http_redirects"]) == (1, 1)
    phases = found.phases("probe_http_duration_seconds")
    assert 0 < sum(phases.values()) <= found["probe_duration_seconds"] * 1.01


def test_a_module_sends_its_own_request_and_not_the_headers_of_the_endpoints(monitor, lab):
    service = lab.listen(
        responding(lambda asked: response(200, b"pong" if asked.body == b"ping" else b"nothing"))
    )

    found = probed(monitor, "posted", service.url)

    sent = bytes(service.seen[0].received)
    assert (found["probe_success"], found["probe_failed_due_to_regex"]) == (1, 0)
    assert sent.startswith(b"POST /")
    assert b"X-Module: yes" in sent
    assert b"X-Own" not in sent


def test_a_text_that_is_missing_is_told_from_a_status(monitor, lab):
    wrong = lab.listen(answering(response(200, b"something else")))
    away = lab.listen(answering(response(204, b"")))

    found, other = (probed(monitor, "posted", started.url) for started in (wrong, away))

    assert (found["probe_success"], found["probe_failed_due_to_regex"]) == (0, 1)
    assert (other["probe_success"], other["probe_failed_due_to_regex"]) == (0, 0)


def test_a_failure_took_time_in_some_phase(monitor, lab):
    closed = lab.start("tcp.refused")

    found = probed(monitor, "http_2xx", closed.url)

    assert (found["probe_success"], found["probe_http_status_code"]) == (0, 0)
    assert found.labels("probe_failure_info") == {"kind": "tcp.refused"}
    phases = found.phases("probe_http_duration_seconds")
    assert phases["connect"] > 0
    assert sum(phases.values()) == pytest.approx(found["probe_duration_seconds"], rel=0.05)


def test_a_silent_server_is_given_up_before_prometheus_does(monitor, lab):
    silent = lab.start("http.response.timed_out:silent")

    began = time.monotonic()
    found = probed(
        monitor, "http_2xx", silent.url, **{"X-Prometheus-Scrape-Timeout-Seconds": "1.5"}
    )

    assert time.monotonic() - began >= 0.9
    assert found["probe_success"] == 0
    assert found["probe_duration_seconds"] >= 0.9  # timers may be early by a millisecond
    assert found.phases("probe_http_duration_seconds")["processing"] >= 0.5


def test_a_nameserver_is_asked_for_the_name_of_the_module(monitor, lab):
    host, port = lab.start("dns.name_not_resolved").nameserver

    found = probed(monitor, "no_such_name", f"{host}:{port}")
    answered = probed(monitor, "mx", f"{host}:{port}")

    assert found["probe_success"] == 0
    assert found["probe_dns_query_succeeded"] == 1
    assert found["probe_dns_answer_rrs"] == 0
    assert answered["probe_dns_query_succeeded"] == 1
    assert set(answered.phases("probe_dns_duration_seconds")) == {"resolve", "connect", "request"}
    assert answered.phases("probe_dns_duration_seconds")["request"] > 0


def test_what_a_service_says_decides(monitor):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = threading.Thread(target=greet, args=(listener,))
        answer.start()
        found = probed(monitor, "banner", f"127.0.0.1:{listener.getsockname()[1]}")
        answer.join()

    assert (found["probe_success"], found["probe_failed_due_to_regex"]) == (1, 0)


def greet(listener):
    with listener.accept()[0] as connected:
        if connected.recv(100) == b"hello":
            connected.sendall(b"welcome")


def test_an_echo_has_its_phases_and_its_hop_limit(monitor):
    requires("root")

    found = probed(monitor, "icmp", "127.0.0.1")

    assert found["probe_success"] == 1
    assert found["probe_icmp_reply_hop_limit"] == 64
    assert set(found.phases("probe_icmp_duration_seconds")) == {"resolve", "setup", "rtt"}
    assert found.phases("probe_icmp_duration_seconds")["rtt"] > 0


def test_a_name_that_there_is_not_has_no_address(monitor):
    found = probed(monitor, "http_2xx", "http://nowhere.invalid/")

    assert found["probe_success"] == 0
    assert (found["probe_ip_protocol"], found["probe_ip_addr_hash"]) == (0, 0)
    assert (found["probe_http_version"], found["probe_http_content_length"]) == (0, 0)
    assert found.phases("probe_http_duration_seconds")["resolve"] > 0


@pytest.mark.parametrize("module", ["http_3xx", "", "posted "])
def test_an_unknown_module_is_refused(monitor, module):
    with pytest.raises(urllib.error.HTTPError) as refused:
        probed(monitor, quote(module), "127.0.0.1")

    assert refused.value.code == 400
    assert b"unknown module" in refused.value.read()
