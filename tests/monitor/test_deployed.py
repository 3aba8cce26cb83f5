"""The services of the compose file, run as processes with its files, names and commands.

What an image or a network of containers would give, a network namespace and mounts give here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import pytest
import yaml
from monitor.running import WAIT_TIMEOUT
from monitor.store.server import running_server
from program import running_program
from requires import requires
from until import until

from ringback.testing.lab.namespace import Namespaces, inside, run

ROOT = Path(__file__).parents[2]
IMAGE = (ROOT / "Containerfile").read_text("utf-8")
PAGE = (ROOT / "docs" / "how-to" / "run-in-containers.md").read_text("utf-8")
HOME = re.findall(r"^WORKDIR (\S+)$", IMAGE, re.MULTILINE)[-1]
ENTRYPOINT = json.loads(re.findall(r"^ENTRYPOINT (\[.*\])$", IMAGE, re.MULTILINE)[-1])
HEALTH = json.loads(re.findall(r"^ +CMD (\[.*\])$", IMAGE, re.MULTILINE)[-1])
FILES = ("group", "ld.so.cache", "localtime", "nsswitch.conf", "passwd", "ssl")
"""Of this machine's /etc: what Python needs there."""
ENTER = """for at in /etc /run /var/lib; do mount --bind "$1$at" "$at" || exit; done
cd "$2" && shift 2 && exec "$@\""""
TOKEN = re.compile(r"--token (\S+)")
PASSWORDS = "host all all 127.0.0.1/32 scram-sha-256\nlocal all all trust\n"


class Container:
    """A service of the compose file: a root folder with the files that it has, and what runs there.

    Attributes:
        command: What the service runs.
    """

    def __init__(self, name, folder, deploy, namespace):
        compose = yaml.safe_load((deploy / "compose.yaml").read_text())
        service = compose["services"][name]
        self.command = [*ENTRYPOINT, *service["command"]]
        self._root, self._namespace = folder / name, namespace
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._env = {"PATH": path, "HOME": HOME, "PYTHONUNBUFFERED": "1"}
        self._env |= service.get("environment", {})
        for place in ("etc/ringback", "run/secrets", HOME[1:]):
            (self._root / place).mkdir(parents=True)
        for there in filter(Path.exists, (Path("/etc", file) for file in FILES)):
            copy = partial(shutil.copytree, symlinks=True) if there.is_dir() else shutil.copy2
            copy(there, self._root / "etc" / there.name)
        (self._root / "etc" / "hosts").write_text("127.0.0.1 localhost database up\n")
        for secret in service["secrets"]:
            file = deploy / compose["secrets"][secret]["file"]
            shutil.copy(file, self._root / "run" / "secrets" / secret)
        for source, target, *_ in (volume.split(":") for volume in service["volumes"]):
            if source.startswith("."):
                shutil.copytree(deploy / source, self._root / target[1:], dirs_exist_ok=True)

    def _words(self, command):
        there = ["ip", "netns", "exec", self._namespace, "sh", "-c", ENTER, "sh"]
        return [*there, str(self._root), HOME, *command]

    def runs(self, *command):
        """A program, until the block ends."""
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return running_program(self._words(command), env=self._env, **pipe)

    def execute(self, *command):
        told = {"capture_output": True, "text": True, "timeout": WAIT_TIMEOUT}
        return subprocess.run(self._words(command), env=self._env, check=False, **told)


def shell_lines(beginning):
    """The commands of the page's block that begins so."""
    blocks = re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if block.startswith(beginning)).splitlines()


def until_said(process, text):
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return
    raise AssertionError(f"it ended: {''.join(said)}")


@pytest.fixture
def deploy(tmp_path):
    """The folder of the compose file, with secrets made as the page says."""
    folder = tmp_path / "deploy"
    shutil.copytree(ROOT / "deploy", folder, ignore=shutil.ignore_patterns("secrets"))
    for line in shell_lines("cd deploy"):
        if not line.startswith(("cd ", "podman ")):
            subprocess.run(line, shell=True, cwd=folder, check=True)
    return folder


@pytest.fixture
def namespace():
    """A network of its own, for the ports of the services are their own as well."""
    requires("root", "netns", "ip", "openssl")
    with Namespaces() as namespaces:
        name = namespaces.add("compose")
        run(name, ["ip", "link", "set", "lo", "up"])
        yield name


@pytest.fixture
def database(namespace, deploy):
    """What the image of PostgreSQL makes: a user with the password of the secret."""
    with inside(namespace), running_server(listen_addresses="127.0.0.1", port="5432") as server:
        password = (deploy / "secrets" / "db_password").read_text().strip()
        server.admin("CREATE DATABASE ringback")
        server.admin(f"ALTER ROLE ringback PASSWORD '{password}'")
        (server.data / "pg_hba.conf").write_text(PASSWORDS)
        server.admin("SELECT pg_reload_conf()")
        yield server


def seen_by(token, place):
    """Whether the hub shows all endpoints as well, and that a place sees them."""
    url = "http://127.0.0.1:8480/api/v1/endpoints"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=WAIT_TIMEOUT) as answer:
        found = json.load(answer)
    places = {observer["id"]: observer for end in found for observer in end["observers"]}
    return place in places and all(end["state"] == "ok" for end in found)


def end(process):
    process.terminate()
    assert process.wait(WAIT_TIMEOUT) == 0
    assert "Traceback" not in process.stdout.read()


@pytest.mark.nightly
@pytest.mark.netns
@pytest.mark.usefixtures("database")
def test_the_services_run_until_the_hub_shows_what_the_agent_sees(deploy, namespace, tmp_path):
    hub = Container("up", tmp_path, deploy, namespace)
    with hub.runs(*hub.command) as up:
        until_said(up, "ringback watches 1 endpoint, page at http://127.0.0.1:8480")
        assert hub.execute(*HEALTH).returncode == 0
        added = shell_lines("podman compose exec up")[0].removeprefix("podman compose exec up ")
        said = hub.execute("sh", "-c", f"exec {added}")
        (deploy / "secrets" / "agent_token").write_text(TOKEN.search(said.stdout)[1])

        place = Container("agent", tmp_path, deploy, namespace)
        with place.runs(*place.command) as agent:
            until_said(agent, "ringback agent tokyo (tokyo) watches")
            token = (deploy / "secrets" / "api_token").read_text().strip()
            with inside(namespace):
                until(lambda: seen_by(token, "probe:tokyo"))
                with pytest.raises(urllib.error.HTTPError, match="401"):
                    seen_by("x" * 32, "probe:tokyo")
            end(agent)
        end(up)
    assert hub.execute(*HEALTH).returncode != 0
