"""The program that asks: its Python, its OpenSSL, the authorities it is told to trust."""

from __future__ import annotations

import os
import platform
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ringback.diagnosis.scene import Scene

BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name the trusted authorities, the one that requests takes first at the front."""


def read(scene: Scene) -> None:
    """Tell in what the program runs."""
    bundles = [_bundle(name, path) for name in BUNDLES if (path := os.environ.get(name))]
    lost = [one for one in bundles if not one["exists"]]
    facts = {
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "platform": platform.platform(),
        "uid": os.geteuid() if hasattr(os, "geteuid") else None,
        "ca_bundle": next(iter(lost or bundles), None),
        "ca_bundles": bundles,
        "system_store": _system_store(),
    }
    scene.tell(
        "host",
        "environment",
        state="noted" if lost else "ok",
        result=_in_words(facts, lost),
        facts=facts,
    )


def _bundle(variable: str, value: str) -> dict[str, Any]:
    paths = value.split(os.pathsep) if variable == "SSL_CERT_DIR" else [value]
    return {"variable": variable, "path": value, "exists": any(map(_usable, paths))}


def _usable(path: str) -> bool:
    """Whether a path leads to a file that holds something, or to a folder."""
    try:
        return os.access(path, os.R_OK) and (Path(path).is_dir() or Path(path).stat().st_size > 0)
    except (OSError, ValueError):
        return False


def _system_store() -> dict[str, Any]:
    """Where OpenSSL looks for authorities when it is told nothing."""
    paths = ssl.get_default_verify_paths()
    file, folder = paths.openssl_cafile, paths.openssl_capath
    return {
        "file": file,
        "file_exists": _usable(file),
        "directory": folder,
        "directory_exists": _holds_any(folder),
    }


def _holds_any(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def _in_words(facts: dict[str, Any], lost: list[dict[str, Any]]) -> str:
    said = f"Python {facts['python']}, {facts['openssl']}, {facts['platform']}"
    if lost:
        return f"{lost[0]['variable']} names {lost[0]['path']}, which cannot be read; {said}"
    return said
