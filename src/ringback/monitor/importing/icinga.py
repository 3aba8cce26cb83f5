"""Icinga 2's hosts and services, as far as they say things plainly."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ringback.monitor.importing.draft import Draft, ImportedFile, config_duration, pruned
from ringback.monitor.importing.icinga_text import (
    FUNCTIONS,
    UNCLEAR,
    IcingaBlock,
    Scope,
    Statement,
    UnclearExpression,
    executed,
    read_blocks,
)
from ringback.monitor.importing.plugin import check_times, plugin_endpoint

_BLOCK = re.compile(
    r"^\s*(?:object|template|apply)\s+[A-Z]\w+\b[^{\n]*\{"
    r'|^\s*const\s+\w+\s*=|^\s*include\s+["<]',
    re.MULTILINE,
)
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
        "http_sni": "--sni",
        "http_expect": "-e",
        "http_string": "-s",
        "http_expect_body_regex": "-r",
        "http_post": "-P",
        "http_onredirect": "-f",
        "http_auth_pair": "-a",
        "http_method": "-j",
        "http_certificate": "-C",
        "http_critical_time": "-c",
        "http_header": "-k",
        "http_headerstring": "-d",
        "http_expect_body_eregi": "-R",
        "http_invertregex": "--invert-regex",
        "http_pagesize": "-m",
        "http_maxage": "-M",
        "http_clientcert": "-J",
    },
    "tcp": {
        "tcp_address": "-H",
        "tcp_port": "-p",
        "tcp_escape_send": "-E",
        "tcp_send": "-s",
        "tcp_expect": "-e",
        "tcp_all": "-A",
        "tcp_mismatch": "-M",
        "tcp_ssl": "-S",
        "tcp_certificate": "-D",
        "tcp_ctime": "-c",
    },
    "dns": {
        "dns_lookup": "-H",
        "dns_server": "-s",
        "dns_query_type": "-q",
        "dns_expected_answers": "-a",
        "dns_authoritative": "-A",
        "dns_ctime": "-c",
    },
    "dig": {"dig_lookup": "-l", "dig_server": "-H", "dig_record_type": "-T"},
    "ssl_cert": {
        "ssl_cert_address": "-H",
        "ssl_cert_port": "-p",
        "ssl_cert_cn": "--cn",
        "ssl_cert_critical": "-c",
        "ssl_cert_warn": "-w",
    },
    **{
        name: {
            f"{name}_address": "-H",
            f"{name}_port": "-p",
            f"{name}_ssl": "-S",
            f"{name}_starttls": "-T" if name == "ldap" else "-S",
            f"{name}_certificate_age": "-D",
        }
        for name in (
            *("ssh", "smtp", "ssmtp", "imap", "simap", "pop", "spop", "ftp", "nntp"),
            *("nntps", "ldap"),
        )
    },
    **{
        name: {f"{name}_address": "-H", f"{name}_timeout": "-t", f"{name}_limits": "-c"}
        for name in ("ping", "icmp")
    },
    "mysql": {"mysql_hostname": "-H", "mysql_port": "-P", "mysql_username": "-u"},
    "pgsql": {
        "pgsql_hostname": "-H",
        "pgsql_port": "-P",
        "pgsql_username": "-l",
        "pgsql_database": "-d",
    },
}
"""Command to its variables, and the option of the plugin that each is."""
_LIMITS = {"ping": ("200", "15"), "hostalive": ("5000", "100"), "icmp": ("200", "15")}
"""Commands that ping to their milliseconds and lost packets in percent, where nothing is said."""


_NOT_IMPORTED = {
    "User": "users are not imported: add a [[notifier]] for them",
    "Notification": "notifications are not imported: add a [[notifier]] and a [[route]]",
    "Dependency": "dependencies are not imported: set parents",
}
_MAX_MACRO_DEPTH = 3  # Macros within what macros stand for
_MACRO = re.compile(r"\$([A-Za-z_][\w.]*)\$")


@dataclass(frozen=True, slots=True)
class IcingaObject:
    """One host or service with what its templates say."""

    name: str
    values: dict[str, Any]  # Key to value; `vars` is a table
    place: tuple[ImportedFile, int]


def is_icinga(text: ImportedFile) -> bool:
    return _BLOCK.search(text.text) is not None


def convert_icinga(texts: Iterable[ImportedFile], draft: Draft) -> None:
    draft.defaults = {"every": "5m", "retry_every": "1m", "threshold": 3}  # Icinga's own
    blocks: list[tuple[ImportedFile, IcingaBlock]] = []
    scope: Scope = {**FUNCTIONS, "NodeName": "NodeName"}
    for text in texts:
        found, constants = read_blocks(text.text)
        blocks += ((text, block) for block in found)
        scope |= constants
    _Converter(blocks, scope, draft).add()


class _Converter:
    def __init__(
        self, blocks: list[tuple[ImportedFile, IcingaBlock]], scope: Scope, draft: Draft
    ) -> None:
        self.blocks, self.scope, self.draft = blocks, scope, draft
        self.templates = {
            (block.kind, self._name_of(block, scope)): block
            for _, block in blocks
            if block.how == "template"
        }
        self.hosts: dict[str, IcingaObject] = {}
        self.watched: set[str] = set()

    def add(self) -> None:
        live = [(text, block) for text, block in self.blocks if block.how != "template"]
        for text, block in live:
            if (block.how, block.kind) == ("object", "Host"):
                self._host(text, block)
        for text, block in live:
            if block.kind == "Service":
                self._service(text, block)
        told: set[str] = set()
        for text, block in live:
            if block.kind in _NOT_IMPORTED and block.kind not in told:
                told.add(block.kind)
                self.draft.note(text, block.line, _NOT_IMPORTED[block.kind])

    def _name_of(self, block: IcingaBlock, scope: Scope) -> str:
        try:
            return str(block.name(scope))
        except UnclearExpression as error:
            return str(error)  # a constant that is set elsewhere goes by its own name

    def _host(self, text: ImportedFile, block: IcingaBlock) -> None:
        name = self._name_of(block, self.scope)
        imports: list[str] = []
        values = self._values(block, {**self.scope, "name": name}, imports)
        if values is None:
            self.draft.note(text, block.line, f"{name}: skipped: it is not understood")
            return
        values = {"vars": {}, "groups": [], **values, "name": name, "templates": imports}
        host = self.hosts[name] = IcingaObject(name, values, (text, block.line))
        if self._endpoint(host, host, name):
            self.watched.add(name)

    def _service(self, text: ImportedFile, block: IcingaBlock) -> None:
        place, name = (text, block.line), self._name_of(block, self.scope)
        for host in self._hosts_of(block, place):
            scope = {**self.scope, "host": host.values}
            try:
                turns = list(_turns(block, scope))
            except UnclearExpression:
                self.draft.note(*place, f"{name or host.name}: skipped: its rule is not supported")
                return
            for key, more in turns:
                inner = {**scope, **more}
                whole = f"{self._name_of(block, inner)}{key}"
                values = self._values(block, {**inner, "name": whole}, [])
                if values is None:
                    self.draft.note(*place, f"{whole}: skipped: it is not understood")
                    continue
                service = IcingaObject(whole, values, place)
                if self._endpoint(service, host, f"{host.name} {whole}"):
                    parents = {"parents": [host.name]} if host.name in self.watched else {}
                    self.draft.endpoints[-1].update(parents)

    def _hosts_of(
        self, block: IcingaBlock, place: tuple[ImportedFile, int]
    ) -> Iterable[IcingaObject]:
        if block.how == "object":
            values = self._values(block, self.scope, []) or {}
            named = self.hosts.get(str(values.get("host_name")))
            return [named] if named else []
        rules = [rule for rule in block.statements if rule.what in ("assign", "ignore")]
        try:
            return [
                host
                for host in self.hosts.values()
                if _rule_holds(rules, {**self.scope, "host": host.values}, block)
            ]
        except UnclearExpression:
            name = self._name_of(block, self.scope)
            message = f"{name}: skipped: its assign rule is not supported; list its hosts"
            self.draft.note(*place, message)
            return []

    def _values(
        self, block: IcingaBlock, scope: Scope, imports: list[str]
    ) -> dict[str, Any] | None:
        """What an object says; ``None``: that is not known. Each template is read once."""
        into: dict[str, Any] = {}
        try:
            self._execute(block, into, scope, imports)
        except UnclearExpression:
            return None
        return into

    def _execute(
        self, block: IcingaBlock, into: dict[str, Any], scope: Scope, imports: list[str]
    ) -> None:
        for statement in block.statements:
            if statement.what == "import":
                name = str(statement.value(scope))
                template = self.templates.get((block.kind, name))
                if name not in imports and len(imports) < _MAX_IMPORTS:
                    imports.append(name)
                    if template is not None:
                        self._execute(template, into, scope, imports)
            else:
                seen = {**scope, **({"vars": into["vars"]} if "vars" in into else {})}
                executed([statement], into, seen)

    def _endpoint(self, item: IcingaObject, host: IcingaObject, name: str) -> bool:
        command = item.values.get("check_command")
        if not command:
            return False
        try:
            if command is UNCLEAR:
                raise UnclearExpression("check_command")
            line = _command_line(str(command), item.values, host.values)
        except UnclearExpression as error:
            self.draft.note(*item.place, f"{name}: skipped: {error} is not understood")
            return False
        keys = ("address6", "address") if command in _OVER_IPV6 else ("address", "address6")
        found = (host.values.get(key) for key in keys)
        address = next((text for text in found if isinstance(text, str) and text), host.name)
        made = plugin_endpoint(line, address, name, self.draft, item.place)
        if made is None:
            return False
        if item.values.get("command_endpoint"):
            message = f"{name}: command_endpoint is not imported: it is asked from here"
            self.draft.note(*item.place, message)
        for variable in _lost_variables(str(command), item.values, host.values):
            self.draft.note(*item.place, f"{name}: vars.{variable} is not imported")
        times = check_times(
            _time(item.values.get("check_interval")),
            _time(item.values.get("retry_interval")),
            str(item.values.get("max_check_attempts", "")),
        )
        self.draft.endpoints.append(pruned({**made, **times}))
        return True


_MAX_IMPORTS = 100  # Templates of one object
_OVER_IPV6 = frozenset({"hostalive6", "ping6"})


def _turns(block: IcingaBlock, scope: Scope) -> Iterator[tuple[str, Scope]]:
    """How often a rule makes a service of a host: what its name ends in, and what names mean."""
    if block.through is None:
        yield "", {}
        return
    table = block.through(scope)
    if table is UNCLEAR:
        raise UnclearExpression("for")
    if isinstance(table, Mapping):
        for key, value in table.items():
            yield key, dict(zip(block.names, (key, value), strict=False))
    else:
        for item in table or ():
            yield str(item), {block.names[0]: item}


def _rule_holds(rules: list[Statement], scope: Scope, block: IcingaBlock) -> bool:
    assigned = [bool(_known(rule.value(scope))) for rule in rules if rule.what == "assign"]
    ignored = [bool(_known(rule.value(scope))) for rule in rules if rule.what == "ignore"]
    wanted = any(assigned) if assigned else block.through is not None
    return wanted and not any(ignored)


def _known(value: Any) -> Any:
    if value is UNCLEAR:
        raise UnclearExpression("a rule")
    return value


def _command_line(command: str, values: dict[str, Any], host: dict[str, Any]) -> str:
    own, of_host = (found if isinstance(found, dict) else {} for found in _vars(values, host))
    variables = {**of_host, **own}
    address = host.get("address") or host.get("address6")
    if command == "http" and isinstance(address, str):
        variables = {"http_address": address, **variables}
    if command == "dns":
        variables = {"dns_lookup": str(host["name"]), **variables}
    words = [_PLUGINS.get(command, f"check_{command}")]
    prefix = _prefix(command)
    if limits := _LIMITS.get(command.rstrip("46")):
        variables = {f"{prefix}_crta": limits[0], f"{prefix}_cpl": limits[1], **variables}
        variables[f"{prefix}_limits"] = f"${prefix}_crta$,${prefix}_cpl$%"
    for variable, option in _OPTIONS.get(prefix, {}).items():
        value = variables.get(variable)
        several = value if isinstance(value, list) else [value]
        if any(text is UNCLEAR for text in several):
            raise UnclearExpression(f"vars.{variable}")
        if option in {"-S", "--sni"} or variable.endswith("_starttls") or value is True:
            words += [option] if value not in (None, False, "", "0", "false") else []
            continue
        written = (_filled(text, variables, host) for text in several if isinstance(text, str))
        words.extend(f"{option} {shlex.quote(text)}" for text in written if text)
    return " ".join(words)


def _prefix(command: str) -> str:
    """What the names of a command's variables begin with."""
    return "ping" if command in _PLUGINS else command


def _vars(values: dict[str, Any], host: dict[str, Any]) -> tuple[Any, Any]:
    return values.get("vars"), host.get("vars")


def _lost_variables(command: str, values: dict[str, Any], host: dict[str, Any]) -> list[str]:
    """The variables of a command that say something else than is imported."""
    prefix = _prefix(command)
    known = _OPTIONS.get(prefix, {})
    own, of_host = (found if isinstance(found, dict) else {} for found in _vars(values, host))
    return sorted(
        key
        for key, value in {**of_host, **own}.items()
        if key.startswith(f"{prefix}_")
        and key not in known
        and not key.endswith(_HARMLESS)
        and not isinstance(value, dict)  # what rules go through
        and value not in (None, False, "")
    )


_HARMLESS = (
    *("_altnames", "_ignore_ocsp", "_sni", "_verbose", "_warn_time", "_wtime", "_ipv4"),
    *("_wrta", "_wpl", "_crta", "_cpl", "_packets"),  # The critical ones are in the limits
)
"""Ends of variables without which a check sees no less."""


def _filled(text: str, variables: dict[str, Any], host: dict[str, Any]) -> str:
    """A text with what its macros stand for."""
    known = {
        **{key: host.get(key) for key in ("address", "address6", "name", "display_name")},
        **variables,
    }

    def meaning(match: re.Match[str]) -> str:
        *path, last = match[1].removeprefix("service.").removeprefix("host.").split(".")
        found = known.get(last) if path in ([], ["vars"]) else UNCLEAR
        if not isinstance(found, str | None):
            raise UnclearExpression(match[0])
        return found or ""

    for _ in range(_MAX_MACRO_DEPTH):
        if not _MACRO.search(text):
            break
        text = _MACRO.sub(meaning, text)[:_MAX_TEXT]
    return text.replace("$$", "$")


_MAX_TEXT = 10_000  # Characters of an option


def _time(value: Any) -> str | None:
    match = _TIME.fullmatch(str(value or ""))
    return config_duration(match[1], _UNITS[match[2] or ""]) if match else None
