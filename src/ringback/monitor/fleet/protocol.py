"""What an agent and its hub send each other, as JSON, with the bounds of each value.

Members that are not known are left alone on both sides: an agent of another minor version works.
"""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic's own: Python 3.11 has less of it

from ringback.failure import KINDS
from ringback.failure.target import without_secrets
from ringback.incident.model import CertificateSeen, Check
from ringback.monitor.model import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_RESULTS: Final = 1000  # Results of one request
MAX_CONTROLS: Final = 64
MAX_SENT_BYTES: Final = 1024 * 1024  # Bytes of a request as it is sent
MAX_CONTENT_BYTES: Final = 4 * 1024 * 1024  # Bytes of it when it is decompressed
MAX_SEQUENCE: Final = 2**53 - 1
POLL_SECONDS: Final = 25.0  # Seconds that a request for the plan may wait
SEND_SECONDS: Final = 5.0  # Seconds after which an agent reports at the latest

_MAX_TIME = 253_402_300_799.0  # The end of the year 9999, in seconds since 1970 UTC

Time = Annotated[float, Field(ge=0, le=_MAX_TIME, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=MAX_SEQUENCE)]
Text = Annotated[str, Field(max_length=200)]
Id = Annotated[str, Field(min_length=1, max_length=200)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Domain = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:-]{0,99}$")]


class CertificateSent(TypedDict):
    """The certificate that a check saw."""

    not_after: Time
    issuer: Text
    key: Annotated[str, Field(max_length=64)]
    whose: NotRequired[Text]


class Result(TypedDict):
    """One check; what is left out is not known. ``n`` is its number in the agent's spool."""

    n: Count
    at: Time
    endpoint: Id
    up: bool | None
    kind: NotRequired[Text]
    seconds: NotRequired[Seconds]
    timings: NotRequired[Annotated[dict[Text, Seconds], Field(max_length=12)]]
    status: NotRequired[Annotated[int, Field(ge=100, le=999)]]
    address: NotRequired[Text]
    certificate: NotRequired[CertificateSent]
    other_certificate: NotRequired[CertificateSent]
    detail: NotRequired[Text]


class Sick(TypedDict):
    """Why what an agent sees has to be discarded."""

    evidence: Annotated[list[Text], Field(max_length=3)]
    advice: Annotated[list[Text], Field(max_length=2)]


class AgentHealth(TypedDict):
    """How an agent is: ``waiting`` results are not sent yet, ``dropped`` ones never will be."""

    version: Annotated[str, Field(max_length=40)]
    endpoints: Count
    checks: Count
    waiting: Count
    dropped: Count
    set_aside: Count
    lag: Seconds
    skipped: Count
    doubted: Annotated[dict[Text, Count], Field(max_length=16)]
    sick: NotRequired[Sick]


class AgentDiagnosis(TypedDict):
    """What ``ringback diagnose --json`` says at the agent of an endpoint of an incident."""

    incident: Id
    report: dict[str, Any]


class Results(TypedDict):
    """What an agent found: its results with numbers in ``from`` … ``to``, all that there are."""

    __pydantic_config__ = ConfigDict(extra="ignore")  # type: ignore[misc]  # pydantic reads it

    agent: Id
    spool: Annotated[str, Field(pattern=r"^[a-f0-9]{16,64}$")]
    sent_at: Time
    first: Annotated[int, Field(ge=0, le=MAX_SEQUENCE, alias="from")]
    to: Count
    results: Annotated[list[Result], Field(max_length=MAX_RESULTS)]
    health: NotRequired[AgentHealth]
    control: NotRequired[Annotated[list[Result], Field(max_length=MAX_CONTROLS)]]
    diagnoses: NotRequired[Annotated[list[AgentDiagnosis], Field(max_length=4)]]


class Diagnose(TypedDict):
    """That an agent is to diagnose an endpoint of an incident."""

    incident: str
    endpoint: str


class Commands(TypedDict):
    """What an agent is to do now: check endpoints and controls, diagnose endpoints."""

    look_now: list[str]
    diagnose: list[Diagnose]


class Acknowledged(Commands):
    """That all up to and with ``ack`` is kept; ``repeated`` results had been before."""

    ack: int
    repeated: int
    plan_revision: str


class Planned(TypedDict):
    """What an agent checks. ``secret``: there are credentials in it."""

    endpoint: dict[str, Any]
    secret: bool


class Plan(TypedDict):
    """What is to be checked, and when: ``turn`` is where in each interval, from 0 to 1.

    ``files`` has the content of the certificates that endpoints name, ``omitted`` the ids of
    endpoints whose credentials are not sent over a connection without TLS.
    """

    vantage: str
    domain: str
    turn: float
    endpoints: list[Planned]
    controls: list[Planned]
    files: dict[str, str]
    omitted: list[str]


class PlanAnswer(Commands):
    """The plan, or null where it is the one that was asked with; ``revision`` names it."""

    revision: str
    plan: Plan | None


RESULTS: Final = TypeAdapter(Results)
ENDPOINT: Final = TypeAdapter(Endpoint)


def result_record(check: Check, number: int = 0) -> dict[str, Any]:
    """Return a check as it is sent."""
    members: dict[str, Any] = {
        "n": number,
        "at": check.at,
        "endpoint": check.endpoint,
        "kind": check.kind,
        "seconds": check.seconds,
        "timings": dict(check.timings) or None,
        "status": check.status,
        "address": check.address and check.address[:200],
        "certificate": _certificate_record(check.certificate),
        "other_certificate": _certificate_record(check.other_certificate),
        "detail": without_secrets(check.detail)[:200] or None,
    }
    return {"up": check.up, **{name: value for name, value in members.items() if value is not None}}


def _certificate_record(seen: CertificateSeen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    whose = {"whose": seen.whose[:200]} if seen.whose else {}
    key = seen.key[:64]
    return {"not_after": seen.not_after, "issuer": seen.issuer[:200], "key": key, **whose}


def check_of_result(
    result: Result, *, at: float, vantage: str, domain: str, before: Check | None = None
) -> Check:
    """Return what was sent as a check of its place; an unknown kind is of a later version.

    What is as in the check ``before`` of the endpoint is the same object: it is in memory once.
    """
    kind = result.get("kind")
    timings, address = result.get("timings", {}), result.get("address")
    if not "".join(timings).isprintable():
        timings = {line(name): seconds for name, seconds in timings.items()}
    if before is not None and address == before.address:
        address = before.address
    elif address:
        address = line(address) or None
    detail = result.get("detail")
    return Check(
        at=at,
        endpoint=result["endpoint"] if before is None else before.endpoint,
        up=result["up"],
        kind=(KINDS.get(kind) or KINDS["unknown"]).name if kind and not result["up"] else None,
        seconds=result.get("seconds"),
        timings=timings,
        vantage=vantage,
        domain=domain,
        status=result.get("status"),
        address=address or None,
        certificate=_certificate(result.get("certificate"), before.certificate if before else None),
        other_certificate=_certificate(
            result.get("other_certificate"), before.other_certificate if before else None
        ),
        detail=without_secrets(line(detail)) if detail else "",
    )


def _certificate(
    sent: CertificateSent | None, known: CertificateSeen | None
) -> CertificateSeen | None:
    if sent is None:
        return None
    seen = CertificateSeen(
        not_after=sent["not_after"],
        issuer=line(sent["issuer"]),
        key=line(sent["key"]),
        whose=line(sent.get("whose", "")),
    )
    return known if known == seen else seen


def line(text: str) -> str:
    """Return a text of somebody else in one line, without control characters."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def planned(endpoint: Endpoint, files: Mapping[str, str]) -> bytes:
    """Return an endpoint as it is sent: ``Planned`` in JSON.

    The files that it names are sent beside it by a name.
    """
    own = endpoint.options.get("client_certificate")
    options = {**endpoint.options, **({"client_certificate": files[own]} if own else {})}
    ca = files[endpoint.ca] if endpoint.ca else ""
    dumped = ENDPOINT.dump_json(replace(endpoint, ca=ca, options=options))
    return b'{"endpoint":%b,"secret":%b}' % (dumped, b"true" if has_secret(endpoint) else b"false")


def has_secret(endpoint: Endpoint) -> bool:
    return bool(
        endpoint.headers
        or "@" in endpoint.url
        or "?" in endpoint.url
        or endpoint.options.keys() & {"client_certificate", "body", "proxy"}
        or endpoint.expectations.send
    )


def endpoint_of_plan(item: Mapping[str, Any], paths: Mapping[str, str]) -> Endpoint:
    """Return an endpoint of a plan; ``paths``: where the files of the plan are here."""
    endpoint = ENDPOINT.validate_python(item["endpoint"])
    options = dict(endpoint.options)
    if own := options.get("client_certificate"):
        options["client_certificate"] = paths[own]
    return replace(endpoint, ca=paths[endpoint.ca] if endpoint.ca else "", options=options)


class ContentTooLarge(Exception):  # noqa: N818 - named for what is wrong
    """Raised for a content that is longer than it may be once it is decompressed."""


def decompressed(content: bytes) -> bytes:
    """Return a content that was sent with gzip; raises ``ContentTooLarge``, ``ValueError``."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as opened:
            found = opened.read(MAX_CONTENT_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise ValueError("the content is not gzip") from None
    if len(found) > MAX_CONTENT_BYTES:
        raise ContentTooLarge
    return found
