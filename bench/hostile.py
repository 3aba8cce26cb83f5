"""What hostile targets cost the good ones beside them: ``python bench/hostile.py --good 1000``.

``--reporters 200`` instead has as many programs post a batch of 1,000 events a second each to a
monitor, heeding no ``Retry-After``, each from an address of its own (127.1.0.0/16): what becomes of
its memory, of a page that is asked for again and again, and how much of each sender it takes.

Twenty targets that never end an answer, answer in single bytes, with bombs or with noise are
checked beside many good endpoints in one event loop. Of the good ones it is counted how many checks
were discarded (their time included), failed, or came more than a second later than they were due.
"""

import argparse
import asyncio
import gzip
import json
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from monitor_bench.monitor import Monitor, endpoints
from monitor_bench.process import cpu, rss

from ringback.incident.model import Check
from ringback.monitor.model import Endpoint, Expectations
from ringback.monitor.runner import Runner, RunnerSettings

BLOCK = 65_536  # Bytes that are sent at once
_BOMB = gzip.compress(bytes(64 << 20))


_TLS = ("hello", "noise")  # `hello`: HelloRequest, which a client has to pass over
_DOCUMENT = b"[" + b"[1]," * 250_000 + b"1]"
_PUNYCODE = b"x" * 40_000 + b"-" + b"99zz" * 40_000
_OK = b"HTTP/1.1 200 OK\r\n"

ENDLESS = {
    "chunks": (_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * (BLOCK // 6)),
    "interim": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * (BLOCK // 25)),
    "headers": (_OK, b"X-A: b\r\n" * (BLOCK // 8)),
    "body": (_OK + b"\r\n", b"x" * BLOCK),
    "gigabyte": (_OK + b"Content-Length: 1073741824\r\n\r\n", b"x" * BLOCK),
    "hello": (b"", b"\x16\x03\x03\x00\x04\x00\x00\x00\x00" * (BLOCK // 9)),
    "noise": (b"", b"\x16\x03\x03\x40\x00" + b"\xa5" * 16384),
}
"""Sort to how an answer begins, and what then comes for ever."""

WHOLE = {
    "charset": _OK
    + b"Content-Type: text/plain; charset=punycode\r\nContent-Length: %d\r\n\r\n" % len(_PUNYCODE)
    + _PUNYCODE,
    "bomb": _OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(_BOMB) + _BOMB,
    "document": _OK + b"Content-Length: %d\r\n\r\n" % len(_DOCUMENT) + _DOCUMENT,
}

SORTS = (*ENDLESS, *WHOLE, "drip", "redirects", "silence")


def _parts(sort: str) -> Iterator[bytes]:
    """Yield what a target of this sort sends after a request."""
    if sort in ENDLESS:
        first, block = ENDLESS[sort]
        yield first
        while True:
            yield block
    elif sort in WHOLE:
        yield WHOLE[sort]
    elif sort == "redirects":
        yield b"HTTP/1.1 302 Found\r\nLocation: /%d\r\nContent-Length: 0\r\n\r\n" % time.time_ns()
    else:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
            time.sleep(1)
            yield bytes([byte]) if sort == "drip" else b""


def _serve(sort: str, accepted: socket.socket) -> None:
    with accepted:
        try:
            accepted.recv(BLOCK)
            for part in _parts(sort):
                accepted.sendall(part)
        except OSError:
            pass


def _accept(sort: str, listener: socket.socket) -> None:
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=_serve, args=(sort, accepted), daemon=True).start()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except (asyncio.IncompleteReadError, OSError):
        writer.close()


def serve_hostile(sorts: list[str]) -> None:
    """Serve each sort on a port of its own and say which, until it is killed."""
    ports = []
    for sort in sorts:
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        ports.append(listener.getsockname()[1])
        threading.Thread(target=_accept, args=(sort, listener), daemon=True).start()
    print(json.dumps(ports), flush=True)
    threading.Event().wait()


async def serve_good() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=2048)
    print(json.dumps([server.sockets[0].getsockname()[1]]), flush=True)
    await server.serve_forever()


def _started(*arguments: str) -> tuple[subprocess.Popen[bytes], list[int]]:
    process = subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def _hostile_endpoint(number: int, sort: str, port: int) -> Endpoint:
    scheme = "https" if sort in _TLS else "http"
    wanted = {
        "bomb": Expectations(body_contains=("no",)),
        "charset": Expectations(body_contains=("no",)),
        "document": Expectations(json={"a": "b"}),
    }
    return Endpoint(
        id=f"hostile-{number}-{sort}", name=sort, url=f"{scheme}://127.0.0.1:{port}/",
        type="http", every=2.0, timeout=1.5,
        expectations=wanted.get(sort, Expectations()),
    )  # fmt: skip


async def measure(
    good_port: int, hostile: list[Endpoint], *, good: int, every: float, seconds: float
) -> dict[str, object]:
    endpoints = [
        Endpoint(
            id=f"good-{n}",
            name="",
            url=f"http://127.0.0.1:{good_port}/{n}",
            type="http",
            every=every,
            timeout=5.0,
        )
        for n in range(good)
    ]
    seen: dict[str, float] = {}
    counts: Counter[str] = Counter()
    slowest = 0.0

    def take(check: Check) -> None:
        nonlocal slowest
        if not check.endpoint.startswith("good"):
            return
        now = time.monotonic()
        counts["checks"] += 1
        counts["discarded"] += check.up is None or (check.up and check.seconds is None)
        counts["failed"] += check.up is False
        before = seen.get(check.endpoint)
        seen[check.endpoint] = now
        if before is None:
            seen[check.endpoint] = 0.0  # the next check is at the endpoint's slot
        elif before:
            late = now - before - every
            slowest = max(slowest, late)
            counts["late"] += late > 1

    runner = Runner([*endpoints, *hostile], take, settings=RunnerSettings())
    runner.start()
    await asyncio.sleep(seconds)
    health = runner.health
    await runner.stop()
    return {
        **{name: counts[name] for name in ("checks", "discarded", "failed", "late")},
        "latest_seconds": round(slowest, 2), "lag_seconds": round(health.lag, 3),
        "doubted": health.doubted, "why": [why for *_, why in health.recent()][:3],
    }  # fmt: skip


def _batch(number: int) -> bytes:
    now = time.time()
    event = {"at": now, "kind": "tcp.refused", "message": "refused", "attempts": 1}
    events = [{**event, "origin": f"http://e{(number + n) % 1000}:80"} for n in range(1000)]
    return json.dumps(
        {"version": 1, "sent_at": now, "host": f"h{number}", "events": events}
    ).encode()


async def _report(port: int, number: int, ends: float, counts: Counter[str]) -> None:
    """Post a batch a second, whatever is answered."""
    here = (f"127.1.{number // 250}.{number % 250 + 1}", 0)
    while time.monotonic() < ends:
        began, body = time.monotonic(), _batch(number)
        head = (
            "POST /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=here)
            writer.write(head.encode() + body)
            status = (await asyncio.wait_for(reader.readuntil(b"\r\n"), 30))[9:12].decode()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status = "none"
        finally:
            if writer is not None:
                writer.close()
        counts[status] += 1
        counts[f"taken {number}"] += status == "202"
        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))


async def _all_report(port: int, reporters: int, seconds: float) -> None:
    counts: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    await asyncio.gather(*(_report(port, n, ends, counts) for n in range(reporters)))
    taken = sorted(counts[f"taken {n}"] for n in range(reporters))
    answers = {status: count for status, count in counts.items() if not status.startswith("taken")}
    print(json.dumps({"answers": answers, "batches_of_a_sender": [taken[0], taken[-1]]}))


def measure_reports(reporters: int, seconds: float) -> dict[str, object]:
    """Run a monitor, have it reported to and ask for its page meanwhile."""
    urls = [f"http://e{n}/" for n in range(1000)]
    with tempfile.TemporaryDirectory() as folder:
        configuration = "agents_only = true\n" + endpoints(urls, every=3600)
        with Monitor(Path(folder), configuration) as monitor:
            before, used = rss(monitor.pid)[0], cpu(monitor.pid)
            port = monitor.url.rpartition(":")[2]
            told = ("--serve", f"report {port}", "--reporters", str(reporters))
            process = subprocess.Popen(
                [sys.executable, __file__, *told, "--seconds", str(seconds)], stdout=subprocess.PIPE
            )
            pages: list[float] = []
            while process.poll() is None:
                began = time.monotonic()
                monitor.get("/status")
                pages.append(time.monotonic() - began)
                time.sleep(0.2)
            assert process.stdout is not None
            pages.sort()
            half = pages[len(pages) // 2]
            return {
                **json.loads(process.stdout.read()),
                "page_seconds": {"p50": round(half, 3), "most": round(pages[-1], 3)},
                "mb": {"before": round(before), "most": round(rss(monitor.pid)[1])},
                "cores": round((cpu(monitor.pid) - used) / seconds, 2),
            }  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--good", type=int, default=1000)
    parser.add_argument("--hostile", type=int, default=20)
    parser.add_argument("--only", choices=SORTS)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--reporters", type=int, default=0, help="report so, and check nothing")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    return parser.parse_args()


def measure_hostile(options: argparse.Namespace) -> dict[str, object]:
    """Check good endpoints beside hostile ones."""
    sorts = [options.only or SORTS[n % len(SORTS)] for n in range(options.hostile)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        process, (good_port,) = _started("--serve", "good")
        processes.append(process)
        hostile = []
        if sorts:
            process, ports = _started("--serve", ",".join(sorts))
            processes.append(process)
            hostile = [
                _hostile_endpoint(n, s, p)
                for n, (s, p) in enumerate(zip(sorts, ports, strict=True))
            ]
        import uvloop  # noqa: PLC0415 - who only serves needs none

        return uvloop.run(
            measure(good_port, hostile, good=options.good, every=options.every,
                    seconds=options.seconds)
        )  # fmt: skip
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> None:
    options = _options()
    if options.serve == "good":
        asyncio.run(serve_good())
    elif options.serve and options.serve.startswith("report "):
        asyncio.run(_all_report(int(options.serve[7:]), options.reporters, options.seconds))
    elif options.serve:
        serve_hostile(options.serve.split(","))
    elif options.reporters:
        found = measure_reports(options.reporters, options.seconds)
        _print(found, reporters=options.reporters)
    else:
        _print(measure_hostile(options), good=options.good, hostile=options.hostile)


def _print(found: dict[str, object], **given: int) -> None:
    machine = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    at = datetime.now(UTC).isoformat(timespec="minutes")
    print(json.dumps({"at": at, "machine": machine, **given, **found}))


if __name__ == "__main__":
    main()
