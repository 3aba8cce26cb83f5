"""What the hosts file says of the target."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

_MOST_LINES = 200_000  # lists of blocked hosts are that long


def read(scene: Scene) -> None:
    """Tell the entry of the hosts file for the target, if it has one."""
    name = scene.asked.host
    path = hosts_path()
    addresses, line = entries(name, path)
    if not addresses:
        return
    scene.tell(
        "host",
        "hosts_file",
        name,
        result=f"line {line} of {path} says {' '.join(addresses[:4])}",
        facts={"addresses": addresses, "line": line, "path": str(path)},
    )


def hosts_path() -> Path:
    """Return where this system has its hosts file."""
    if sys.platform == "win32":
        root = os.environ.get("SystemRoot", r"C:\Windows")  # noqa: SIM112 - its usual case
        return Path(root, "System32", "drivers", "etc", "hosts")
    return Path("/etc/hosts")


def entries(name: str, path: Path) -> tuple[list[str], int]:
    """Return the addresses that hosts(5) has for a name, and the first line with one."""
    wanted = name.lower().removesuffix(".")
    addresses: list[str] = []
    first = 0
    if not wanted:
        return addresses, first
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if number > _MOST_LINES:
                    break
                address, *names = line.partition("#")[0].lower().split() or [""]
                if wanted in names and address not in addresses:
                    addresses.append(address)
                    first = first or number
    except FileNotFoundError:
        pass  # no file has no entry
    return addresses, first
