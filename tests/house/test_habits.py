"""The page on ruff's rules: each finds its habit, and not what is written instead."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest
from requires import requires

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "find-habits-with-ruff.md"

HABITS = {
    "S113": """
import requests
requests.get(url)  # here
---
import ringback
ringback.Session().get(url)
""",
    "S501": """
import requests
requests.get(url, timeout=5, verify=False)  # here
---
import requests
requests.get(url, timeout=5, verify='authority.pem')
""",
    "S323": """
import ssl
context = ssl._create_unverified_context()  # here
---
import ssl
context = ssl.create_default_context(cafile='authority.pem')
""",
    "S502": """
import ssl
ssl.wrap_socket(sock, ssl_version=ssl.PROTOCOL_TLSv1)  # here
---
import ssl
ssl.create_default_context().wrap_socket(sock, server_hostname=host)
""",
    "E722": """
try:
    call()
except:  # here
    retry()
---
try:
    call()
except ConnectionError:
    retry()
""",
    "BLE001": """
try:
    call()
except Exception:  # here
    retry()
---
try:
    call()
except ringback.errors.ConnectionRefused:
    retry()
""",
    "S110": """
try:
    call()
except Exception:  # here
    pass
---
try:
    call()
except Exception as error:
    told(ringback.classify(error))
""",
    "SIM105": """
try:  # here
    call()
except OSError:
    pass
---
import contextlib
with contextlib.suppress(OSError):
    call()
""",
    "S112": """
for _ in range(3):
    try:
        call()
    except Exception:  # here
        continue
---
ringback.retry(policy).call(call)
""",
    "ASYNC110": """
import asyncio
async def wait():
    while not ready():  # here
        await asyncio.sleep(1)
---
async def wait():
    await ringback.retry(policy).call(connect)
""",
    "PLW0711": """
try:
    call()
except ConnectionError or TimeoutError:  # here
    retry()
---
try:
    call()
except (ConnectionError, TimeoutError):
    retry()
""",
    "B012": """
def ask():
    try:
        call()
    finally:
        return None  # here
---
def ask():
    try:
        return call()
    finally:
        close()
""",
    "B904": """
try:
    call()
except OSError:
    raise ShopDown()  # here
---
try:
    call()
except OSError as error:
    raise ShopDown() from error
""",
    "TRY002": """
def ask():
    raise Exception('no answer')  # here
---
def ask():
    raise ShopDown('no answer')
""",
    "TRY400": """
import logging
try:
    call()
except OSError:
    logging.error('failed')  # here
---
import logging
try:
    call()
except OSError:
    logging.exception('failed')
""",
    "ASYNC210": """
import requests
async def ask(url):
    return requests.get(url, timeout=5)  # here
---
async def ask(url):
    async with session.get(url) as response:
        return response
""",
    "ASYNC212": """
import httpx
async def ask(url):
    client = httpx.Client()
    return client.get(url)  # here
---
import httpx
async def ask(url):
    client = httpx.AsyncClient()
    return await client.get(url)
""",
    "ASYNC251": """
import time
async def again():
    time.sleep(1)  # here
---
import asyncio
async def again():
    await asyncio.sleep(1)
""",
    "RUF006": """
import asyncio
async def begin():
    asyncio.create_task(call())  # here
---
import asyncio
async def begin():
    async with asyncio.TaskGroup() as group:
        group.create_task(call())
""",
    "B017": """
import pytest
def test_down():
    with pytest.raises(Exception):  # here
        call()
---
import pytest
def test_down():
    with pytest.raises(ConnectionRefusedError):
        call()
""",
}
"""Rule → its habit, with the line that is found, and below what is written instead."""


def found(code: str, *options: str | Path) -> list[tuple[str, int]]:
    """What ruff finds in a program: rules and lines."""
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    if not ruff.exists():
        requires("ruff")
    command = [ruff, "check", "--no-cache", "--output-format=json", *options, "-"]
    done = subprocess.run(
        command, input=code, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout, done.stderr
    return [(entry["code"], entry["location"]["row"]) for entry in json.loads(done.stdout)]


def line_of(code: str) -> int:
    return next(number for number, line in enumerate(code.splitlines(), 1) if "# here" in line)


def configuration() -> str:
    return re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)[0]


@pytest.mark.parametrize("rule", HABITS)
def test_a_rule_finds_its_habit_and_not_what_is_written_instead(rule: str) -> None:
    habit, instead = HABITS[rule].split("---")
    alone = ("--isolated", "--target-version=py311", f"--select={rule}")
    assert found(habit, *alone) == [(rule, line_of(habit))]
    assert found(instead, *alone) == []


def test_the_page_has_these_rules_in_its_table_and_in_what_is_copied(tmp_path: Path) -> None:
    rows = re.findall(r"^\| ([A-Z]+\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(HABITS)
    assert tomllib.loads(configuration())["tool"]["ruff"]["lint"]["extend-select"] == sorted(HABITS)

    project = tmp_path / "pyproject.toml"
    project.write_text(configuration())
    for rule, texts in HABITS.items():
        habit = texts.partition("---")[0]
        assert (rule, line_of(habit)) in found(habit, "--config", project)
