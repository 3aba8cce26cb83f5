"""Tells what was asked as the first reading."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringback.diagnosis.layer.url.host import Host, examined, literal
from ringback.diagnosis.layer.url.parse import MEANT

if TYPE_CHECKING:
    from ringback.diagnosis.model import Asked
    from ringback.diagnosis.scene import Scene

_CONTAINER = ("/.dockerenv", "/run/.containerenv")


def read(scene: Scene) -> None:
    """Tell what was asked, as ``url/parse``."""
    asked = scene.asked
    host = examined(asked.host) if asked.host else Host(ascii="")
    problems = [one for one in asked.problems if not one.startswith(MEANT)]
    if not asked.kind and _is_this_host(host.ascii) and in_container():
        problems.append(f"{asked.host} is this container itself, not the machine around it")
    scene.tell(
        "url",
        "parse",
        asked.text,
        state="failed" if asked.kind else "noted" if problems else "ok",
        result="; ".join(problems) or _in_words(asked),
        kind=asked.kind,
        facts={**_facts(asked, host), "problems": problems},
    )


def in_container() -> bool:
    """Return whether this program runs in a container, as far as the usual marks tell."""
    return "KUBERNETES_SERVICE_HOST" in os.environ or any(
        Path(mark).exists() for mark in _CONTAINER
    )


def _is_this_host(host: str) -> bool:
    name = host.lower().removesuffix(".")
    address = literal(host)
    if address is not None:
        return address == "::1" or address.startswith("127.")
    return name == "localhost" or name.endswith(".localhost")


def _facts(asked: Asked, host: Host) -> dict[str, Any]:
    meant = [one.removeprefix(MEANT) for one in asked.problems if one.startswith(MEANT)]
    return {
        "scheme": asked.scheme or None,
        "host": asked.host or None,
        "port": asked.port or None,
        "path": asked.path,
        "protocol": asked.protocol,
        "tls": asked.tls,
        "is_address": host.address,
        "explicit_port": bool(re.search(rf":{asked.port}(?:/|$)", asked.text)),
        "fatal": asked.kind is not None,
        "ascii_host": host.ascii or None,
        "lookalike": host.lookalike is not None,
        "taken_for": host.lookalike,
        "hint": meant[0] if meant else None,
        "container": in_container(),
    }


def _in_words(asked: Asked) -> str:
    if asked.protocol == "dns":
        return f"the addresses of {asked.host}"
    tls = " over TLS" if asked.tls else ""
    what = "a connection" if asked.protocol == "none" else asked.protocol
    return f"{what}{tls} on port {asked.port} of {asked.host}"
