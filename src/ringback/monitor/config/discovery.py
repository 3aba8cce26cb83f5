"""Endpoints out of target files as Prometheus has them (``file_sd_configs``), in JSON or YAML."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ringback.failure.target import without_secrets
from ringback.monitor.config.address import AddressError, probe_address_of
from ringback.monitor.config.models import DiscoveryShape, EndpointShape
from ringback.monitor.config.source import SourceFile, file_text, included_files

MAX_TARGETS = 100_000  # Of one table [[discovery]]
_FORMATS = frozenset({".json", ".yml", ".yaml"})


class TargetsInvalid(ValueError):  # noqa: N818 - as ConfigInvalid
    """Raised for a file that is none of targets; the text says why."""


def discovered_endpoints(
    source: SourceFile, index: int, table: DiscoveryShape
) -> Iterator[EndpointShape]:
    """Yield the endpoints of a table [[discovery]], each target once; what is wrong is noted."""
    seen: set[str] = set()
    for pattern in table.files:
        for file in included_files(source.file.parent, pattern):
            try:
                for target, labels in _targets(file):
                    shape = _endpoint(table, target, labels)
                    if shape.id not in seen:
                        seen.add(shape.id)
                        yield shape
                    if len(seen) > MAX_TARGETS:
                        raise TargetsInvalid(f"more than {MAX_TARGETS} targets")
            except (OSError, TargetsInvalid) as error:
                why = (error.strerror if isinstance(error, OSError) else None) or str(error)
                source.add_problem(("discovery", index, "files"), f"{file}: {why}")


def _targets(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each target with its labels, those of the discovery itself (``__…``) left out."""
    groups = _read(file)
    if not isinstance(groups, list):
        raise TargetsInvalid("must be a list of groups of targets")
    for number, group in enumerate(groups):
        if not isinstance(group, dict) or not isinstance(group.get("targets"), list):
            raise TargetsInvalid(f"group {number}: needs a list of targets")
        labels = group.get("labels") or {}
        if not isinstance(labels, dict):
            raise TargetsInvalid(f"group {number}: labels must be a table")
        named = {str(key): str(value) for key, value in labels.items()}  # YAML has other keys too
        told = {key: value for key, value in named.items() if not key.startswith("__")}
        for target in group["targets"]:
            if not isinstance(target, str) or not target:
                raise TargetsInvalid(f"group {number}: a target must be a text")
            yield target, told


def _read(file: Path) -> Any:
    if file.suffix not in _FORMATS:
        raise TargetsInvalid("must end in .json, .yml or .yaml")
    try:
        text = file_text(file)
        if file.suffix == ".json":
            return json.loads(text)
        # Slow to import, and few need it.
        from ringback.monitor.config.yaml_text import YAMLText  # noqa: PLC0415 - see above

        return YAMLText(text).data
    except RecursionError:
        raise TargetsInvalid("is nested too deeply") from None
    except ValueError as error:
        raise TargetsInvalid(str(error)) from None


def _endpoint(table: DiscoveryShape, target: str, labels: dict[str, str]) -> EndpointShape:
    values = {**labels, "target": target}
    shown = without_secrets(target)
    try:
        shape = EndpointShape(
            name=_filled(table.name, values),
            url=_filled(table.url, values),
            group=table.group,
            labels=labels,
        )
        probe_address_of(shape.url)
    except AddressError as error:
        raise TargetsInvalid(f"target {shown!r}: the URL {error}") from None
    except ValidationError as error:
        raise TargetsInvalid(f"target {shown!r}: {error.errors()[0]['msg']}") from None
    return shape


def _filled(template: str, values: dict[str, str]) -> str:
    """Return a text with ``{target}`` and ``{label}`` in it replaced; no value is read again."""
    pieces = template.split("{")
    done = pieces[0]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        if not closed:
            raise TargetsInvalid("a { without its } in url or name")
        if name not in values:
            raise TargetsInvalid(
                f"target {without_secrets(values['target'])!r} has no label {name}"
            )
        done += values[name] + rest
    return done
