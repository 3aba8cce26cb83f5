"""A PostgreSQL of one's own: a cluster in a temporary folder, which leaves nothing behind."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from requires import requires

DEBIAN = Path("/usr/lib/postgresql")
WAIT_TIMEOUT = 120


def programs():
    """The folder of the server's programs: the newest of Debian, or where `initdb` is found."""
    newest = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = [str(path) for path in newest] or [shutil.which("initdb")]
    return None if found[-1] is None else Path(found[-1]).parent


class Server:
    """A cluster; root runs it as the user `postgres`, who owns its folder."""

    def __init__(self, folder, settings):
        self.folder, self._bin = Path(folder), programs()
        self._settings = settings
        self.empty = []  # URLs of databases that a test has used, with nothing left in them
        self.data = self.folder / "data"
        user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._as = ["setpriv", *user] if os.getuid() == 0 else []
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "ringback", "-E", "UTF8",
                  "--no-locale", "--no-sync")  # fmt: skip
        self.start()

    def _run(self, program, *words):
        with tempfile.TemporaryFile("w+") as said:  # a pipe would be held open by the server
            done = subprocess.run(
                [*self._as, self._bin / program, *words],
                stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
                timeout=WAIT_TIMEOUT, check=False, cwd=self.folder,
            )  # fmt: skip
            said.seek(0)
            assert done.returncode == 0, said.read() + self.log()

    def log(self):
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def start(self):
        options = {
            "unix_socket_directories": self.folder,
            "listen_addresses": "",
            **dict(self._settings),
        }
        words = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run("pg_ctl", "-w", "-D", self.data, "-o", words, "-l", self.folder / "log", "start")

    @property
    def pid(self):
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-w", "-D", self.data, "-m", mode, "stop")

    def _signal(self, number):
        """Send a signal to the postmaster and its children; return their numbers."""
        pid = self.pid
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
        ).stdout.split()
        pids = (pid, *map(int, children))
        for process in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
        return pids

    @contextlib.contextmanager
    def stopped(self):
        """Have all of it do nothing, as on a machine that hangs: it neither answers nor refuses."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def kill(self):
        """kill -9 of the postmaster; its children notice and end by themselves."""
        pids = self._signal(signal.SIGKILL)
        for number in pids:
            while _lives(number):
                pass
        # Where nobody reaps it the dead one counts as running, by what it left.
        for left in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)

    def url(self, database="ringback"):
        port = dict(self._settings).get("port", 5432)
        return f"postgresql:///{database}?host={self.folder}&port={port}&user=ringback"

    def admin(self, statement, database="postgres"):
        import psycopg  # noqa: PLC0415 - where there is a server

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else None


def _lives(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@contextlib.contextmanager
def running_server(**settings):
    """Give a server; skip the test where there is none to run, or none to talk to it with."""
    requires("psycopg")
    if programs() is None:
        requires("initdb")
    if os.getuid() == 0:
        requires("setpriv")
    folder = tempfile.mkdtemp(prefix="ringback-pg-")  # short: the name of a socket is limited
    try:
        server = Server(folder, settings)
        try:
            yield server
        finally:
            if (server.data / "postmaster.pid").exists():
                server.stop("immediate")
    finally:
        shutil.rmtree(folder)
