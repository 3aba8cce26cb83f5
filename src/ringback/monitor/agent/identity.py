"""The folder of an agent: who it is, its key, and the plan it had last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ringback.monitor.fleet.signature import private_key


class StateProblem(Exception):  # noqa: N818 - named for what is wrong
    """Raised for a folder that cannot be used; the text is one line and ends with the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentIdentity:
    """Who an agent is for its hub."""

    id: str
    name: str
    domain: str
    hub: str  # The hub's URL
    key: str  # Its private key
    token: str  # SHA-256 of the token that it came with


class StateFolder:
    """Files that nobody else may read, each written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StateProblem(
                f"{self.path}: {error.strerror}; name another folder with --state"
            ) from None

    @property
    def spool(self) -> Path:
        return self.path / "spool.db"

    def identity(self) -> AgentIdentity | None:
        found = self._read("agent.json")
        if found is None:
            return None
        try:
            identity = AgentIdentity(
                **{item.name: str(found[item.name]) for item in fields(AgentIdentity)}
            )
            private_key(identity.key)
        except (LookupError, ValueError, TypeError):
            raise StateProblem(
                f"{self.path / 'agent.json'}: it is damaged; remove it and enrol this agent anew"
            ) from None
        return identity

    def keep_identity(self, identity: AgentIdentity) -> None:
        self._write("agent.json", asdict(identity))

    def plan(self) -> tuple[str, Any] | None:
        """Return the revision and the plan of before; a damaged one is none."""
        try:
            found = self._read("plan.json")
        except StateProblem:
            return None
        return (found["revision"], found["plan"]) if found and "plan" in found else None

    def keep_plan(self, revision: str, plan: Any) -> None:
        self._write("plan.json", {"revision": revision, "plan": plan})

    def keep_files(self, files: Mapping[str, str]) -> dict[str, str]:
        """Write certificates; return where each is."""
        paths = {}
        for name, content in files.items():
            if not name.replace(".pem", "").isalnum():
                raise ValueError(f"not a name of a file: {name!r}")
            self._write_text(name, content)
            paths[name] = str(self.path / name)
        return paths

    def _read(self, name: str) -> Any:
        try:
            found = json.loads((self.path / name).read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StateProblem(
                f"{self.path / name}: {error}; remove it and enrol this agent anew"
            ) from None
        return found if isinstance(found, dict) else None

    def _write(self, name: str, value: Any) -> None:
        self._write_text(name, json.dumps(value))

    def _write_text(self, name: str, text: str) -> None:
        temporary = self.path / f".{name}.new"
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(self.path / name)
