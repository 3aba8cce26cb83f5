"""The hub, as its agent asks it: signed requests, over connections that are kept."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from requests import RequestException

from ringback.client.requests.session import Session
from ringback.failure.target import url_to_show, without_secrets
from ringback.monitor.agent.identity import AgentIdentity
from ringback.monitor.fleet.protocol import POLL_SECONDS
from ringback.monitor.fleet.redirect import MAX_REDIRECTS, lead_url
from ringback.monitor.fleet.signature import new_key, private_key, private_text, public_text
from ringback.monitor.fleet.signature import signed_fields as _signed_fields
from ringback.monitor.web.settings import digest_of, is_loopback_host
from ringback.retry import Policy, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TIMEOUT: Final = 10.0  # Seconds for a request
_CONNECT_TIMEOUT: Final = 5.0
_MAX_RESPONSE_BYTES: Final = 256 * 1024 * 1024


class HubProblem(Exception):  # noqa: N818 - named for what is wrong
    """Raised where the hub was not reached, or refuses; ``reason`` is the hub's word for it."""

    def __init__(self, detail: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(detail)
        self.status, self.reason = status, reason


class _ElsewhereError(Exception):
    """Raised where a hub stands by."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class HubURLInvalid(ValueError):  # noqa: N818 - named for what is wrong
    """Raised for a URL that is not used; the text is one line."""


def checked_urls(urls: str, *, insecure: bool) -> str:
    """Return the URLs of hubs, with a comma between two; raises ``HubURLInvalid``."""
    return ",".join(checked_url(url, insecure=insecure) for url in urls.split(","))


def checked_url(url: str, *, insecure: bool) -> str:
    """Return the URL of a hub without a slash at its end; raises ``HubURLInvalid``."""
    url = url.rstrip("/")
    try:
        parts = urlsplit(url)
        known = bool(parts.hostname) and parts.port != 0 and not (parts.query or parts.fragment)
    except ValueError:
        known = False
    if not known or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise HubURLInvalid(f"{url_to_show(url)!r} is not a hub, such as https://hub:8480")
    if parts.scheme == "http" and not (insecure or is_loopback_host(parts.hostname or "")):
        raise HubURLInvalid(
            f"{url} would send what is watched in the clear: use https://, or say --insecure-http "
            "(then endpoints with credentials are left out)"
        )
    return url


class HubClient:
    """One kept connection to the hub; to be used by one thread at a time.

    A hub may be several, which share a store: their URLs, with a comma between two. The one that
    leads is asked.
    """

    def __init__(self, url: str, *, ca: Path | None = None, seconds: float = _TIMEOUT) -> None:
        self._hubs = url.split(",")  # In the order in which they are asked
        self._url = self._hubs[0]
        policy = Policy(
            attempts=1,  # the spool is sent again
            timeout=Timeout(connect=_CONNECT_TIMEOUT, read=seconds),
            deadline=seconds,
            budget=None,
            breaker=None,
        )
        self._session = Session(policy=policy, sinks=(), trust=ca)

    @classmethod
    def for_plan(cls, url: str, ca: Path | None) -> HubClient:
        return cls(url, ca=ca, seconds=POLL_SECONDS + _TIMEOUT)

    def enrol(self, token: str) -> AgentIdentity:
        """Come with a token; return who this agent is from now on."""
        key = new_key()
        body = json.dumps({"token": token, "key": public_text(key)}).encode()
        found = self._ask("POST", "/agent/enrol", body, dict)
        return AgentIdentity(
            id=found["id"],
            name=found["name"],
            domain=found["domain"],
            hub=",".join(self._hubs),
            key=private_text(key),
            token=digest_of(token),
        )

    def report(
        self, identity: AgentIdentity, document: Mapping[str, Any], bodies: list[str]
    ) -> Any:
        """Send results, of which the texts are known; return what the hub answers."""
        text = json.dumps(document)[:-1] + f', "results": [{",".join(bodies)}]}}'
        body = gzip.compress(text.encode(), 5, mtime=0)
        fields = {"Content-Encoding": "gzip"}
        return self._signed(identity, "POST", "/agent/results", body, fields)

    def plan(self, identity: AgentIdentity, since: str, *, wait: float, secure: bool) -> Any:
        """Return the plan; ``since``: the revision that is known."""
        query = urlencode({"since": since, "wait": f"{wait:g}", "secure": str(secure).lower()})
        return self._signed(identity, "GET", f"/agent/plan?{query}", b"", {})

    def _signed(
        self,
        identity: AgentIdentity,
        method: str,
        path: str,
        body: bytes,
        fields: Mapping[str, str],
    ) -> Any:
        key = private_key(identity.key)

        def sign() -> Mapping[str, str]:
            target = f"{urlsplit(self._url).path}/api/v1{path}"
            signed = _signed_fields(
                method, target, body, key=key, key_id=identity.id, now=time.time()
            )
            return {**signed, **fields}

        return self._ask(method, path, body, sign)

    def _ask(
        self, method: str, path: str, body: bytes, fields: Callable[[], Mapping[str, str]]
    ) -> Any:
        """Ask the hub that leads; where one stands by it says which that is."""
        problem = HubProblem(f"{self._url}: nobody leads")
        for _ in range(len(self._hubs) + MAX_REDIRECTS):
            try:
                return self._ask_one(method, path, body, fields())
            except _ElsewhereError as said:
                problem = HubProblem(f"{self._url}: it stands by for another hub", status=503)
                if (url := lead_url(self._url, said.location, f"/api/v1{path}")) is not None:
                    self._url = url
                    continue
            except HubProblem as problem_:
                problem = problem_
                if problem.status not in {0, 502, 503, 504}:
                    raise
            if not self._goes_on():
                break
        raise problem

    def _goes_on(self) -> bool:
        """Ask the next hub; return whether there is one that is to be asked at once."""
        known = self._hubs.index(self._url) + 1 if self._url in self._hubs else 0
        self._url = self._hubs[known % len(self._hubs)]
        return known < len(self._hubs) and len(self._hubs) > 1

    def _ask_one(self, method: str, path: str, body: bytes, fields: Mapping[str, str]) -> Any:
        try:
            response = self._session.request(
                method,
                f"{self._url}/api/v1{path}",
                data=body or None,
                headers={"Content-Type": "application/json", "User-Agent": "ringback", **fields},
                allow_redirects=False,
            )
        except (RequestException, OSError) as error:
            failure = getattr(error, "failure", None)
            said = f"{failure.kind}: {failure.message}" if failure else str(error)
            raise HubProblem(f"{self._url} is not reached: {without_secrets(said)[:200]}") from None
        if response.status_code == 307:
            raise _ElsewhereError(response.headers.get("Location", ""))
        try:
            found = response.json()
        except (ValueError, RecursionError):
            found = None
        if response.status_code < 300 and isinstance(found, dict):
            return found
        raise self._refused(response.status_code, found if isinstance(found, dict) else {})

    def _refused(self, status: int, problem: Mapping[str, Any]) -> HubProblem:
        reason = str(problem.get("reason", ""))[:40]
        detail = str(problem.get("detail") or f"it answered {status}")[:300]
        detail = detail if detail.isprintable() else repr(detail)
        if not problem:
            detail = f"it answered {status}, and not as a hub does"
        return HubProblem(f"{self._url}: {detail}", status=status, reason=reason)

    def close(self) -> None:
        self._session.close()


def renamed(identity: AgentIdentity, url: str) -> AgentIdentity:
    """Return who an agent is for the same hub at another URL."""
    return replace(identity, hub=url)
