"""What can be watched of what was imported: the rest is left out, with a note."""

from pydantic import ValidationError

from ringback.monitor.config.address import AddressError, address_of, nameserver_of
from ringback.monitor.config.complaint import said_of
from ringback.monitor.config.identity import id_of
from ringback.monitor.config.relation.endpoint import lacking_port, not_for
from ringback.monitor.config.shape.endpoint import DefaultsShape, EndpointShape
from ringback.monitor.config.shape.value import seconds_of
from ringback.monitor.importing.draft import Draft, Table, Text, WithVariables, pruned
from ringback.monitor.model import ProbeType


def usable(draft: Draft, text: Text) -> list[Table]:
    """Return the endpoints of a draft that can be watched, each with an id of its own.

    Args:
        draft: The draft; what is left out is noted there.
        text: The file that the notes name.
    """
    found: dict[str, Table] = {}
    last: dict[str, int] = {}
    try:
        DefaultsShape.model_validate(draft.defaults)
    except ValidationError as error:
        draft.note(text, 0, f"defaults are left out: {_said(error)}")
        draft.defaults = {}
    for endpoint in draft.endpoints:
        name = str(endpoint.get("name") or endpoint.get("url"))
        try:
            kind = _kind(endpoint)
        except ValueError as error:
            draft.note(text, 0, f"{name}: left out: {_said(error)}")
        else:
            kept = _renamed(_fitting(endpoint, kind, draft.defaults), found, last)
            found[_id(kept)] = kept
    return list(found.values())


def _said(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return " ".join((".".join(map(str, first["loc"])), said_of(first)))
    return f"url {error}" if isinstance(error, AddressError) else str(error)


def _kind(endpoint: Table) -> ProbeType | None:
    """Which probe it is; ``None``: its URL is in the environment."""
    shape = EndpointShape.model_validate(endpoint)
    if shape.type == "heartbeat":
        if not shape.name:
            raise AddressError("is none, and there is no name")
        return "heartbeat"
    if isinstance(endpoint.get("url"), WithVariables):
        return None
    nameserver_of(shape.nameserver)
    kind = address_of(shape.url, shape.type).type
    if kind == "tls" and (lacking := lacking_port(shape)):
        raise ValueError(lacking)
    return kind


def _fitting(endpoint: Table, kind: ProbeType | None, defaults: Table) -> Table:
    """The endpoint without what its probe does not know, and in time for the next check."""
    kept = {**endpoint, "expect": dict(endpoint.get("expect", {}))}
    for key in not_for(kind, kept) if kind else ():
        table, _, inner = key.rpartition(".")
        (kept[table] if table else kept).pop(inner)
    every = kept.get("every", defaults.get("every", 30))
    if "timeout" in kept and seconds_of(kept["timeout"]) > seconds_of(every):
        kept["timeout"] = every
    return pruned(kept)


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
    return id_of(str(endpoint.get("name", "")), str(endpoint.get("url", "")))
