"""Nagios' object files: hosts, services, commands and their templates."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from ringback.monitor.importing.draft import Draft, ImportedFile, Table, config_duration, pruned
from ringback.monitor.importing.plugin import check_times, is_supported, plugin_endpoint

_DEFINE = re.compile(r"^\s*define\s+(\w+)\s*\{", re.MULTILINE)
_MACRO = re.compile(r"\$(\w+)\$")
_KINDS = frozenset(
    {"host", "service", "command", "contact", "timeperiod", "hostgroup", "servicegroup"}
    | {"contactgroup", "hostdependency", "servicedependency", "hostescalation"}
    | {"serviceescalation", "hostextinfo", "serviceextinfo"}
)
_OTHER_NAMES = {
    **dict.fromkeys(("host", "hosts"), "host_name"),
    **dict.fromkeys(("hostgroup", "hostgroups"), "hostgroup_name"),
    "description": "service_description",
}
"""Keys of a service by which Nagios takes the same as well."""
_INTERVALS = {
    "normal_check_interval": "check_interval",
    "retry_check_interval": "retry_interval",
}
"""The older names, which say the same: what is said last counts."""
_LISTS = frozenset({"host_name", "hostgroup_name", "hostgroups", "parents"})
"""Keys whose value may begin with a plus: it is added to what the template says."""
_UNIT_SECONDS = 60.0  # Seconds of a time unit, Nagios' `interval_length`
_MAX_TEMPLATE_DEPTH = 20
_NOT_CONVERTED = {
    "contact": "contacts are not imported: add a [[notifier]]",
    "serviceescalation": "escalations are not imported: see escalate_after of [[route]]",
    "hostescalation": "escalations are not imported: see escalate_after of [[route]]",
    "servicedependency": "dependencies of services are not imported: set parents",
    "hostdependency": "dependencies of hosts are not imported: set parents",
}


@dataclass(frozen=True, slots=True)
class NagiosObject:
    """One object."""

    kind: str  # `host`, `service` …
    values: dict[str, str]  # What it says, with what its templates say
    text: ImportedFile
    line: int


Templates = dict[tuple[str, str], list[NagiosObject]]
"""Kind and name to the definitions of that name."""


def is_nagios(text: ImportedFile) -> bool:
    return any(match[1] in _KINDS for match in _DEFINE.finditer(text.text))


def convert_nagios(texts: Iterable[ImportedFile], draft: Draft) -> None:
    draft.defaults = {"every": "5m", "retry_every": "1m"}  # Where an object says nothing
    found = [item for text in texts for item in _objects(text)]
    templates: Templates = {}
    for item in found:
        if name := item.values.get("name"):
            templates.setdefault((item.kind, name), []).append(item)
    _Converter([_whole(item, templates, {}) for item in found], draft).add()


def _objects(text: ImportedFile) -> Iterator[NagiosObject]:
    for match in _DEFINE.finditer(text.text):
        end = re.compile(r"^\s*\}|\}\s*$", re.MULTILINE).search(text.text, match.end())
        body = text.text[match.end() : end.start() if end else None]
        values = {}
        for line in body.splitlines():
            key, _, value = line.partition(";")[0].strip().replace("\t", " ").partition(" ")
            if key and not key.startswith("#"):
                own = _OTHER_NAMES.get(key, key) if match[1] == "service" else key
                values[_INTERVALS.get(own, own)] = value.strip()
        yield NagiosObject(match[1], values, text, text.text.count("\n", 0, match.start(1)) + 1)


def _whole(
    item: NagiosObject, templates: Templates, known: dict[str, dict[str, str]], depth: int = 0
) -> NagiosObject:
    """A definition with what its templates say; the first of them has the last word.

    Each template is read once, even if it uses itself.
    """
    values: dict[str, str] = {}
    for name in reversed(_names(item.values.get("use", ""))):
        if name not in known and depth < _MAX_TEMPLATE_DEPTH:
            known[name] = {}
            known[name] = {
                key: value
                for other in templates.get((item.kind, name), ())
                for key, value in _whole(other, templates, known, depth + 1).values.items()
            }
        values.update(known.get(name, {}))
    for own in ("name", "register"):
        values.pop(own, None)
    added = {
        key: f"{values.get(key, '')},{item.values[key].removeprefix('+')}"
        for key in _LISTS & item.values.keys()
        if item.values[key].startswith("+")
    }
    return NagiosObject(item.kind, {**values, **item.values, **added}, item.text, item.line)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


class _Converter:
    def __init__(self, found: list[NagiosObject], draft: Draft) -> None:
        self.draft = draft
        live = [item for item in found if item.values.get("register") != "0"]
        self.hosts = {h.values["host_name"]: h for h in live if _is(h, "host", "host_name")}
        self.services = [item for item in live if item.kind == "service"]
        self.others = [item for item in live if item.kind in _NOT_CONVERTED]
        self.commands = {
            item.values["command_name"]: item.values.get("command_line", "")
            for item in live
            if _is(item, "command", "command_name")
        }
        self.members = self._groups(live)
        self.watched: set[str] = set()
        self.taken: dict[str, NagiosObject] = {}  # Command without a definition, and who calls it

    def _groups(self, live: list[NagiosObject]) -> dict[str, list[str]]:
        members: dict[str, list[str]] = {}
        for item in live:
            if _is(item, "hostgroup", "hostgroup_name"):
                named = _names(item.values.get("members", ""))
                named += self.hosts if "*" in named else ()
                members.setdefault(item.values["hostgroup_name"], []).extend(named)
        for name, host in self.hosts.items():
            for group in _names(host.values.get("hostgroups", "")):
                members.setdefault(group, []).append(name)
        nested = [item.values for item in live if _is(item, "hostgroup", "hostgroup_members")]
        for _ in nested[:_MAX_TEMPLATE_DEPTH]:
            for values in nested:
                own = members.setdefault(values.get("hostgroup_name", ""), [])
                inner = (members.get(name, ()) for name in _names(values["hostgroup_members"]))
                own += [n for n in dict.fromkeys(chain.from_iterable(inner)) if n not in own]
        return members

    def add(self) -> None:
        for name, host in self.hosts.items():
            self._host(name, host)
        for service in self.services:
            self._service(service)
        for name, item in self.taken.items():
            message = f"the command {name} is not in these files: it is taken for the plugin"
            self.draft.note(item.text, item.line, message)
        for message, item in {_NOT_CONVERTED[o.kind]: o for o in reversed(self.others)}.items():
            self.draft.note(item.text, item.line, message)  # once, at the first of them

    def _host(self, name: str, host: NagiosObject) -> None:
        command = host.values.get("check_command", "")
        if not command or host.values.get("active_checks_enabled") == "0":
            return  # nobody asks the host itself, only its services
        if made := self._endpoint(command, host, host, name):
            made["parents"] = _names(host.values.get("parents", ""))
            self.draft.endpoints.append(made)
            self.watched.add(name)

    def _service(self, service: NagiosObject) -> None:
        what = service.values.get("service_description", "service")
        hosts = self._hosts_of(service)
        if service.values.get("active_checks_enabled") == "0":
            message = f"{what}: skipped: it is passive: nobody asks, results are sent in"
            self.draft.note(service.text, service.line, message)
            return
        if not hosts:
            self.draft.note(
                service.text, service.line, f"{what}: skipped: none of its hosts is known"
            )
        for name in hosts:
            command = service.values.get("check_command", "")
            made = self._endpoint(command, service, self.hosts[name], f"{name} {what}")
            if made:
                parents = {"parents": [name]} if name in self.watched else {}
                self.draft.endpoints.append({**made, **parents})

    def _hosts_of(self, service: NagiosObject) -> list[str]:
        named = _names(service.values.get("host_name", ""))
        for group in _names(service.values.get("hostgroup_name", "")):
            sign = "!" if group.startswith("!") else ""
            members = self.hosts if group == "*" else self.members.get(group.removeprefix("!"), ())
            named.extend(f"{sign}{name}" for name in members)
        if "*" in named:
            named.extend(self.hosts)
        without = {name[1:] for name in named if name.startswith("!")}
        return [name for name in dict.fromkeys(named) if name in self.hosts and name not in without]

    def _endpoint(
        self, command: str, item: NagiosObject, host: NagiosObject, name: str
    ) -> Table | None:
        address = host.values.get("address") or host.values["host_name"]
        try:
            line = self._command_line(command, item, host)
        except ValueError as error:
            self.draft.note(item.text, item.line, f"{name}: skipped: {error}")
            return None
        if (period := item.values.get("check_period", "24x7")) != "24x7":
            message = f"{name}: it is checked at all times, not only in {period}"
            self.draft.note(item.text, item.line, message)
        made = plugin_endpoint(line, address, name, self.draft, (item.text, item.line))
        if made is None:
            return None
        if (called := command.partition("!")[0].strip()) not in self.commands:
            self.taken.setdefault(called, item)
        values, groups = item.values, _names(host.values.get("hostgroups", ""))
        times = check_times(
            config_duration(values.get("check_interval"), _UNIT_SECONDS),
            config_duration(values.get("retry_interval"), _UNIT_SECONDS),
            values.get("max_check_attempts", ""),
        )
        return pruned({**made, **times, "group": groups[0] if groups else None})

    def _command_line(self, command: str, item: NagiosObject, host: NagiosObject) -> str:
        name, *arguments = re.split(r"(?<!\\)!", command)
        name = name.strip()
        if name not in self.commands:
            options = all(argument.startswith("-") for argument in arguments if argument)
            if is_supported(name) and not options:
                message = f"its command {name} is not in these files: what its arguments mean"
                raise ValueError(f"{message} is not known")
            return " ".join((name, *arguments))
        line = self.commands[name]
        macros = {
            "HOSTADDRESS": host.values.get("address") or host.values.get("host_name", ""),
            "HOSTNAME": host.values.get("host_name", ""),
            "SERVICEDESC": item.values.get("service_description", ""),
            "HOSTALIAS": host.values.get("alias", ""),
            **{f"ARG{number}": value for number, value in enumerate(arguments, 1)},
            **{f"_HOST{k[1:].upper()}": v for k, v in host.values.items() if k[:1] == "_"},
            **{f"_SERVICE{k[1:].upper()}": v for k, v in item.values.items() if k[:1] == "_"},
        }
        plugin, blank, line = line.partition(" ")
        for _ in range(2):  # an argument may hold macros itself
            line = _MACRO.sub(partial(_filled, macros), line)
        return f"{_MACRO.sub('', plugin)}{blank}{line}".replace("$$", "$")


def _filled(macros: dict[str, str], found: re.Match[str]) -> str:
    """What a macro stands for; an argument that is not there is empty, as it is for Nagios."""
    name = found[1]
    if name not in macros and not name.startswith(("ARG", "_HOST", "_SERVICE")):
        raise ValueError(f"the macro ${name}$ is not known")
    return macros.get(name, "")


def _is(item: NagiosObject, kind: str, key: str) -> bool:
    return item.kind == kind and bool(item.values.get(key))
