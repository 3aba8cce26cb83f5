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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from ringback.testing.lab.namespace import inside

READY = re.compile(r"page at (http://\S+);")
WAIT_TIMEOUT = 120.0


OWN = "The monitor is not well"


class Monitor:
    """A running `ringback up`; in a network namespace, it is asked from within that as well."""

    def __init__(self, folder, *arguments, namespace=None, token=None):
        self._namespace = namespace
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        # The program `ip` becomes the one that it runs: a signal to it is one to the monitor.
        there = ["ip", "netns", "exec", namespace] if namespace else []
        command = [*there, sys.executable, "-m", "ringback", "up", "--port", "0"]
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self.said = []
        self._watchdog = threading.Timer(WAIT_TIMEOUT, self.process.kill)
        self._watchdog.start()
        self.url = self._address()
        self._watchdog.cancel()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _address(self):
        for line in self.process.stdout:
            self.said.append(line)
            if found := READY.search(line):
                return found[1]
        raise AssertionError(f"it ended: {''.join(self.said)}")

    def _read(self):
        for line in self.process.stdout:
            self.said.append(line)

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
        self.process.wait(WAIT_TIMEOUT)
        self._reader.join(WAIT_TIMEOUT)
        self.process.stdout.close()

    def end(self, with_signal=signal.SIGINT):
        self.process.send_signal(with_signal)
        return self.process.wait(WAIT_TIMEOUT)


class Agent:
    """A running `ringback agent` with a folder of its own."""

    def __init__(self, folder, *arguments, env=None, namespace=None):
        self.folder = folder
        there = ["ip", "netns", "exec", namespace] if namespace else []
        command = [*there, sys.executable, "-m", "ringback", "agent", "--state", folder]
        self.process = subprocess.Popen(
            [*map(str, command), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | (env or {}),
        )
        self.said = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.said.append(line)

    def until_said(self, text):
        ends = time.monotonic() + WAIT_TIMEOUT
        while time.monotonic() < ends and not any(text in line for line in self.said):
            time.sleep(0.05)
        assert any(text in line for line in self.said), self.said

    def end(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        return self.ended()

    def ended(self):
        status = self.process.wait(WAIT_TIMEOUT)
        self._reader.join(WAIT_TIMEOUT)
        self.process.stdout.close()
        return status


class Relay:
    """The way from agents to the hub, which can be cut; the hub behind it may be another one."""

    def __init__(self, url):
        self.target = urlsplit(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://{}:{}".format(*self._listener.getsockname())
        self._cut = False
        self._open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(here,), daemon=True).start()

    def _serve(self, here):
        there = None
        with contextlib.suppress(OSError), here:
            if self._cut:
                return
            there = socket.create_connection((self.target.hostname, self.target.port))
            self._open |= {here, there}
            back = threading.Thread(target=self._copy, args=(there, here), daemon=True)
            back.start()
            self._copy(here, there)
            back.join()
        if there is not None:
            there.close()
        self._open -= {here, there}

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self._cut = True
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self._cut = False

    def close(self):
        self.cut()
        self._listener.close()


class Target:
    """A service that can be made to fail."""

    def __init__(self):
        self.status, self.asked = 200, 0
        target = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                target.asked += 1
                self.send_response(target.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


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
