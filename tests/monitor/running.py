"""A monitor that runs in a process of its own, asked through its API as everybody may."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

from ringback.testing.lab.namespace import inside

READY = re.compile(r"page at (http://\S+);")
WAIT_TIMEOUT = 120.0


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

    def get(self, path):
        request = urllib.request.Request(f"{self.url}/api/v1{path}", headers=self._headers)
        there = inside(self._namespace) if self._namespace else contextlib.nullcontext()
        with there, urllib.request.urlopen(request, timeout=WAIT_TIMEOUT) as answer:
            return json.load(answer)

    def until(self, path, right):
        ends = time.monotonic() + WAIT_TIMEOUT
        while time.monotonic() < ends:
            found = self.get(path)
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
