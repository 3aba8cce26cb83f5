"""Upptime's ``.upptimerc.yml``."""

import re
from collections.abc import Iterable
from typing import Any

from ringback.monitor.config.yaml_text import (
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

_CONVERTED = frozenset(
    {"name", "url", "method", "headers", "body", "expectedStatusCodes"}
    | {"check", "port", "ipv6", "__dangerous__disable_verify_peer", "maxRedirects"}
    | {"__dangerous__disable_verify_host", "__dangerous__insecure", "__dangerous__body_down"}
    | {"__dangerous__body_down_if_text_missing"}
)
_IGNORED = frozenset({"slug", "icon", "verbose", "assignees"})
_DEFAULT_INTERVAL = "5m"


def is_upptime(text: ImportedFile) -> bool:
    return "upptimerc" in text.file.name or (
        "\nsites:" in f"\n{text.text}" and "\nowner:" in f"\n{text.text}"
    )


def convert_upptime(texts: Iterable[ImportedFile], draft: Draft) -> None:
    draft.defaults = {"every": _DEFAULT_INTERVAL, "timeout": "30s"}  # Upptime's own
    for text in texts:
        read = yaml_of(text)
        whole = as_table(read.data)
        for index, written in indexed_tables(whole.get("sites")):
            site = without_nested(written, "headers", "expectedStatusCodes", "assignees")
            line = read.line("sites", index)
            for key in sorted(written.keys() - _CONVERTED - _IGNORED):
                why = _NO_EQUIVALENT.get(key, "has no equivalent")
                draft.note(text, read.line("sites", index, key), f"{site.get('name')}: {key} {why}")
            if site.get("maxRedirects"):
                message = f"{site.get('name')}: maxRedirects is not imported: up to 10 are followed"
                draft.note(text, read.line("sites", index, "maxRedirects"), message)
            if why := _lost(site):
                draft.note(text, line, f"skipped: {site.get('name')} {why}")
            elif endpoint := _endpoint(site, draft):
                draft.endpoints.append(endpoint)
            else:
                draft.note(text, line, f"skipped: {site.get('name')} has no url")
        for key in sorted(whole.keys() & {"notifications", "workflowSchedule"}):
            draft.note(text, read.line(key), _NOT_CONVERTED[key])


def _lost(site: Table) -> str:
    """Why a site cannot be checked as it was; ``""``: it can."""
    kind = site.get("check") or "http"
    if kind not in _CHECKS:
        return f"is checked by {kind}, which is not supported"
    statuses = map(str, as_list(site.get("expectedStatusCodes")))
    if not all(re.fullmatch("[1-9][0-9]{2}", status) for status in statuses):
        return "expects something else than statuses of HTTP: 0 means that nothing answers"
    return ""


_CHECKS = frozenset({"http", "tcp-ping", "ws", "ssl"})
_VARIABLE = re.compile(r"\$(?:\{([A-Z_][A-Z0-9_]*)\}|([A-Z_][A-Z0-9_]*))")
"""A secret of GitHub: all of it in capitals. Anything else is text."""
_NO_EQUIVALENT = {
    "maxResponseTime": "has no equivalent: what is slow was degraded, not down",
}
_NOT_CONVERTED = {
    "notifications": "notifications are not imported: add a [[notifier]]",
    "workflowSchedule": f"the schedule is not imported: every is {_DEFAULT_INTERVAL}",
}


def _endpoint(site: Table, draft: Draft) -> Table:
    url, name = str(site.get("url") or ""), str(site.get("name") or "")
    if not url:
        return {}
    kind, port = str(site.get("check") or "http"), str(site.get("port") or "")
    host = url.partition("://")[2] or url
    of_kind = {"tcp-ping": f"tcp://{host}:{port}", "ssl": f"tls://{host}:{port or 443}"}
    http, statuses = kind not in of_kind, as_list(site.get("expectedStatusCodes"))
    unwanted = site.get("__dangerous__body_down")
    unsafe = [site.get(key) for key in site if key.startswith("__dangerous__")]
    return pruned(
        {
            "name": with_variables(name, _VARIABLE),
            "url": with_variables(of_kind.get(kind, url), _VARIABLE),
            "timeout": None if http else "10s",
            "ip": 6 if site.get("ipv6") else None,
            "method": site.get("method") if site.get("method") != "GET" and http else None,
            "headers": _headers(site.get("headers"), name, draft),
            "body": with_variables(str(site.get("body") or ""), _VARIABLE),
            "redirects": False if site.get("maxRedirects") == 0 else None,
            "verify": False if True in unsafe else None,
            "expect": {
                "status": [int(code) for code in statuses if str(code).isdigit()],
                "contains": site.get("__dangerous__body_down_if_text_missing"),
                "matches": rf"(?s)\A(?!.*{re.escape(str(unwanted))})" if unwanted else None,
            },
        }
    )


def _headers(headers: Any, name: str, draft: Draft) -> dict[str, str]:
    pairs = [str(header).partition(":") for header in as_list(headers)]
    return draft.headers(
        {key: with_variables(value.strip(), _VARIABLE) for key, _, value in pairs}, name
    )
