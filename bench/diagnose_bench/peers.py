"""What other tools say of a world: each is run in it, as the same ordinary user."""

import http.client
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from e2e import certificates
from e2e.run_scenario import ordinary_user, run

from diagnose_bench.facts import facts_of

WAIT_TIMEOUT = 8
"""Seconds each tool is given."""

_DEFAULT_PORTS = {
    "http": 80, "https": 443, "postgres": 5432, "mysql": 3306, "redis": 6379, "smtp": 25,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """What a tool said: all of it, the one line it names the outcome with, its exit status."""

    text: str
    message: str
    seconds: float
    status: int | None = None


def address_of(world):
    """Return scheme, host and port of a world's target; the port ``None`` where there is none."""
    target = world.target if "://" in world.target else f"tcp://{world.target}"
    try:
        parts = urlsplit(target)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return target.partition(":")[0], None, None


class Curl:
    """``curl -v``."""

    name = "curl -v"
    package = "curl"

    def __init__(self):
        self.program = shutil.which("curl")

    def speaks(self, world):
        return address_of(world)[0] in {"http", "https"} or world.name.startswith("url-")

    def ask(self, world, site):
        form = "HTTP %{http_code}"
        options = ["-v", "-L", "--max-redirs", "10", "-o", "/dev/null", "-w", form]
        command = [self.program, *options, "--max-time", str(WAIT_TIMEOUT), world.target]
        said = run(site, command, world.environment())
        last = [line for line in said.err.splitlines() if line.startswith("curl: (")]
        return Heard(said.err, last[-1] if last else said.out, said.seconds, said.status)


class Netcat:
    """``nc -zv`` of the OpenBSD netcat."""

    name = "nc -zv"
    package = "netcat-openbsd"

    def __init__(self):
        self.program = shutil.which("nc.openbsd") or shutil.which("nc")

    def speaks(self, world):
        _, host, port = address_of(world)
        return bool(host and port)

    def ask(self, world, site):
        _, host, port = address_of(world)
        command = [self.program, "-zv", "-w", str(WAIT_TIMEOUT), host, str(port)]
        said = run(site, command, world.environment())
        lines = said.err.strip().splitlines()
        return Heard(said.err, lines[-1] if lines else "", said.seconds)


_HTTPX = """
import os, ssl, sys, httpx
trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
try:
    answer = httpx.get(sys.argv[1], timeout=5, follow_redirects=True, verify=trust)
except Exception as error:
    print(f"{type(error).__name__}: {error}")
else:
    print(answer.status_code, answer.reason_phrase)
"""


class Httpx:
    """The text of httpx's exception, as a program would log it."""

    name = "httpx exception"
    package = "httpx"

    def __init__(self):
        self.program = sys.executable

    def speaks(self, world):
        return address_of(world)[0] in {"http", "https"} or world.name.startswith("url-")

    def ask(self, world, site):
        said = run(site, [self.program, "-c", _HTTPX, world.target], world.environment())
        text = said.out.strip() or said.err.strip().rpartition("\n")[2]
        return Heard(text, text, said.seconds)


class Blackbox:
    """The debug output of Prometheus' blackbox_exporter, which runs on the client.

    Args:
        program: Where it is, if not in ``PATH``.
    """

    name = "blackbox_exporter"
    package = "prometheus-blackbox-exporter"
    _PORT = 9115

    def __init__(self, program=None):
        self.program = program or shutil.which("prometheus-blackbox-exporter")

    def speaks(self, world):
        return address_of(world)[0] in {"http", "https", "tcp", "tls"} and bool(
            address_of(world)[2]
        )

    def ask(self, world, site):
        scheme, host, port = address_of(world)
        plain = scheme in {"tcp", "tls"}
        target = f"{host}:{port}" if plain else world.target
        began = time.monotonic()
        daemon = self._started(world, site)
        try:
            page = self._page(site, target, scheme if plain else "http")
        finally:
            daemon.terminate()
            daemon.wait()
        text = page.partition("Module configuration:")[0]
        told = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        return Heard(told, _blackbox_message(told), time.monotonic() - began)

    def _started(self, world, site):
        options = (f"--config.file={_settings()}", f"--web.listen-address=127.0.0.1:{self._PORT}")
        return subprocess.Popen(
            ["ip", "netns", "exec", site.client, *ordinary_user(), self.program, *options],
            env=world.environment(),
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _page(self, site, target, module):
        query = f"/probe?target={quote(target, safe='')}&module={module}&debug=true"
        deadline = time.monotonic() + 30
        with site.inside("client"):
            while True:
                asking = http.client.HTTPConnection(
                    "127.0.0.1", self._PORT, timeout=WAIT_TIMEOUT + 4
                )
                try:
                    asking.request("GET", query)
                    return asking.getresponse().read().decode(errors="replace")
                except ConnectionRefusedError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)
                finally:
                    asking.close()


def _settings():
    """Write the modules into a file and return its path; JSON is YAML."""
    path = Path(certificates.root_file()).with_name("blackbox.yml")
    trust = {"ca_file": certificates.root_file()}
    timeout = f"{WAIT_TIMEOUT}s"
    modules = {
        "http": {"prober": "http", "timeout": timeout, "http": {"tls_config": trust}},
        "tcp": {"prober": "tcp", "timeout": timeout},
        "tls": {"prober": "tcp", "timeout": timeout, "tcp": {"tls": True, "tls_config": trust}},
    }
    path.write_text(json.dumps({"modules": modules}))
    path.chmod(0o644)
    return path


def _blackbox_message(text):
    errors = [line for line in text.splitlines() if "level=error" in line]
    if told := [line for line in errors if " err=" in line] or errors:
        said = re.search(r'msg="([^"]*)"(?: .*?err=(.*))?', told[-1])
        return ": ".join(filter(None, said.groups())) if said else told[-1]
    status = re.search(r"^probe_http_status_code (\d+)", text, re.MULTILINE)
    success = re.search(r"^probe_success (\d)", text, re.MULTILINE)
    return f"success {success and success[1]} status {status and status[1]}"


def present(peers):
    """Return the peers whose program is here, and the names of the packages of the others."""
    here = [peer for peer in peers if peer.program]
    return here, [peer.package for peer in peers if not peer.program]


_SHAPES = (
    (r"\d{4}-\d\d-\d\dt[\d:.]+z?", "DATE"),
    (r"[0-9a-f]*:[0-9a-f:]*:[0-9a-f]+", "ADDRESS"),
    (r"\d+\.\d+\.\d+\.\d+", "ADDRESS"),
    (r"\d+(\.\d+)? ?(ms|milliseconds|seconds|s)\b", "TIME"),
    (r"[a-z0-9*-]+(\.[a-z0-9-]+)*\.example\.(org|net)", "NAME"),
    (r"(port[ =]|:)\d+", "PORT"),
)


def shape(message):
    """Return a message without what differs from target to target."""
    text = message.strip().lower()
    for pattern, word in _SHAPES:
        text = re.sub(pattern, word, text)
    return text


def tells(world, text):
    """Whether a text holds the deciding fact of a world."""
    return all(re.search(fact, text, re.IGNORECASE | re.DOTALL) for fact in facts_of(world))
