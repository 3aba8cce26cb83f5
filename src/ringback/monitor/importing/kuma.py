"""Uptime Kuma's backup, and its database; what its notifications send to is a secret."""

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from ringback.failure.target import bracketed
from ringback.monitor.config.yaml_text import as_list, as_table, indexed_tables, without_nested
from ringback.monitor.importing.draft import (
    Draft,
    ImportedFile,
    ImportRefused,
    Table,
    config_duration,
    pruned,
)

_URLS = {
    "apprise": ("apprise", "appriseURL"),
    "webhook": ("webhook", "webhookURL"),
    "slack": ("apprise", "slackwebhookURL"),
    "discord": ("apprise", "discordWebhookUrl"),
}
"""Type to the channel that it becomes, and the key that its URL has; apprise takes the webhook URLs
of Slack and Discord as they are."""


def notifier_from(entry: Table, draft: Draft) -> Table | None:
    """Return a notification as a notifier; ``None``: there is none for it."""
    try:
        config = as_table(json.loads(str(entry.get("config") or "{}")))
    except ValueError:
        return None
    name = str(entry.get("name") or config.get("name") or "")
    channel, key = _URLS.get(str(config.get("type")), ("", ""))
    if not channel or not name or not config.get(key):
        return None
    url = draft.secret((name, "url"), f"{key} of the notification {name}")
    return {"name": name, "type": channel, "url": url}


_WEB = frozenset({"http", "keyword", "json-query", "real-browser"})
_SERVICES = {
    "postgres": "postgres",
    "mysql": "mysql",
    "mongodb": "mongodb",
    "redis": "redis",
    "sqlserver": "tcp",
    "mqtt": "mqtt",
    "smtp": "smtp",
}
"""Type to the scheme by which it is asked, or else connected to."""
_SQLSERVER_PORT = 1433
_CONNECTION_SCHEMES = frozenset({"rediss"})
_SECURED = {"starttls": "smtp", "secure": None}
"""How Uptime Kuma's SMTP monitor secures its connection to what is spoken before TLS."""
_NESTED = ("accepted_statuscodes", "conditions", "notificationIDList", "tags")
_BODY_TYPES = {
    "json": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "text/xml; charset=utf-8",
}
"""How a body is encoded to the header that Uptime Kuma sends with it."""
_LOST = ("resendInterval", "cacheBust")
_METHODS = frozenset({"GET", None, ""})
_BROWSER_STATUSES = "200-399"
"""What Uptime Kuma's browser takes for well, whatever statuses the monitor has."""
_TIMEOUT_SHARE = 0.8
"""Of the interval: the time-out of an HTTP monitor that has none (all before 1.23)."""


SQLITE_HEAD = b"SQLite format 3\0"
_MAX_ROWS = 100_000


def backup_of(database: Path) -> str:
    """Return what a ``kuma.db`` holds as a backup of version 1, which version 2 does not write.

    Raises ``ValueError`` for another database, or one that cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as kuma:
            kuma.row_factory = sqlite3.Row
            return json.dumps(_backup(kuma))
    except (sqlite3.Error, UnicodeError) as error:
        raise ValueError(f"is no database of Uptime Kuma that can be read: {error}") from error


def _backup(database: sqlite3.Connection) -> Table:
    def rows(query: str) -> list[Table]:
        found = database.execute(query).fetchmany(_MAX_ROWS + 1)
        if len(found) > _MAX_ROWS:
            raise sqlite3.DataError(f"more than {_MAX_ROWS} rows")
        return [{k: v for k, v in dict(row).items() if not isinstance(v, bytes)} for row in found]

    monitors = {row["id"]: _exported(row) for row in rows("SELECT * FROM monitor ORDER BY id")}
    for row in rows("SELECT monitor_id, notification_id FROM monitor_notification"):
        if row["monitor_id"] in monitors:
            notified = monitors[row["monitor_id"]]["notificationIDList"]
            notified[str(row["notification_id"])] = True
    for row in rows("SELECT monitor_id, name, value FROM monitor_tag JOIN tag ON tag.id = tag_id"):
        if row["monitor_id"] in monitors:
            monitors[row["monitor_id"]]["tags"].append(row)
    proxies = rows("SELECT name FROM sqlite_master WHERE name = 'proxy'")  # none before 1.14
    return {
        "notificationList": rows("SELECT id, name, config FROM notification ORDER BY id"),
        "proxyList": rows("SELECT * FROM proxy") if proxies else [],
        "monitorList": list(monitors.values()),
    }


def _exported(row: Table) -> Table:
    """A monitor's row with the names of the backup besides: some of these are in camel case."""
    camel = {re.sub("_([a-z])", lambda m: m[1].upper(), key): row[key] for key in row}
    try:
        accepted = json.loads(str(row.get("accepted_statuscodes_json") or "[]"))
    except (ValueError, RecursionError):
        accepted = []
    own = {"accepted_statuscodes": accepted, "notificationIDList": {}, "tags": []}
    return {**row, **camel, **own}


def is_uptime_kuma(text: ImportedFile) -> bool:
    return text.text.lstrip().startswith("{") and '"monitorList"' in text.text


def convert_uptime_kuma(texts: Iterable[ImportedFile], draft: Draft) -> None:
    for text in texts:
        try:
            whole = as_table(json.loads(text.text))
        except (ValueError, RecursionError) as error:
            raise ImportRefused(f"{text.file} is not valid JSON: {error}") from error
        draft.defaults = {"recovery": 1}
        _Backup(whole, text, draft).add()


class _Backup:
    def __init__(self, whole: Table, text: ImportedFile, draft: Draft) -> None:
        self.whole, self.text, self.draft = whole, text, draft
        self.monitors = [
            without_nested(entry, *_NESTED) for _, entry in indexed_tables(whole.get("monitorList"))
        ]
        self.groups = {str(m.get("id")): str(m.get("name")) for m in self.monitors if _is_group(m)}
        self.notifiers: dict[str, str] = {}

    def add(self) -> None:
        for _, entry in indexed_tables(self.whole.get("notificationList")):
            made = notifier_from(entry, self.draft)
            if made is None:
                self.note(entry, "the notification is not imported: add a [[notifier]]")
            else:
                self.draft.notifiers.append(made)
                self.notifiers[str(entry.get("id"))] = made["name"]
        for monitor in self.monitors:
            if not _is_group(monitor):
                self._monitor(monitor)

    def note(self, monitor: Table, message: str) -> None:
        name = str(monitor.get("name"))
        written = re.search(rf'"name"\s*:\s*{re.escape(json.dumps(name))}', self.text.text)
        line = self.text.text.count("\n", 0, written.start()) + 1 if written else 0
        self.draft.note(self.text, line, f"{name}: {message}")

    def _monitor(self, monitor: Table) -> None:
        if not monitor.get("active", True):
            self.note(monitor, "skipped: it is paused")
            return
        if monitor.get("upsideDown"):
            self.note(monitor, "skipped: monitors that are upside down are not supported")
            return
        try:
            asked = self._asked(monitor)
        except ValueError as error:
            self.note(monitor, f"skipped: {error}")
            return
        if asked is None:
            self.note(monitor, f"skipped: the type {monitor.get('type')} is not supported")
            return
        name = self.draft.free_name(str(monitor.get("name") or "monitor"))
        endpoint = pruned({"name": name, **asked, **self._check_times(monitor)})
        self.draft.endpoints.append(endpoint)
        self._routes(monitor, name)
        for key in _LOST:
            if monitor.get(key):
                self.note(monitor, f"{key} is not imported")

    def _asked(self, monitor: Table) -> Table | None:
        kind, host = monitor.get("type"), str(monitor.get("hostname") or "")
        if kind in _WEB:
            return self._web(monitor)
        if kind == "port":
            return {"url": f"tcp://{bracketed(host)}:{monitor.get('port')}"}
        if kind in {"ping", "tailscale-ping"}:
            return {"url": f"icmp://{bracketed(host)}"}
        if kind == "dns":
            return self._dns(monitor, host)
        if kind == "push":
            self.note(monitor, "its job must now report to /api/v1/heartbeat")
            return {"type": "heartbeat"}
        return self._service(monitor, str(kind), host)

    def _service(self, monitor: Table, kind: str, host: str) -> Table | None:
        if kind not in _SERVICES:
            return None
        if kind == "smtp" and monitor.get("smtpSecurity") in _SECURED and host:
            spoken = _SECURED[monitor["smtpSecurity"]]
            port = monitor.get("port") or (587 if spoken else 465)
            return {"url": f"tls://{bracketed(host)}:{port}", "starttls": spoken}
        said = str(monitor.get("databaseConnectionString") or "")
        try:
            parts = urlsplit(said)
            port = parts.port or monitor.get("port")
        except ValueError:  # whose text may be a password with a slash
            raise ValueError("its connection string is not a valid URL") from None
        if parts.scheme == "mongodb+srv" or "," in parts.netloc:
            raise ValueError("its hosts are several: watch each of them")
        scheme = parts.scheme if parts.scheme in _CONNECTION_SCHEMES else _SERVICES[kind]
        if kind == "sqlserver":
            port = port or _SQLSERVER_PORT
            self.note(monitor, "sqlserver: only checks that the port accepts connections")
        elif kind != "smtp":
            self.note(monitor, f"{kind}: only checks that the server answers; nobody logs in")
        named = parts.hostname or host.partition("://")[2] or host
        if not named:
            return None
        user = f"{parts.username}@" if parts.username and scheme in {"postgres", "mysql"} else ""
        database = parts.path if scheme == "postgres" and parts.path.strip("/") else ""
        where = f"{bracketed(named)}:{port}" if port else bracketed(named)
        return {"url": f"{scheme}://{user}{where}{database}"}

    def _dns(self, monitor: Table, host: str) -> Table:
        server = str(monitor.get("dns_resolve_server") or "").partition(",")[0]
        port = monitor.get("port") or 53
        record = monitor.get("dns_resolve_type")
        if monitor.get("conditions") not in (None, [], "[]"):
            raise ValueError("its conditions are not imported; without them it would see less")
        return {
            "url": f"dns://{host}",
            "nameserver": f"{bracketed(server)}:{port}" if server else None,
            "record": record if record not in {"A", None} else None,
        }

    def _web(self, monitor: Table) -> Table:
        name, method = str(monitor.get("name")), monitor.get("method")
        if monitor.get("type") == "real-browser":
            self.note(monitor, "no browser is used: only the HTTP response is checked")
        return {
            "url": str(monitor.get("url") or ""),
            "method": method if method not in _METHODS else None,
            "ip": {"ipv4": 4, "ipv6": 6}.get(str(monitor.get("ipFamily"))),
            "headers": self._headers(monitor, name),
            "body": monitor.get("body"),
            "proxy": self._proxy(monitor),
            "redirects": False if monitor.get("maxredirects") == 0 else None,
            "verify": False if monitor.get("ignoreTls") else None,
            "expect": {
                "status": self._statuses(monitor),
                **self._keyword(monitor),
                **self._json(monitor),
            },
        }

    def _proxy(self, monitor: Table) -> str | None:
        id_ = monitor.get("proxyId")
        entries = (entry for _, entry in indexed_tables(self.whole.get("proxyList")))
        proxy = next((entry for entry in entries if entry.get("id") == id_), None)
        if proxy is None or not proxy.get("active", True):
            return None
        user = ""
        if proxy.get("auth") and proxy.get("username"):
            user = f"{quote(str(proxy['username']))}:{quote(str(proxy.get('password') or ''))}@"
        where = f"{bracketed(str(proxy.get('host')))}:{proxy.get('port')}"
        name = str(proxy.get("host"))
        found = self.draft.proxy(f"{proxy.get('protocol')}://{user}{where}", name)
        if found is None:
            raise ValueError(f"{proxy.get('protocol')} proxies are not supported")
        return found

    def _headers(self, monitor: Table, name: str) -> dict[str, str]:
        try:
            headers = as_table(json.loads(str(monitor.get("headers") or "{}")))
        except ValueError:
            self.note(monitor, "its headers are not valid JSON")
            headers = {}
        written = {str(key).lower() for key in headers}
        if monitor.get("body") and "content-type" not in written:
            encoding = str(monitor.get("httpBodyEncoding") or "json")
            headers["Content-Type"] = _BODY_TYPES.get(encoding, _BODY_TYPES["json"])
        found = self.draft.headers(headers, name)
        if monitor.get("basic_auth_user") and monitor.get("authMethod") in {"basic", None, ""}:
            found["Authorization"] = self.draft.basic_login(name)
        elif monitor.get("authMethod") not in {"basic", None, ""}:
            raise ValueError(f"authentication by {monitor.get('authMethod')} is not supported")
        return found

    def _statuses(self, monitor: Table) -> Any:
        if monitor.get("type") == "real-browser":
            return _BROWSER_STATUSES
        accepted = [str(code) for code in as_list(monitor.get("accepted_statuscodes"))]
        return accepted[0] if len(accepted) == 1 else accepted

    def _keyword(self, monitor: Table) -> Table:
        word = monitor.get("keyword")
        if monitor.get("type") != "keyword" or not word:
            return {}
        if monitor.get("invertKeyword"):
            return {"matches": rf"(?s)\A(?!.*{re.escape(str(word))})"}
        return {"contains": str(word)}

    def _json(self, monitor: Table) -> Table:
        if monitor.get("type") != "json-query":
            return {}
        path, plain = str(monitor.get("jsonPath") or "$"), re.compile(r"[$\w.\[\]-]+")
        if not plain.fullmatch(path) or monitor.get("jsonPathOperator") not in {None, "", "=="}:
            raise ValueError(f"the JSON query {path!r} has no equivalent")
        return {"json": {path: str(monitor.get("expectedValue") or "")}}

    def _check_times(self, monitor: Table) -> Table:
        heartbeat = monitor.get("type") == "push"
        retries = monitor.get("maxretries")
        return {
            "every": config_duration(monitor.get("interval")),
            "timeout": None if heartbeat else self._timeout(monitor),
            "retry_every": None if heartbeat else config_duration(monitor.get("retryInterval")),
            "retries": int(retries) if isinstance(retries, int) else None,
            "group": self.groups.get(str(monitor.get("parent"))),
            "labels": _labels(monitor),
        }

    def _timeout(self, monitor: Table) -> str | None:
        timeout, every = monitor.get("timeout"), monitor.get("interval")
        if not isinstance(every, int | float):
            return None
        if not timeout and monitor.get("type") in _WEB:
            timeout = every * _TIMEOUT_SHARE
        if not isinstance(timeout, int | float):
            return None
        return config_duration(min(timeout, every))

    def _routes(self, monitor: Table, name: str) -> None:
        ids = as_table(monitor.get("notificationIDList"))
        notifiers = sorted(self.notifiers[i] for i, on in ids.items() if on and i in self.notifiers)
        if not notifiers:
            return
        for route in self.draft.routes:
            if route["notifiers"] == notifiers:
                route["endpoints"].append(name)
                return
        self.draft.routes.append({"endpoints": [name], "notifiers": notifiers})


def _labels(monitor: Table) -> dict[str, str]:
    """Tags as labels: without a value ``true``; with several of one name, all of them."""
    labels: dict[str, list[str]] = {}
    for _, tag in indexed_tables(monitor.get("tags")):
        labels.setdefault(str(tag.get("name")), []).append(str(tag.get("value") or "true"))
    return {name: ", ".join(values) for name, values in labels.items()}


def _is_group(monitor: Table) -> bool:
    return monitor.get("type") == "group"
