import json
import os
import subprocess
import sys

import pytest

from tests.requires import requires

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


def environment(**variables):
    """This one, without what is told of, and with what is to be told."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and name not in BUNDLES
    }
    return kept | variables


@pytest.fixture
def closed(unused_port):
    """The URL of a proxy that nothing listens at."""
    return f"http://127.0.0.1:{unused_port}"


@pytest.fixture
def told(ringback):
    """What is told of this machine in an environment, as JSON."""

    def tell(**variables):
        done = ringback("diagnose", "--json", env=environment(**variables))
        assert done.stderr == ""
        record = json.loads(done.stdout)
        assert done.returncode == record["breaks"]
        return record

    return tell


def causes(record):
    return {finding["cause"]: finding for finding in record["findings"]}


def test_a_lost_bundle_and_a_dead_proxy_are_told_first(ringback, closed):
    secret = closed.replace("//", "//user:hunter2@")
    env = environment(SSL_CERT_FILE="/nowhere.pem", https_proxy=secret)
    done = ringback("diagnose", "-v", env=env)

    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("✗ ")
    assert "of this machine will make calls fail." in done.stdout.splitlines()[0]
    assert f"  read  https_proxy={closed}: refused" in done.stdout
    assert "  do    Unset SSL_CERT_FILE, or" in done.stdout
    assert "✓ host        descriptors: " in done.stdout
    assert "hunter2" not in done.stdout
    assert done.stdout.index("✗ The proxy") < done.stdout.index("\n· ")


def test_variables_that_contradict_or_are_not_taken_as_they_look(told, closed):
    found = causes(told(HTTPS_PROXY="ftp://a.test", HTTP_PROXY=closed, NO_PROXY="*.a.test"))
    assert found["proxy_invalid"]["breaks"]
    assert found["no_proxy_ignored"]["read"] == "NO_PROXY: *.a.test"

    other = closed.replace("127.0.0.1", "127.0.0.2")
    assert causes(told(http_proxy=other, HTTP_PROXY=closed))["proxy_contradicts"]


@pytest.mark.parametrize("variable", BUNDLES)
def test_a_variable_that_names_no_certificates(told, variable, tmp_path):
    found = causes(told(**{variable: str(tmp_path / "gone")}))

    assert found["ca_bundle_missing"]["read"].startswith(f"{variable}={tmp_path}")


@pytest.mark.netns
def test_a_host_without_a_network(tmp_path):
    requires("root", "netns", "unshare", "mount", "ip")
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 192.0.2.53\n")
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    command = [sys.executable, "-W", "error", "-m", "ringback", "diagnose", "--json"]
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script, path, *command],
        capture_output=True, text=True, timeout=120, check=False, env=environment(),
    )  # fmt: skip
    record = json.loads(done.stdout)
    found = causes(record)

    assert (done.returncode, done.stderr) == (1, "")
    assert found["no_route"]["breaks"]
    assert "ENETUNREACH" in found["resolver_silent"]["read"]
    assert record["findings"][0]["cause"] == "no_route"
