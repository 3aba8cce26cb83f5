"""Every importer (a new one is a line here and a file), and what of a draft can be watched."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ringback.monitor.config.address import AddressError, nameserver_of, probe_address_of
from ringback.monitor.config.checks import SILENT_UDP, missing_port, unsupported_keys
from ringback.monitor.config.models import DefaultsShape, EndpointShape, ProbeModuleShape
from ringback.monitor.config.naming import endpoint_id
from ringback.monitor.config.validation import requirement_of
from ringback.monitor.config.values import duration_of, statuses_of
from ringback.monitor.importing import blackbox, gatus, icinga, kuma, nagios, upptime, urls
from ringback.monitor.importing.draft import (
    Draft,
    ImportedFile,
    ImportRefused,
    Table,
    WithVariables,
    combined,
    pruned,
    status_ranges,
)
from ringback.monitor.model import REDIRECTS, ProbeType


def usable_endpoints(draft: Draft, text: ImportedFile) -> list[Table]:
    """Return the endpoints of a draft that can be watched, each with an id of its own."""
    found: dict[str, Table] = {}
    last: dict[str, int] = {}
    try:
        DefaultsShape.model_validate(draft.defaults)
    except ValidationError as error:
        draft.note(text, 0, f"defaults are skipped: {_reason(error)}")
        draft.defaults = {}
    for endpoint in draft.endpoints:
        name = str(endpoint.get("name") or endpoint.get("url"))
        try:
            kind = _probe_of(endpoint)
        except ValueError as error:
            shown = re.sub("://.*@", "://", name)  # a name may be a URL, however malformed
            draft.note(text, 0, f"{shown}: skipped: {_reason(error)}")
        else:
            kept = _renamed(_fitting(endpoint, kind, draft.defaults), found, last)
            draft.hide_secrets(kept, str(kept.get("name") or kept.get("url")))
            found[_id(kept)] = kept
    return list(found.values())


def usable_modules(draft: Draft, text: ImportedFile) -> dict[str, Table]:
    """Return the modules of ``/probe`` that can be used, without what their probes do not know."""
    found = {}
    for name, table in draft.modules.items():
        kept = pruned(_known_only(_followed(table), table["type"]))
        try:
            ProbeModuleShape.model_validate(kept)
        except ValidationError as error:
            draft.note(text, 0, f"module {name}: skipped: {_reason(error)}")
        else:
            draft.hide_secrets(kept, name)
            found[name] = kept
    return found


def _reason(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return " ".join((".".join(map(str, first["loc"])), requirement_of(first)))
    return f"url {error}" if isinstance(error, AddressError) else str(error)


def _probe_of(endpoint: Table) -> ProbeType | None:
    """Which probe it is; ``None``: its URL is in the environment."""
    shape = EndpointShape.model_validate(endpoint)
    if shape.type == "heartbeat":
        if not shape.name:
            raise AddressError("is none, and there is no name")
        return "heartbeat"
    if isinstance(endpoint.get("url"), WithVariables):
        return None
    nameserver_of(shape.nameserver)
    kind = probe_address_of(shape.url, shape.type).type
    if kind == "tls" and (lacking := missing_port(shape)):
        raise ValueError(lacking)
    if kind == "udp" and not shape.send:
        raise ValueError(SILENT_UDP)
    expected = endpoint.get("expect", {})
    lost = [key for key in unsupported_keys(kind, endpoint) if expected.get(_inner(key))]
    if lost:
        raise ValueError(f"{kind} has no {lost[0]}; without it the check would see less")
    return kind


def _inner(key: str) -> str:
    """Of a dotted key of ``expect`` the last word; ``""``: it is none of these."""
    outer, _, inner = key.rpartition(".")
    return inner if outer == "expect" else ""


def _fitting(endpoint: Table, kind: ProbeType | None, defaults: Table) -> Table:
    """The endpoint without what its probe does not know, and in time for the next check."""
    kept = _known_only(_followed(endpoint), kind)
    every = kept.get("every", defaults.get("every", 30))
    if "timeout" in kept and duration_of(kept["timeout"]) > duration_of(every):
        kept["timeout"] = every
    return pruned(kept)


def _followed(table: Table) -> Table:
    """Where redirects are followed, their statuses are left out: the target's is what is judged."""
    expect = table.get("expect", {})
    if table.get("redirects") is False or not expect.get("status"):
        return table
    try:
        ranges = statuses_of(expect["status"])
    except ValueError:
        return table
    accepted = {status for low, high in ranges for status in range(low, high + 1)}
    if accepted.isdisjoint(REDIRECTS) or not accepted - REDIRECTS:
        return table
    return {**table, "expect": {**expect, "status": status_ranges(sorted(accepted - REDIRECTS))}}


def _known_only(table: Table, kind: ProbeType | None) -> Table:
    kept = {**table, "expect": dict(table.get("expect", {}))}
    for key in unsupported_keys(kind, kept) if kind else ():
        outer, _, inner = key.rpartition(".")
        (kept[outer] if outer else kept).pop(inner)
    return kept


def _renamed(endpoint: Table, found: dict[str, Table], last: dict[str, int]) -> Table:
    """The endpoint with a name that gives an id that none has yet.

    In ``last`` stands the number that a name was last given: thousands may have the same name.
    """
    name = str(endpoint.get("name") or endpoint.get("url"))
    if _id(endpoint) in found and "group" in endpoint:
        name = f"{endpoint['group']} {name}"
        endpoint = {**endpoint, "name": name}
    wanted = _id(endpoint)
    number = last.get(wanted, 1)
    while _id(endpoint) in found:
        number += 1
        endpoint = {**endpoint, "name": f"{name} {number}"}
    last[wanted] = number
    return endpoint


def _id(endpoint: Table) -> str:
    return endpoint_id(str(endpoint.get("name", "")), str(endpoint.get("url", "")))


@dataclass(frozen=True, slots=True)
class Importer:
    """One tool whose configuration can be read."""

    summary: str  # Which tool, and which of its files
    recognises: Callable[[ImportedFile], bool]  # Whether a file is its
    # Adds what files say to a draft; raises `ImportRefused` for one that cannot be read
    convert: Callable[[Iterable[ImportedFile], Draft], None]


IMPORTERS = {
    "prometheus": Importer(
        "blackbox_exporter's blackbox.yml and prometheus.yml with its targets",
        blackbox.is_prometheus,
        blackbox.convert_prometheus,
    ),
    "gatus": Importer("Gatus' config.yaml", gatus.is_gatus, gatus.convert_gatus),
    "upptime": Importer("Upptime's .upptimerc.yml", upptime.is_upptime, upptime.convert_upptime),
    "uptime-kuma": Importer(
        "Uptime Kuma's kuma.db or backup (JSON)", kuma.is_uptime_kuma, kuma.convert_uptime_kuma
    ),
    "nagios": Importer("Nagios' object files", nagios.is_nagios, nagios.convert_nagios),
    "icinga": Importer("Icinga 2's hosts and services", icinga.is_icinga, icinga.convert_icinga),
    "urls": Importer("a list of URLs, one a line", urls.is_url_list, urls.convert_urls),
}
"""In the order in which they are asked; the least particular comes last."""


def convert(texts: Sequence[ImportedFile], kind: str | None = None) -> Draft:
    """Return other tools' configurations as one draft; what cannot be watched is noted only.

    A file of no known type is noted as well, as long as another's is known.
    """
    by_kind: dict[str, list[ImportedFile]] = {}
    unknown: list[tuple[ImportedFile, ImportRefused]] = []
    for text in texts:
        try:
            by_kind.setdefault(kind or importer_for(text), []).append(text)
        except ImportRefused as error:
            unknown.append((text, error))
    if unknown and not by_kind:
        raise unknown[0][1]
    parts = [_part(name, own) for name, own in by_kind.items()]
    draft = parts[0] if len(parts) == 1 else combined(parts)
    for text, _ in unknown:
        draft.note(text, 0, "skipped: it is not clear which tool it belongs to; use --from")
    draft.endpoints = usable_endpoints(draft, texts[0])
    draft.modules = usable_modules(draft, texts[0])
    _drop_unknown_names(draft)
    draft.notes.sort()
    return draft


def _part(kind: str, texts: Sequence[ImportedFile]) -> Draft:
    draft = Draft()
    IMPORTERS[kind].convert(texts, draft)
    return draft


def importer_for(text: ImportedFile) -> str:
    for name, importer in IMPORTERS.items():
        if importer.recognises(text):
            return name
    raise ImportRefused(
        f"it is not clear which tool {text.file} belongs to; use --from {', '.join(IMPORTERS)}"
    )


def _drop_unknown_names(draft: Draft) -> None:
    """Leave out names of endpoints that were left out themselves."""
    ids = set(map(_id, draft.endpoints))
    for tables, key in ((draft.endpoints, "parents"), (draft.routes, "endpoints")):
        for table in tables:
            known = [name for name in table.pop(key, ()) if endpoint_id(name, "") in ids]
            if known:
                table[key] = known
    draft.routes = [route for route in draft.routes if "endpoints" in route]
