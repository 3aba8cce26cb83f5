"""PostgreSQL that is away, and that fails over to a synchronous standby, under a real monitor."""

import contextlib
import json
import shutil
import socket
import tempfile
import urllib.request
from urllib.error import HTTPError

import pytest
from monitor.running import text_of
from monitor.store.engines import fresh_database
from monitor.store.server import Server, running_server
from until import until


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Replica(Server):
    """A standby of another cluster, which that waits for with each commit."""

    def __init__(self, folder, primary, settings):
        self._primary = primary
        super().__init__(folder, settings)

    def _run(self, program, *words):
        if program == "initdb":
            program, words = "pg_basebackup", [
                "-D", self.data, "-R", "-X", "stream", "-c", "fast",
                "-d", f"host=127.0.0.1 port={self._primary} user=ringback application_name=second",
            ]  # fmt: skip
        super()._run(program, *words)

    def promote(self):
        self._run("pg_ctl", "-w", "-D", self.data, "promote")


@contextlib.contextmanager
def pair():
    """Give a primary, its synchronous standby, and what stands in a URL for both."""
    first_port, second_port = free_port(), free_port()
    common = {"fsync": "on", "listen_addresses": "127.0.0.1", "wal_level": "replica"}
    with running_server(**common, port=first_port) as first:
        folder = tempfile.mkdtemp(prefix="ringback-pg-")
        try:
            second = Replica(folder, first_port, {**common, "port": second_port})
            first.admin("ALTER SYSTEM SET synchronous_standby_names = 'second'")
            first.admin("SELECT pg_reload_conf()")
            until(lambda: first.admin("SELECT sync_state FROM pg_stat_replication") == [("sync",)])
            hosts = f"127.0.0.1:{first_port},127.0.0.1:{second_port}"
            yield first, second, f"postgresql://ringback@{hosts}"
            second.stop("immediate")
        finally:
            shutil.rmtree(folder)


CONFIGURATION = """
[store]
url = "{store}"
[[endpoint]]
name = "Job"
type = "heartbeat"
every = "1h"
"""


def beat(monitor, detail):
    """Whether it was taken that a job failed, which is kept at once; else it is refused."""
    body = json.dumps({"up": False, "detail": detail}).encode()
    request = urllib.request.Request(
        f"{monitor.url}/api/v1/heartbeat/job", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30):
            return True
    except HTTPError as error:
        if (error.code, error.headers["Retry-After"]) != (503, "1"):
            raise
        return False


def details(monitor):
    found = monitor.get("/endpoints/job/checks?limit=1000")
    return [check["detail"] for check in found][::-1]


@pytest.mark.nightly
def test_what_was_acknowledged_survives_a_failover_and_the_monitor_goes_on(started, tmp_path):
    with pair() as (first, second, url):
        database = fresh_database(first).partition("///")[2].partition("?")[0]
        store = f"{url}/{database}?target_session_attrs=read-write"
        (tmp_path / "ringback.toml").write_text(CONFIGURATION.format(store=store))
        monitor = started()
        taken = [str(n) for n in range(50) if beat(monitor, str(n))]
        assert len(taken) == 50
        first.kill()
        until(lambda: not beat(monitor, "refused"))
        assert "Results are not being stored" in text_of(monitor.url)
        assert json.loads(text_of(f"{monitor.url}/healthz"))["status"] == "degraded"
        second.promote()
        until(lambda: beat(monitor, "after"))
        until(lambda: monitor.get("/status")["degraded"] is None)
        found = details(monitor)
        assert [detail for detail in found if detail.isdigit()] == taken
        assert found[-1] == "after"
        assert monitor.get("/status")["lead"]["role"] == "lead"
