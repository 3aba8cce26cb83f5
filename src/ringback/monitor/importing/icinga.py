"""Icinga 2's hosts and services, as far as they say things plainly."""

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ringback.monitor.importing.draft import Draft, ImportedFile, config_duration, pruned
from ringback.monitor.importing.plugin import check_times, plugin_endpoint

_BLOCK = re.compile(
    r"^\s*(object|template|apply)\s+(Host|Service|CheckCommand|User|Dependency|Notification)"
    r'(?:\s+"([^"]*)")?[^{\n]*\{',
    re.MULTILINE,
)
_ASSIGNMENT = re.compile(r'^\s*([\w.]+(?:\["[^"]*"\])*)\s*\+?=\s*(.+?)\s*;?$')
_IMPORT = re.compile(r'^\s*import\s+"([^"]*)"')
_WHERE = re.compile(r"^\s*(assign|ignore) where (.+)$")
_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}
_PLUGINS = {
    **dict.fromkeys(("hostalive", "ping"), "check_ping"),
    **dict.fromkeys(("hostalive4", "ping4"), "check_ping -4"),
    **dict.fromkeys(("hostalive6", "ping6"), "check_ping -6"),
}
_OPTIONS = {
    "http": {
        "http_vhost": "-H",
        "http_address": "-I",
        "http_port": "-p",
        "http_uri": "-u",
        "http_ssl": "-S",
        "http_expect": "-e",
        "http_string": "-s",
        "http_onredirect": "-f",
        "http_auth_pair": "-a",
        "http_method": "-j",
        "http_certificate": "-C",
        "http_critical_time": "-c",
        "http_header": "-k",
    },
    "tcp": {"tcp_address": "-H", "tcp_port": "-p", "tcp_send": "-s", "tcp_expect": "-e"},
    "dns": {"dns_lookup": "-H", "dns_server": "-s", "dns_expected_answers": "-a"},
    "dig": {"dig_lookup": "-l", "dig_server": "-H", "dig_record_type": "-T"},
    "ssh": {"ssh_address": "-H", "ssh_port": "-p"},
    "smtp": {"smtp_address": "-H", "smtp_port": "-p"},
}
"""Command to its variables, and the option of the plugin that each is."""


@dataclass(frozen=True, slots=True)
class IcingaObject:
    """One object, template or rule."""

    how: str  # `object`, `template` or `apply`
    kind: str  # `Host`, `Service` …
    name: str
    values: dict[str, Any]  # Key to value; a nested table is `vars.http_vhosts["x"]` or a dict.
    imports: tuple[str, ...]  # Names of templates
    wheres: tuple[tuple[str, str], ...]  # Conditions of a rule
    text: ImportedFile
    line: int


def is_icinga(text: ImportedFile) -> bool:
    return _BLOCK.search(text.text) is not None


def convert_icinga(texts: Iterable[ImportedFile], draft: Draft) -> None:
    blocks = [item for text in texts for item in _objects(text)]
    templates = {(item.kind, item.name): item for item in blocks if item.how == "template"}
    hosts = [item for item in blocks if (item.how, item.kind) == ("object", "Host")]
    services = [item for item in blocks if item.kind == "Service" and item.how != "template"]
    watched = set()
    for host in hosts:
        values = _with_templates(host, templates)
        if _add(host, values, values, host.name, draft):
            watched.add(host.name)
    for service in services:
        for host in _hosts_of(service, hosts, templates, draft):
            own = _with_templates(service, templates)
            name = f"{host.name} {service.name}"
            if _add(service, own, _with_templates(host, templates), name, draft):
                draft.endpoints[-1].update({"parents": [host.name]} if host.name in watched else {})
    for item in blocks:
        if item.kind in {"User", "Notification", "Dependency"} and item.how != "template":
            draft.note(item.text, item.line, f"{item.kind} {item.name} is not imported")


def _objects(text: ImportedFile) -> Iterator[IcingaObject]:
    plain = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text.text, flags=re.DOTALL)
    for match in _BLOCK.finditer(plain):
        lines = _block_body(plain, match.end()).splitlines()
        values: dict[str, Any] = {}
        imports, wheres = [], []
        inside: list[str] = []
        for written in lines:
            line = re.sub(r"(^|\s)(//|#).*$", "", written)
            if found := _IMPORT.match(line):
                imports.append(found[1])
            elif found := _WHERE.match(line):
                wheres.append((found[1], found[2].strip()))
            elif line.strip() == "}" and inside:
                inside.pop()
            elif found := _ASSIGNMENT.match(line):
                if found[2] == "{":
                    inside.append(found[1])
                else:
                    values[".".join((*inside, found[1]))] = _value(found[2])
        number = plain.count("\n", 0, match.start(1)) + 1
        yield IcingaObject(
            match[1], match[2], match[3] or "", values, tuple(imports), tuple(wheres), text, number
        )


def _block_body(text: str, start: int) -> str:
    """What stands between a brace and its partner."""
    depth = 1
    for match in re.compile(r'"(?:[^"\\]|\\.)*"|[{}]').finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return text[start : match.start()]
    return text[start:]


def _value(text: str) -> Any:
    if re.fullmatch(r'"(?:[^"\\]|\\.)*"', text):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text.startswith("["):
        return re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return {"true": True, "false": False}.get(text, text)


def _with_templates(
    item: IcingaObject,
    templates: dict[tuple[str, str], IcingaObject],
    known: dict[str, dict[str, Any]] | None = None,
    depth: int = 0,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    known = {} if known is None else known  # Each template is read once, even if it imports itself
    for name in item.imports:
        if name not in known and (item.kind, name) in templates and depth < 20:
            known[name] = {}
            template = templates[item.kind, name]
            known[name] = _with_templates(template, templates, known, depth + 1)
        values.update(known.get(name, {}))
    return {**values, **item.values}


def _hosts_of(
    service: IcingaObject,
    hosts: list[IcingaObject],
    templates: dict[tuple[str, str], IcingaObject],
    draft: Draft,
) -> list[IcingaObject]:
    if service.how == "object":
        return [host for host in hosts if host.name == service.values.get("host_name")]
    found = []
    for host in hosts:
        values = _with_templates(host, templates)
        answers = [(how, _rule_holds(rule, host.name, values)) for how, rule in service.wheres]
        if any(answer is None for _, answer in answers):
            message = f"{service.name}: skipped: its assign rule is not supported; list its hosts"
            draft.note(service.text, service.line, message)
            return []
        if ("assign", True) in answers and ("ignore", True) not in answers:
            found.append(host)
    return found


def _rule_holds(rule: str, name: str, values: dict[str, Any]) -> bool | None:
    """Whether a plain rule holds of a host; ``None``: it is not understood."""
    if rule == "true":
        return True
    if match := re.fullmatch(r"!?\s*host\.([\w.]+)", rule):
        return bool(values.get(match[1])) != rule.startswith("!")
    if match := re.fullmatch(r'host\.([\w.]+)\s*(==|!=)\s*"([^"]*)"', rule):
        is_so = {"name": name, **values}.get(match[1]) == match[3]
        return is_so if match[2] == "==" else not is_so
    if match := re.fullmatch(r'"([^"]*)"\s+in\s+host\.([\w.]+)', rule):
        return match[1] in (values.get(match[2]) or ())
    return None


def _add(
    item: IcingaObject, values: dict[str, Any], host: dict[str, Any], name: str, draft: Draft
) -> bool:
    command = str(values.get("check_command") or "")
    if not command:
        return False
    address = str(host.get("address") or host.get("address6") or name.split(maxsplit=1)[0])
    line = _command_line(command, {**host, **values})
    made = plugin_endpoint(line, address, name, draft, (item.text, item.line))
    if made is None:
        return False
    every, retry_every = _time(values.get("check_interval")), _time(values.get("retry_interval"))
    times = check_times(every, retry_every, str(values.get("max_check_attempts", "")))
    draft.endpoints.append(pruned({**made, **times}))
    return True


def _command_line(command: str, values: dict[str, Any]) -> str:
    words = [_PLUGINS.get(command, f"check_{command}")]
    for variable, option in _OPTIONS.get(command, {}).items():
        value = values.get(f"vars.{variable}")
        if value is True:
            words.append(option)
        several = value if isinstance(value, list) else [value]
        words.extend(f"{option} {shlex.quote(text)}" for text in several if isinstance(text, str))
    return " ".join(words)


def _time(value: Any) -> str | None:
    match = _TIME.fullmatch(str(value or ""))
    return config_duration(match[1], _UNITS[match[2] or ""]) if match else None
