"""The 21 faults, met by ``ringback up`` and by blackbox_exporter; run in namespaces of its own.

    unshare --net --mount python -m monitor_bench.faults

Prints JSON: for each fault the kind that ringback's endpoint has, and all that blackbox_exporter's
metrics say of it. Both ask the C library or Go's own resolver, which ask the lab's nameserver here.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from monitor_bench.monitor import Monitor
from monitor_bench.peers import BLACKBOX, blackbox
from monitor_bench.process import until
from ringback.testing.lab import Lab
from ringback.testing.lab.dns import ANSWERS, Nameserver, bind

TIMEOUT = 4

FAULTS = {
    "refused": ("tcp.refused", "tcp.refused"),
    "silent": ("tcp.timed_out:backlog_full", "tcp.timed_out"),
    "reset": ("tcp.reset:after_request", "tcp.reset"),
    "DNS: no such name": ("nxdomain", "dns.name_not_resolved"),
    "DNS: no address": ("nodata", "dns.no_address"),
    "DNS: server fails": ("servfail", "dns.server"),
    "DNS: server silent": ("silent", "dns.unreachable"),
    "TLS: expired": (
        "tls.cert.date_invalid.expired",
        "tls.cert.date_invalid.expired",
    ),
    "TLS: not yet valid": (
        "tls.cert.date_invalid.not_yet_valid",
        "tls.cert.date_invalid.not_yet_valid",
    ),
    "TLS: other name": ("tls.cert.name_invalid:wrong_host", "tls.cert.name_invalid"),
    "TLS: self-signed": (
        "tls.cert.authority_invalid.self_signed",
        "tls.cert.authority_invalid.self_signed",
    ),
    "TLS: unknown issuer": (
        "tls.cert.authority_invalid.unknown_issuer",
        "tls.cert.authority_invalid.unknown_issuer",
    ),
    "TLS: no shared cipher": (
        "tls.version_or_cipher_mismatch:no_shared_cipher",
        "tls.version_or_cipher_mismatch",
    ),
    "TLS: not TLS": ("tls.protocol.error.not_tls:plain_http", "tls.protocol.error.not_tls"),
    "HTTP 500": ("http.error:500", "http.error"),
    "HTTP 503": ("http.error.unavailable:503", "http.error.unavailable"),
    "HTTP 502": ("http.error.gateway:502", "http.error.gateway"),
    "HTTP 429": ("http.error.rate_limited:429", "http.error.rate_limited"),
    "HTTP 401": ("http.error.auth:401", "http.error.auth"),
    "redirect loop": ("http.response.redirect_loop:same_url", "http.response.redirect_loop"),
    "truncated body": (
        "http.response.invalid.content_length_mismatch:mid_body",
        "http.response.invalid.content_length_mismatch",
    ),
}
"""Fault to where the lab has it (a label of its nameserver, or a fault) and what it is called."""


def main():
    """Meet all of them, and print what was said."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        _resolve_here(folder)
        stack.callback(Nameserver(ANSWERS, bind("127.0.0.1", 53)).close)
        lab = stack.enter_context(Lab())
        met = {name: _start(lab, where) for name, (where, _) in FAULTS.items()}
        trust = lab.certificates.bundle
        kinds = _by_ringback(folder, met, trust)
        metrics = _by_blackbox(stack, folder, met, trust) if BLACKBOX else {}
    told = {name: {"kind": kinds.get(name), "metrics": metrics.get(name)} for name in FAULTS}
    print(json.dumps(told))


def _resolve_here(folder):
    """Ask the lab's nameserver, in this namespace alone."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    resolver = Path(folder, "resolv.conf")
    resolver.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    real = Path("/etc/resolv.conf").resolve()
    subprocess.run(["mount", "--bind", str(resolver), str(real)], check=True)


def _start(lab, where):
    if where in ANSWERS:
        return f"http://{where}.lab.test:8080/"
    return lab.start(where).url


def _by_ringback(folder, met, trust):
    """Return fault to the kind that the endpoint has when it is down."""
    habits = f"[defaults]\nevery = 30\nretry_every = 1\ntimeout = {TIMEOUT}\n"
    each = (
        f'[[endpoint]]\nname = "e{number}"\nurl = "{url}"\n'
        + (f"ca = {json.dumps(trust)}\n" if url.startswith("https") else "")
        for number, url in enumerate(met.values())
    )
    with Monitor(folder, habits + "".join(each)) as monitor:

        def all_down():
            found = {endpoint["name"]: endpoint for endpoint in monitor.get("/endpoints")}
            return (
                found if all(endpoint["state"] == "down" for endpoint in found.values()) else None
            )

        try:
            found = until(all_down, 90, pause=0.5)
        except TimeoutError:
            found = {endpoint["name"]: endpoint for endpoint in monitor.get("/endpoints")}
    return {name: found[f"e{number}"]["kind"] for number, name in enumerate(met)}


def _by_blackbox(stack, folder, met, trust):
    """Return fault to the metrics that its probe gives."""
    http = {"tls_config": {"ca_file": trust}, "preferred_ip_protocol": "ip4"}
    modules = {"http": {"prober": "http", "timeout": f"{TIMEOUT}s", "http": http}}
    _, port = stack.enter_context(blackbox(folder, modules))

    def asked(url):
        query = urllib.parse.urlencode({"target": url, "module": "http"})
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/probe?{query}", timeout=30) as answer:
            return answer.read().decode()

    def is_there():
        try:
            return bool(asked("http://127.0.0.1:1/"))
        except urllib.error.URLError:
            return False

    until(is_there)
    with ThreadPoolExecutor(len(met)) as pool:
        return dict(zip(met, pool.map(asked, met.values()), strict=True))


if __name__ == "__main__":
    sys.exit(main())
