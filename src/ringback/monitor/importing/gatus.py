"""Gatus' configuration, with its conditions (``[STATUS] == 200``)."""

import json
import re
from collections.abc import Callable, Iterable

from ringback.monitor.config.yaml_text import (
    YAMLText,
    as_list,
    as_table,
    indexed_tables,
    without_nested,
)
from ringback.monitor.importing.draft import (
    Draft,
    ImportedFile,
    Table,
    pruned,
    status_ranges,
    with_variables,
    yaml_of,
)

_CONDITION = re.compile(r"\s*(\S+)\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*")
_ANY = re.compile(r"any\((.*)\)")
_PATTERN = re.compile(r"pat\((.*)\)")
_HOURS = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|d)?")
_IN_HOURS = {"h": 1.0, "d": 24.0, "m": 1 / 60, "s": 1 / 3600}
_STATUS = re.compile("[0-9]{1,3}")
_EXISTS = re.compile(r"\s*has\(\[BODY\]\.(\S+)\)\s*==\s*true\s*")
_PLACEHOLDER = re.compile(r"(?:^|\|\||&&|\()\s*\[[A-Z_]+\]")
"""What is no text: another side to compare with, or several conditions in one."""
_STATUSES = range(100, 600)
_ALWAYS_CHECKED = frozenset({("[CONNECTED]", "==", "true"), ("[DNS_RCODE]", "==", "NOERROR")})


class GatusConditions:
    """What the conditions of one endpoint expect, as ``expect`` has it."""

    def __init__(self, *, is_dns: bool) -> None:
        self.is_dns = is_dns
        self.expect: Table = {}
        self.statuses = list(_STATUSES)  # Those that all conditions so far accept

    def take(self, condition: str) -> bool:
        """Add a condition; return whether that is possible."""
        match = _CONDITION.fullmatch(condition)
        if match is None:
            return False
        left, operator, right = match.groups()
        if _PLACEHOLDER.search(right):
            return False
        if (left, operator, right) in _ALWAYS_CHECKED:
            return True
        for name, taking in self._takers().items():
            if left == name or (name == "[BODY]." and left.startswith(name)):
                return taking(left, operator, right)
        return False

    def implies(self, condition: str) -> bool:
        """Return whether a place exists if all that was taken is met."""
        match = _EXISTS.fullmatch(condition)
        places = (f"{path}." for path in self.expect.get("json", {}))
        return match is not None and any(place.startswith(f"{match[1]}.") for place in places)

    def _takers(self) -> dict[str, Callable[[str, str, str], bool]]:
        return {
            "[STATUS]": self._status,
            "[RESPONSE_TIME]": self._latency,
            "[CERTIFICATE_EXPIRATION]": self._certificate,
            "[BODY]": self._body,
            "[BODY].": self._json,
        }

    def _status(self, _left: str, operator: str, right: str) -> bool:
        several = _ANY.fullmatch(right)
        words = re.split(r"\s*,\s*", several[1] if several else right)
        if (several and operator != "==") or not all(_STATUS.fullmatch(word) for word in words):
            return False
        numbers = [int(word) for word in words]
        meets: dict[str, Callable[[int], bool]] = {
            "==": lambda status: status in numbers,
            "!=": lambda status: status != numbers[0],
            "<": lambda status: status < numbers[0],
            "<=": lambda status: status <= numbers[0],
            ">": lambda status: status > numbers[0],
            ">=": lambda status: status >= numbers[0],
        }
        left = [status for status in self.statuses if meets[operator](status)]
        if not left:
            return False
        self.statuses = left
        self.expect["status"] = status_ranges(left)
        return True

    def _latency(self, _left: str, operator: str, right: str) -> bool:
        if operator not in {"<", "<="} or not re.fullmatch("[0-9]{1,9}", right):
            return False
        before = str(self.expect.get("latency", f"{right}ms")).removesuffix("ms")
        self.expect["latency"] = f"{min(int(before), int(right))}ms"
        return True

    def _certificate(self, _left: str, operator: str, right: str) -> bool:
        match = _HOURS.fullmatch(right)
        if operator not in {">", ">="} or match is None:
            return False
        days = float(match[1]) * _IN_HOURS[match[2] or "s"] / 24
        days = max(days, float(self.expect.get("certificate_days", 0)))
        self.expect["certificate_days"] = int(days) if days.is_integer() else round(days, 3)
        return True

    def _body(self, _left: str, operator: str, right: str) -> bool:
        pattern = _PATTERN.fullmatch(right)
        if operator != "==" or _ANY.fullmatch(right) or (self.is_dns and pattern):
            return False
        if pattern is None:
            key, word = ("answers", right) if self.is_dns else ("matches", _whole(re.escape(right)))
        else:
            pieces = pattern[1].split("*")
            within = len(pieces) == 3 and not pieces[0] and not pieces[2]
            whole = _whole(".*".join(map(re.escape, pieces)))
            key, word = ("contains", pieces[1]) if within else ("matches", whole)
        self.expect.setdefault(key, []).append(word)
        return True

    def _json(self, left: str, operator: str, right: str) -> bool:
        if operator != "==" or _ANY.fullmatch(right) or _PATTERN.fullmatch(right):
            return False
        wanted = with_variables(right)
        found = self.expect.setdefault("json", {}).setdefault(left.removeprefix("[BODY]."), wanted)
        return bool(found == wanted)  # two values at once are none


def _whole(pattern: str) -> str:
    return rf"(?s)\A{pattern}\s*\Z"


_CONVERTED = frozenset(
    {"name", "group", "url", "method", "body", "headers", "interval", "conditions", "enabled"}
    | {"dns", "client", "alerts", "extra-labels", "ui", "store", "ssh", "graphql"}
)
_CLIENT = frozenset({"insecure", "ignore-redirect", "timeout", "network", "proxy-url", "tls"})
_LOGINS = frozenset({"oauth2", "identity-aware-proxy"})
_NESTED = ("headers", "conditions", "dns", "client", "alerts", "extra-labels", "ui", "ssh")
_DEFAULT_INTERVAL = "1m"
_HINTS = {"maintenance-windows": "are not imported: add [[maintenance]]"}
_SECTIONS = {
    "alerting": "alerting is not imported: add a [[notifier]] for {names}",
    "security": "security is not imported: add a [[token]]",
    "maintenance": "the maintenance window is not imported: add [[maintenance]]",
    "remote": "remote instances are not imported",
    "suites": "suites (several requests in a row) are not imported",
    "connectivity": "not needed: ringback detects by itself when its own network is down",
    "announcements": "announcements are not imported",
}


def is_gatus(text: ImportedFile) -> bool:
    endpoints = re.search(r"^(external-)?endpoints:", text.text, re.MULTILINE)
    conditions = re.search(r"\[(STATUS|CONNECTED|BODY|RESPONSE_TIME|DNS_RCODE)\]", text.text)
    return "gatus" in text.file.name.lower() or bool(endpoints and conditions)


def convert_gatus(texts: Iterable[ImportedFile], draft: Draft) -> None:
    draft.defaults = {"every": _DEFAULT_INTERVAL}
    files = [(text, yaml_of(text)) for text in texts]
    alerting: Table = {}  # of all files, as Gatus reads a directory as one
    for _, read in files:
        alerting |= as_table(as_table(read.data).get("alerting"))
    for text, read in files:
        whole = as_table(read.data)
        for index, entry in indexed_tables(whole.get("endpoints")):
            endpoint = _Endpoint(entry, text, read, ("endpoints", index), draft)
            endpoint.alerting = alerting
            endpoint.add()
        for index, entry in indexed_tables(whole.get("external-endpoints")):
            _external(entry, alerting, text, read.line("external-endpoints", index), draft)
        for key in whole.keys() & _SECTIONS.keys():
            names = ", ".join(as_table(whole[key])) or "each"
            draft.note(text, read.line(key), _SECTIONS[key].format(names=names))


class _Endpoint:
    def __init__(
        self, entry: Table, text: ImportedFile, read: YAMLText, path: tuple[str, int], draft: Draft
    ) -> None:
        self.entry = without_nested(entry, *_NESTED)
        self.text, self.read, self.path, self.draft = text, read, path, draft
        self.name = str(entry.get("name") or entry.get("url") or "")
        self.client = as_table(entry.get("client"))
        self.dns = as_table(entry.get("dns"))
        self.unknown = sorted(entry.keys() - _CONVERTED)
        self.alerting: Table = {}

    def note(self, message: str, *keys: str | int) -> None:
        line = self.read.line(*self.path, *keys)
        self.draft.note(self.text, line, f"{self.name}: {message}")

    def add(self) -> None:
        if self.entry.get("enabled") is False:
            self.note("skipped: it is not enabled", "enabled")
            return
        for key in self.unknown:
            self.note(f"{key} {_HINTS.get(key, 'has no equivalent')}", key)
        if lost := self._lost():
            self.note(f"skipped: {lost}", "client")
            return
        for key in sorted(self.client.keys() - _CLIENT):
            self.note(f"client.{key} has no equivalent", "client", key)
        conditions = GatusConditions(is_dns=bool(self.dns))
        written = list(map(str, as_list(self.entry.get("conditions"))))
        refused = [text for text in written if not conditions.take(text)]
        refused = [text for text in refused if not conditions.implies(text)]
        if refused:
            several = "conditions" if refused[1:] else "condition"
            which = f"{', '.join(map(repr, refused))}, which {'have' if refused[1:] else 'has'}"
            self.note(
                f"skipped: without the {several} {which} no equivalent, "
                "the check would see less than it did",
                "conditions",
                written.index(refused[0]),
            )
        else:
            self.draft.endpoints.append(pruned(self._table(conditions)))

    def _table(self, conditions: GatusConditions) -> Table:
        url = self._url()
        scheme = url.partition("://")[0]
        http = scheme in {"http", "https"}
        body = with_variables(self._body())
        if http:  # without a condition any status is well
            conditions.expect.setdefault("status", status_ranges(_STATUSES))
        if scheme in {"ws", "wss"}:
            self.note("no message is sent: only checks that the connection is taken over")
        elif body and not http and scheme not in {"tcp", "udp"}:
            self.note("its body is not sent", "body")
        return {
            "name": with_variables(self.name),
            "url": with_variables(url),
            "group": self.entry.get("group"),
            "every": self.entry.get("interval"),
            "timeout": self.client.get("timeout"),
            **self._thresholds(),
            "method": self.entry.get("method") if http else None,
            "headers": self._headers() if http or scheme in {"ws", "wss"} else None,
            "body": body if http else None,
            "send": body if scheme in {"tcp", "udp"} else None,
            "nameserver": str(self.entry.get("url")) if self.dns else None,
            "record": self.dns.get("query-type"),
            "starttls": "smtp" if str(self.entry.get("url")).startswith("starttls:") else None,
            "proxy": self._proxy() if http else None,
            "redirects": False if self.client.get("ignore-redirect") else None,
            "client_certificate": self._client_certificate(),
            "verify": False if self.client.get("insecure") else None,
            "ip": {"ip4": 4, "ip6": 6}.get(str(self.client.get("network"))),
            "labels": {str(k): str(v) for k, v in as_table(self.entry.get("extra-labels")).items()},
            "expect": conditions.expect,
        }

    def _url(self) -> str:
        url = str(self.entry.get("url") or "")
        if self.dns:
            return f"dns://{str(self.dns.get('query-name', '')).rstrip('.')}"
        scheme, _, rest = url.partition("://")
        if scheme == "starttls":
            return f"tls://{rest}"
        if scheme == "ssh":
            if self.entry.get("ssh"):
                self.note("nobody logs in: only checks that the server answers", "ssh")
            return f"ssh://{rest.partition('/')[0]}"
        return url

    def _body(self) -> str:
        body = str(self.entry.get("body") or "")
        return json.dumps({"query": body}) if self.entry.get("graphql") is True else body

    def _lost(self) -> str:
        """Why it cannot be asked as it was; ``""``: it can."""
        proxy = with_variables(str(self.client.get("proxy-url") or ""))
        if proxy and Draft().proxy(proxy, "") is None:
            return "this kind of proxy is not supported"
        logins = sorted(self.client.keys() & _LOGINS)
        return f"a login by {logins[0]} is not supported" if logins else ""

    def _client_certificate(self) -> str | None:
        tls = as_table(self.client.get("tls"))
        if key := tls.get("private-key-file"):
            self.note(f"append {key} to the file of its certificate", "client", "tls")
        return str(tls["certificate-file"]) if tls.get("certificate-file") else None

    def _proxy(self) -> str | None:
        return self.draft.proxy(with_variables(str(self.client.get("proxy-url") or "")), self.name)

    def _headers(self) -> dict[str, str]:
        headers = as_table(self.entry.get("headers"))
        if self.entry.get("graphql") is True:
            headers = {"Content-Type": "application/json", **headers}
        return self.draft.headers(
            {key: with_variables(str(value)) for key, value in headers.items()}, self.name
        )

    def _thresholds(self) -> Table:
        thresholds, several = _thresholds_of(self.entry, self.alerting)
        if several:
            self.note("its alerts have several thresholds: the first one's are taken", "alerts")
        return thresholds


def _thresholds_of(entry: Table, alerting: Table) -> tuple[Table, bool]:
    """Those of its first alert, which has what it does not say of its provider's default.

    And whether others of its alerts have others.
    """
    found = []
    for _, alert in indexed_tables(entry.get("alerts")):
        provider = as_table(alerting.get(str(alert.get("type"))))
        whole = {**as_table(provider.get("default-alert")), **alert}
        if whole.get("enabled") is not False:
            found.append((whole.get("failure-threshold"), whole.get("success-threshold")))
    failures, successes = found[0] if found else (None, None)
    return {"threshold": failures, "recovery": successes}, len(set(map(str, found))) > 1


def _external(entry: Table, alerting: Table, text: ImportedFile, line: int, draft: Draft) -> None:
    name = str(entry.get("name") or "")
    every = as_table(entry.get("heartbeat")).get("interval")
    if entry.get("enabled") is False:
        draft.note(text, line, f"{name}: skipped: it is not enabled")
        return
    if not every:
        draft.note(text, line, f"{name}: skipped: without heartbeat.interval it is never overdue")
        return
    draft.note(text, line, f"{name}: its jobs must now report to /api/v1/heartbeat")
    thresholds, _ = _thresholds_of(entry, alerting)
    draft.endpoints.append(
        pruned(
            {
                "name": name,
                "type": "heartbeat",
                "group": entry.get("group"),
                "every": every,
                **thresholds,
            }
        )
    )
