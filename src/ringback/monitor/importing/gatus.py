"""Gatus' configuration, with its conditions (``[STATUS] == 200``)."""

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
    with_variables,
    yaml_of,
)

_CONDITION = re.compile(r"\s*(\S+)\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*")
_ANY = re.compile(r"any\((.*)\)")
_PATTERN = re.compile(r"pat\((.*)\)")
_HOURS = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|d)?")
_IN_HOURS = {"h": 1.0, "d": 24.0, "m": 1 / 60, "s": 1 / 3600}
_STATUS = re.compile("[0-9]{1,3}")
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
        if (left, operator, right) in _ALWAYS_CHECKED:
            return True
        for name, taking in self._takers().items():
            if left == name or (name == "[BODY]." and left.startswith(name)):
                return taking(left, operator, right)
        return False

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
        ranges = _ranges(left)
        self.expect["status"] = ranges if ranges[1:] else ranges[0]
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


def _ranges(statuses: list[int]) -> list[int | str]:
    """Statuses in ascending order as ``expect.status`` has them: ``[200, "300-399"]``."""
    runs: list[list[int]] = []
    for status in statuses:
        if runs and runs[-1][1] == status - 1:
            runs[-1][1] = status
        else:
            runs.append([status, status])
    return [first if first == last else f"{first}-{last}" for first, last in runs]


def _whole(pattern: str) -> str:
    return rf"(?s)\A{pattern}\s*\Z"


_CONVERTED = frozenset(
    {"name", "group", "url", "method", "body", "headers", "interval", "conditions", "enabled"}
    | {"dns", "client", "alerts", "extra-labels", "ui", "store", "ssh"}
)
_CLIENT = frozenset({"insecure", "ignore-redirect", "timeout", "network", "proxy-url"})
_NESTED = ("headers", "conditions", "dns", "client", "alerts", "extra-labels", "ui", "ssh")
_DEFAULT_INTERVAL = "1m"
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
    for text in texts:
        read = yaml_of(text)
        whole = as_table(read.data)
        for index, entry in indexed_tables(whole.get("endpoints")):
            _Endpoint(entry, text, read, ("endpoints", index), draft).add()
        for index, entry in indexed_tables(whole.get("external-endpoints")):
            _external(entry, text, read.line("external-endpoints", index), draft)
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

    def note(self, message: str, *keys: str | int) -> None:
        line = self.read.line(*self.path, *keys)
        self.draft.note(self.text, line, f"{self.name}: {message}")

    def add(self) -> None:
        if self.entry.get("enabled") is False:
            self.note("skipped: it is not enabled", "enabled")
            return
        for key in sorted(self.entry.keys() - _CONVERTED):
            self.note(f"{key} has no equivalent", key)
        for key in sorted(self.client.keys() - _CLIENT):
            self.note(f"client.{key} has no equivalent", "client", key)
        conditions = GatusConditions(is_dns=bool(self.dns))
        refused = [
            (index, condition)
            for index, condition in enumerate(as_list(self.entry.get("conditions")))
            if not conditions.take(str(condition))
        ]
        for index, condition in refused:
            self.note(
                f"skipped: without the condition {condition!r}, which has no equivalent, "
                "the check would see less than it did",
                "conditions",
                index,
            )
        if not refused:
            self.draft.endpoints.append(pruned(self._table(conditions)))

    def _table(self, conditions: GatusConditions) -> Table:
        url = self._url()
        http = url.startswith("http")
        return {
            "name": with_variables(self.name),
            "url": with_variables(url),
            "group": self.entry.get("group"),
            "every": self.entry.get("interval"),
            "timeout": self.client.get("timeout"),
            **self._thresholds(),
            "method": self.entry.get("method") if http else None,
            "headers": self._headers() if http else None,
            "body": with_variables(str(self.entry.get("body") or "")) if http else None,
            "nameserver": str(self.entry.get("url")) if self.dns else None,
            "record": self.dns.get("query-type"),
            "starttls": "smtp" if str(self.entry.get("url")).startswith("starttls:") else None,
            "proxy": self._proxy() if http else None,
            "redirects": False if self.client.get("ignore-redirect") else None,
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

    def _proxy(self) -> str | None:
        named = with_variables(str(self.client.get("proxy-url") or ""))
        found = self.draft.proxy(named, self.name)
        if named and found is None:
            self.note("this kind of proxy is not supported", "client", "proxy-url")
        return found

    def _headers(self) -> dict[str, str]:
        headers = as_table(self.entry.get("headers"))
        return self.draft.headers(
            {key: with_variables(str(value)) for key, value in headers.items()}, self.name
        )

    def _thresholds(self) -> Table:
        alerts = [alert for _, alert in indexed_tables(self.entry.get("alerts"))]
        first = alerts[0] if alerts else {}
        return {
            "threshold": first.get("failure-threshold"),
            "recovery": first.get("success-threshold"),
        }


def _external(entry: Table, text: ImportedFile, line: int, draft: Draft) -> None:
    name = str(entry.get("name") or "")
    every = as_table(entry.get("heartbeat")).get("interval")
    draft.note(text, line, f"{name}: its jobs must now report to /api/v1/heartbeat")
    draft.endpoints.append(
        pruned(
            {
                "name": name,
                "type": "heartbeat",
                "group": entry.get("group"),
                "every": every or "1h",
            }
        )
    )
