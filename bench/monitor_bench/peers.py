"""Prometheus' blackbox_exporter, alone and with Prometheus, at a given rate.

blackbox_exporter has no schedule: alone it is asked by a scraper of this bench, another process
that is not counted; with Prometheus that one schedules, asks and stores, and both are counted.
"""

import asyncio
import contextlib
import json
import multiprocessing
import shutil
import tempfile
from collections import deque
from pathlib import Path

from monitor_bench.process import free_port, running
from monitor_bench.target import new_event_loop

BLACKBOX = shutil.which("prometheus-blackbox-exporter") or shutil.which("blackbox_exporter")
PROMETHEUS = shutil.which("prometheus")
_CONNECTIONS = 64
_TICK = 0.01


@contextlib.contextmanager
def blackbox(folder, modules=None, **options):
    """Run blackbox_exporter; gives the process and its port.

    Args:
        folder: For its files.
        modules: Name to settings; by default ``http`` with its defaults.
        **options: Of ``subprocess.Popen``.
    """
    settings = Path(folder, "blackbox.yml")
    settings.write_text(json.dumps({"modules": modules or {"http": {"prober": "http"}}}))
    port = free_port()
    command = [
        BLACKBOX,
        f"--config.file={settings}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with running(command, Path(folder, "blackbox.log"), **options) as process:
        yield process, port


@contextlib.contextmanager
def alone(urls, every):
    """Run blackbox_exporter, asked for each URL once in an interval; gives the process ids.

    Args:
        urls: What it probes.
        every: Seconds.
    """
    with tempfile.TemporaryDirectory() as folder, blackbox(folder) as (process, port):
        context = multiprocessing.get_context("spawn")
        scraper = context.Process(target=_scrape, args=(port, urls, every), daemon=True)
        scraper.start()
        try:
            yield [process.pid]
        finally:
            scraper.terminate()
            scraper.join()


@contextlib.contextmanager
def with_prometheus(urls, every):
    """Run blackbox_exporter and Prometheus, which scrapes it; gives the process ids.

    Args:
        urls: What is probed.
        every: Seconds between two scrapes of one URL.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        asked, port = stack.enter_context(blackbox(folder))
        relabel = [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": f"127.0.0.1:{port}"},
        ]
        job = {
            "job_name": "blackbox",
            "scrape_interval": f"{every:g}s",
            "scrape_timeout": f"{every:g}s",
            "metrics_path": "/probe",
            "params": {"module": ["http"]},
            "static_configs": [{"targets": urls}],
            "relabel_configs": relabel,
        }
        settings = Path(folder, "prometheus.yml")
        settings.write_text(json.dumps({"scrape_configs": [job]}))
        command = [
            PROMETHEUS,
            f"--config.file={settings}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{free_port()}",
            "--log.level=error",
        ]
        told = Path(folder, "prometheus.log")
        yield [asked.pid, stack.enter_context(running(command, told, cwd=folder)).pid]


class _Asking(asyncio.Protocol):
    """A kept connection to blackbox_exporter."""

    def __init__(self, idle):
        self._idle = idle

    def connection_made(self, transport):
        self._transport = transport
        self._idle.append(self)

    def ask(self, request):
        self._transport.write(request)

    def data_received(self, data):
        # Its pages are larger than what Go sends with a length: they come in chunks.
        if data.endswith(b"\r\n0\r\n\r\n"):
            self._idle.append(self)


def _scrape(port, urls, every):
    """Ask for every URL in turn, evenly spread, until the process is ended."""
    form = "GET /probe?module=http&target={} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n"
    requests = [form.format(url.replace("?", "%3F"), port).encode() for url in urls]

    async def run():
        loop, idle = asyncio.get_running_loop(), deque()
        for _ in range(_CONNECTIONS):
            await _connected(loop, idle, port)
        begun, asked = loop.time(), 0
        while True:
            due = int((loop.time() - begun) / every * len(urls))
            while asked < due and idle:
                idle.popleft().ask(requests[asked % len(requests)])
                asked += 1
            await asyncio.sleep(_TICK)

    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=new_event_loop) as own:
        own.run(run())


async def _connected(loop, idle, port):
    for _ in range(500):
        with contextlib.suppress(OSError):
            await loop.create_connection(lambda: _Asking(idle), "127.0.0.1", port)
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("blackbox_exporter does not answer")
