"""A monitor that runs in a process of its own, asked through its API as everybody may."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from until import until

from ringback.testing.lab import Lab
from ringback.testing.lab.message import response
from ringback.testing.lab.namespace import inside
from ringback.testing.lab.proxy import relay

READY = re.compile(r"page at (http://\S+);")
WAIT_TIMEOUT = 120.0

OWN = "The monitor is not well"


class Program:
    """A running command of ringback, and what it said; each may be in a network namespace."""

    def __init__(self, *words, folder=None, env=None, namespace=None):
        # The program `ip` becomes the one that it runs: a signal to it is one to the program.
        there = ["ip", "netns", "exec", namespace] if namespace else []
        self.process = subprocess.Popen(
            [*there, sys.executable, "-m", "ringback", *map(str, words)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | (env or {}),
        )
        self.said = []
        self._reader = threading.Thread(target=self._read, daemon=True)

    def _read(self):
        for line in self.process.stdout:
            self.said.append(line)

    def ended(self):
        status = self.process.wait(WAIT_TIMEOUT)
        self._reader.join(WAIT_TIMEOUT)
        self.process.stdout.close()
        return status


class Monitor(Program):
    """A running `ringback up`; in a network namespace, it is asked from within that as well."""

    def __init__(self, folder, *arguments, namespace=None, token=None):
        super().__init__("up", "--port", 0, *arguments, folder=folder, namespace=namespace)
        self._namespace = namespace
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        watchdog = threading.Timer(WAIT_TIMEOUT, self.process.kill)
        watchdog.start()
        self.url = self._address()
        watchdog.cancel()
        self._reader.start()

    def _address(self):
        for line in self.process.stdout:
            self.said.append(line)
            if found := READY.search(line):
                return found[1]
        raise AssertionError(f"it ended: {''.join(self.said)}")

    def get(self, path, *, own=False):
        """What the API answers; of incidents the monitor's own only where they are asked for.

        A machine that runs ten tests at a time makes it late, and it says so.
        """
        request = urllib.request.Request(f"{self.url}/api/v1{path}", headers=self._headers)
        there = inside(self._namespace) if self._namespace else contextlib.nullcontext()
        with there, urllib.request.urlopen(request, timeout=WAIT_TIMEOUT) as answer:
            found = json.load(answer)
        if path.partition("?")[0] == "/incidents" and not own:
            return [incident for incident in found if not incident["summary"].startswith(OWN)]
        return found

    def post(self, path):
        """Return the status of an answer, and what it says."""
        request = urllib.request.Request(
            f"{self.url}/api/v1{path}", headers=self._headers, data=b"", method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=WAIT_TIMEOUT) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def until(self, path, right, **how):
        ends = time.monotonic() + WAIT_TIMEOUT
        while time.monotonic() < ends:
            found = self.get(path, **how)
            if right(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{path} stays {found}; it said {''.join(self.said)}")

    def stop(self):
        self.process.kill()
        self.ended()

    def end(self, with_signal=signal.SIGINT):
        self.process.send_signal(with_signal)
        return self.process.wait(WAIT_TIMEOUT)


class Agent(Program):
    """A running `ringback agent` with a folder of its own."""

    def __init__(self, folder, *arguments, **where):
        super().__init__("agent", "--state", folder, *arguments, **where)
        self.folder = folder
        self._reader.start()

    def until_said(self, text):
        until(lambda: any(text in line for line in self.said))

    def end(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        return self.ended()


class Relay:
    """The way from agents to the hub; the hub behind it may be another one."""

    def __init__(self, url):
        self.target = urlsplit(url)
        self._lab = Lab(limit=600.0)
        self.url = self._lab.listen(self._serve).url.rstrip("/")
        self.close = self._lab.stop

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            relay(connection, socket.create_connection((self.target.hostname, self.target.port)))


class Target:
    """A service that can be made to fail."""

    def __init__(self):
        self.status, self.asked = 200, 0
        self._lab = Lab()
        self.url = self._lab.listen(self._serve).url
        self.close = self._lab.stop

    def _serve(self, connection):
        while connection.read_request():
            self.asked += 1
            connection.send(response(self.status, b""))


def configuration(folder, *endpoints, more=""):
    lines = [
        f'[[endpoint]]\nname = "{name}"\nurl = "{url}"\nevery = 1\nretry_every = 0.2\ntimeout = 1\n'
        for name, url in endpoints
    ]
    file = Path(folder, "ringback.toml")
    file.write_text("\n".join([*lines, more]))
    return file


def text_of(url):
    with urllib.request.urlopen(url, timeout=WAIT_TIMEOUT) as answer:
        return answer.read().decode()


def state_of(endpoints, id_):
    return next(endpoint["state"] for endpoint in endpoints if endpoint["id"] == id_)
