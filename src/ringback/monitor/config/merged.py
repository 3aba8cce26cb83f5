"""The files of a configuration put together, and what then holds for one endpoint."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any, Generic, TypeVar

from ringback.monitor.config.discovery import discovered_endpoints
from ringback.monitor.config.models import (
    ChannelShape,
    CheckDefaults,
    EndpointShape,
    ExpectShape,
    FileShape,
    GroupShape,
    IncludedShape,
    MaintenanceShape,
    ProbeModuleShape,
    RouteShape,
    Shape,
    TokenShape,
)
from ringback.monitor.config.naming import endpoint_id
from ringback.monitor.config.source import KeyPath, SourceFile, included_files, read_source
from ringback.monitor.config.validation import validate_file

S_co = TypeVar("S_co", bound=Shape, covariant=True)
_MAIN_ONLY = FileShape.model_fields.keys() - IncludedShape.model_fields.keys()


@dataclass(frozen=True, slots=True)
class Item(Generic[S_co]):
    """One table, and where it stands."""

    shape: S_co  # Its content
    source: SourceFile
    path: KeyPath  # Under which path

    def add_problem(self, message: str, *keys: str | int, hint: str = "") -> None:
        self.source.add_problem((*self.path, *keys), message, hint)

    def is_invalid(self, key: str) -> bool:
        """Return whether one of its keys has an unusable value, which was reported already."""
        return (*self.path, key) in self.source.invalid


@dataclass(slots=True)
class MergedConfig:
    """All files together; what could not be read is left out."""

    main: FileShape
    sources: list[SourceFile]  # All files, the main one first
    patterns: tuple[str, ...] = ()  # Absolute patterns of what is included
    endpoints: list[Item[EndpointShape]] = field(default_factory=list)
    groups: dict[str, Item[GroupShape]] = field(default_factory=dict)  # By name
    notifiers: list[Item[ChannelShape]] = field(default_factory=list)
    routes: list[Item[RouteShape]] = field(default_factory=list)
    maintenance: list[Item[MaintenanceShape]] = field(default_factory=list)
    tokens: list[Item[TokenShape]] = field(default_factory=list)
    discovered: set[str] = field(default_factory=set)  # Ids of endpoints out of target files

    @property
    def defaults(self) -> Item[CheckDefaults]:
        return Item(self.main.defaults, self.sources[0], ("defaults",))

    @property
    def probe_modules(self) -> dict[str, Item[ProbeModuleShape]]:
        return {
            name: Item(shape, self.sources[0], ("probe_module", name))
            for name, shape in self.main.probe_module.items()
        }

    def ids(self) -> set[str]:
        """Return the ids of all endpoints, also of those that are wrong."""
        named = {endpoint_id(name, url) for name, url in self.named("endpoint")}
        return named | self.discovered

    def named(self, section: str) -> Iterator[tuple[str, str]]:
        """Yield name and URL of all items of a section, also of those that are wrong."""
        for source in self.sources:
            items = source.data.get(section)
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict):
                    yield str(item.get("name", "")), str(item.get("url", ""))


def merge_files(file: Path, environ: Mapping[str, str]) -> MergedConfig:
    """Return a configuration's files put together; problems are in its sources."""
    source = read_source(file, environ)
    shape, kept = validate_file(source, FileShape, ())
    into = MergedConfig(shape, [source])
    _add_items(into, source, shape, kept)
    patterns = []
    for index, pattern in enumerate(shape.include):
        patterns.append(str(file.parent.absolute() / pattern))
        _include(into, source, (index, pattern), environ)
    for index, table in zip(kept.get("discovery", ()), shape.discovery, strict=True):
        patterns += [str(file.parent.absolute() / pattern) for pattern in table.files]
        for found in discovered_endpoints(source, index, table):
            into.endpoints.append(Item(found, source, ("discovery", index)))
            into.discovered.add(found.id)
    into.patterns = tuple(patterns)
    return into


def _include(
    into: MergedConfig, main: SourceFile, named: tuple[int, str], environ: Mapping[str, str]
) -> None:
    known = {source.file.resolve() for source in into.sources}
    index, pattern = named
    inside = None if into.main.include_outside else main.file.parent.resolve()
    if inside is not None and not _begins_below(inside, pattern):
        main.add_problem(("include", index), _OUTSIDE.format(pattern))
        return
    files = included_files(main.file.parent, pattern)
    if not files and not _PATTERN_SIGNS & set(pattern):
        main.add_problem(("include", index), f"file {pattern!r} does not exist")
    for file in files:
        real = file.resolve()
        if inside is not None and not real.is_relative_to(inside):
            main.add_problem(("include", index), _OUTSIDE.format(str(file)))
        elif real not in known:
            known.add(real)
            source = read_source(file, environ)
            into.sources.append(source)
            _add_items(into, source, *validate_file(source, IncludedShape, _MAIN_ONLY))


_PATTERN_SIGNS = frozenset("*?[")
_OUTSIDE = (
    "file {!r} is not below the folder of this configuration: "
    "move it there, or set include_outside = true"
)


def _begins_below(folder: Path, pattern: str) -> bool:
    """Return whether what a pattern begins with, up to its first sign, is in a folder."""
    parts = Path(pattern).parts
    plain = tuple(takewhile(_PATTERN_SIGNS.isdisjoint, parts))
    try:
        begins = Path(os.path.realpath(folder.joinpath(*plain)))  # takes links in a circle
    except ValueError:
        return True  # no file has such a name
    return begins.is_relative_to(folder) and ".." not in parts[len(plain) :]


def _add_items(
    into: MergedConfig, source: SourceFile, shape: IncludedShape, kept: Mapping[str, list[int]]
) -> None:
    lists: dict[str, list[Any]] = {
        "endpoint": into.endpoints,
        "notifier": into.notifiers,
        "route": into.routes,
        "maintenance": into.maintenance,
        "token": into.tokens,
    }
    for key, items in lists.items():
        for index, table in zip(kept.get(key, ()), getattr(shape, key), strict=True):
            items.append(Item(table, source, (key, index)))
    for name, group in shape.group.items():
        item = Item(group, source, ("group", name))
        if name in into.groups:
            item.add_problem(f"group {name!r} is also defined in {into.groups[name].source.file}")
        into.groups.setdefault(name, item)


_TABLES = ("labels", "headers")  # Tables to which an inner one adds


def effective_endpoint(whole: MergedConfig, item: Item[EndpointShape]) -> EndpointShape:
    """Return an endpoint with what was written of it, in its group and in the defaults."""
    group = whole.groups.get(item.shape.group)
    into: dict[str, Any] = {}
    for settings in (whole.main.defaults, group.shape if group else None, item.shape):
        if settings is not None:
            _override(into, settings)
    return EndpointShape.model_construct(_fields_set=set(into), **into)


def _override(into: dict[str, Any], settings: CheckDefaults) -> None:
    given = settings.given()
    if "retries" in given:
        given["threshold"] = given.pop("retries") + 1
    for key in _TABLES:
        if key in given:
            given[key] = {**into.get(key, {}), **given[key]}
    if "expect" in given:
        given["expect"] = _merged_expect(into.get("expect"), given["expect"])
    into.update(given)


def _merged_expect(outer: ExpectShape | None, inner: ExpectShape) -> ExpectShape:
    if outer is None:
        return inner
    given = {**outer.given(), **inner.given()}
    return ExpectShape.model_construct(_fields_set=set(given), **given)
