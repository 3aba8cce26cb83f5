"""A call of a monitoring plugin (``check_http -H shop -S``) as an endpoint."""

import re
import shlex
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from urllib.parse import quote

from ringback.failure.target import bracketed, split_port
from ringback.monitor.importing.draft import Draft, ImportedFile, Table, config_duration, pruned

_SERVICES = {
    "check_ssh": "ssh",
    "check_ftp": "ftp",
    "check_smtp": "smtp",
    "check_ssmtp": "smtps",
    "check_imap": "imap",
    "check_simap": "imaps",
    "check_pop": "pop3",
    "check_spop": "pop3s",
    "check_nntp": "nntp",
    "check_nntps": "nntps",
    "check_mysql": "mysql",
    "check_pgsql": "postgres",
    "check_ldap": "ldap",
    "check_ldaps": "ldaps",
}
"""Plugins of which it is checked that the service answers, and the scheme of its URL."""
_TLS_SCHEMES = {"imap": "imaps", "pop3": "pop3s", "nntp": "nntps", "ftp": "ftps", "ldap": "ldaps"}
_DATABASE_USERS = {"mysql": "-u", "postgres": "-l"}
"""The option that names the user; of these plugins ``-p`` is a password and ``-P`` the port."""
_SHORT_OPTIONS = {
    "--hostname": "-H",
    "--IP-address": "-I",
    "--port": "-p",
    "--uri": "-u",
    "--url": "-u",
    "--ssl": "-S",
    "--expect": "-e",
    "--string": "-s",
    "--regex": "-r",
    "--ereg": "-r",
    "--onredirect": "-f",
    "--eregi": "-R",
    "--header-string": "-d",
    "--pagesize": "-m",
    "--max-age": "-M",
    "--client-cert": "-J",
    "--password": "-p",
    "--username": "-u",
    "--database": "-d",
    "--timeout": "-t",
    "--critical": "-c",
    "--certificate": "-C",
    "--starttls": "-S",
    "--authorization": "-a",
    "--header": "-k",
    "--post": "-P",
    "--method": "-j",
    "--send": "-s",
    "--server": "-s",
    "--expected-address": "-a",
    "--query_address": "-l",
    "--record_type": "-T",
    "--lookup": "-l",
}
_VALUED = frozenset(_SHORT_OPTIONS.values()) - {"-S", "-T"}
_OPTION = re.compile(r"--?[A-Za-z]")
_FLAGS = frozenset({"-4", "-6", "-S", "-E", "-N", "-L", "-v", "-n", "--sni", "--no-body"}) | {
    "--continue-after-certificate"
}


class PluginOptions:
    """The options of a plugin."""

    def __init__(self, words: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {}
        waiting = ""
        for word in words:
            waiting = self._take(word, waiting)
        if waiting:  # it was the last word: it takes no value
            self._values.setdefault(waiting, []).append("")
        # Those that nobody asked for
        self.lost = {key for key in self._values if key not in {"-w", "-v", "-4", "-6", "--sni"}}

    def _take(self, word: str, waiting: str) -> str:
        """Take a word; return the option that waits for the next one."""
        if waiting and (waiting in _VALUED or not _OPTION.match(word)):
            self._values.setdefault(waiting, []).append(word)
            return ""
        if waiting:  # one that is not known, and takes no value
            self._values.setdefault(waiting, []).append("")
        if not word:  # a macro that is empty
            return ""
        name, equals, value = word.partition("=")
        name = _SHORT_OPTIONS.get(name, name)
        if not word.startswith("-"):
            self._values.setdefault("", []).append(word)
            return ""
        if not word.startswith("--") and len(word) > 2 and word[:2] not in _FLAGS:
            name, equals, value = word[:2], "=", word[2:]
        if name in _FLAGS or equals:
            self._values.setdefault(name, []).append(value)
            return ""
        return name

    def get(self, *names: str) -> str:
        """Return the value of the first of these options that is there; ``""``: none is."""
        return next((values[-1] for name in names if (values := self.all(name))), "")

    def all(self, name: str) -> list[str]:
        self.lost.discard(name)
        return self._values.get(name, [])

    def has(self, *names: str) -> bool:
        return any(self.all(name) for name in names)

    def refuse(self, *names: str) -> None:
        """Raise ``ValueError`` if one of these is there: without it the check would see less."""
        for name in names:
            if self.has(name):
                raise ValueError(f"{name} has no equivalent; without it the check would see less")

    def port(self, name: str) -> str:
        """Return the port as a URL has it; ``""``: none is said. The value itself is not shown."""
        port = self.get(name)
        if port and not port.isdigit():
            raise ValueError(f"its port ({name}) is no number")
        return f":{port}" if port else ""


def plugin_endpoint(
    command: str, address: str, name: str, draft: Draft, place: tuple[ImportedFile, int]
) -> Table | None:
    """Return a call as an endpoint; ``None``: it cannot be. What is not carried over is noted."""
    try:
        program, *words = shlex.split(command)
    except ValueError as error:
        draft.note(*place, f"{name}: skipped: cannot be read: {error}")
        return None
    plugin = PurePosixPath(program).name.removesuffix(".pl").removesuffix(".py")
    options = PluginOptions(words)
    making = _PLUGINS.get(plugin)
    try:
        if making is not None:
            made = making(options, address, name, draft)
        elif plugin in _SERVICES:
            made = _service(_SERVICES[plugin], options, address)
        else:
            raise ValueError(f"{plugin} is not supported")
    except ValueError as error:
        draft.note(*place, f"{name}: skipped: {error}")
        return None
    if timeout := options.get("-t"):
        made["timeout"] = config_duration(timeout) if timeout.isdigit() else None
    for option in sorted(options.lost):
        lost = f"{option or 'an extra argument'} of {plugin}"
        draft.note(*place, f"{name}: {lost} is not imported")
    return pruned({"name": name, **made})


def is_supported(plugin: str) -> bool:
    return plugin in _PLUGINS or plugin in _SERVICES


def check_times(every: str | None, retry_every: str | None, tries: str) -> Table:
    """Return how often to check, and how many failures in a row mean that it is down."""
    threshold = int(tries) if tries.isdigit() and tries != "0" else None
    return {"every": every, "retry_every": retry_every, "threshold": threshold}


def _service(scheme: str, options: PluginOptions, address: str) -> Table:
    host = bracketed(options.get("-H") or options.get("") or address)
    if scheme not in _DATABASE_USERS:
        if scheme in _TLS_SCHEMES and options.has("-S", *("-D",) * (scheme != "ldap")):
            scheme = _TLS_SCHEMES[scheme]
        if scheme == "ldap" and options.has("-T"):
            where = f"{host}{options.port('-p') or ':389'}"
            return {"url": f"tls://{where}", "starttls": "ldap"}
        days = {"certificate_days": _days(options.get("-D")) if scheme != "ldaps" else None}
        return {"url": f"{scheme}://{host}{options.port('-p')}", "expect": days}
    user = options.get(_DATABASE_USERS[scheme])
    named, where = f"{quote(user)}@" if user else "", f"{host}{options.port('-P')}"
    database = f"/{quote(options.get('-d'))}" if scheme == "postgres" and options.has("-d") else ""
    return {"url": f"{scheme}://{named}{where}{database}"}


def _http(options: PluginOptions, address: str, name: str, draft: Draft) -> Table:
    days = options.get("-C")
    secure = options.has("-S") or options.has("--ssl") or bool(days)
    named, at = options.get("-H"), options.get("-I")
    host = named or at or address
    options.refuse("-d", "-R", "-m", "-M", "--invert-regex", "-J")
    statuses = [int(code) for code in re.findall(r"\b[1-5]\d\d\b", options.get("-e"))]
    if options.get("-e") and not statuses:
        raise ValueError("of -e only statuses are imported")
    port = options.port("-p")
    path = _path(options.get("-u") or "/", host, port.removeprefix(":"), secure)
    # Where it is said what to expect, that is judged, and no redirect is followed
    follows = options.get("-f") in {"follow", "sticky", "stickyport"} and not statuses
    elsewhere = bool(named and at) and named.casefold() != at.casefold()
    if elsewhere and not follows and not (secure and options.has("--sni")):
        host = at
    elif elsewhere:
        options.lost.add(f"that {at} is asked, not what {named} resolves to (-I),")
    if days and not options.has("--continue-after-certificate"):
        return {  # nothing is asked of it
            "url": f"tls://{bracketed(host)}{port or ':443'}",
            "verify": False,
            "expect": {"certificate_days": _days(days)},
        }
    called = {"Host": f"{bracketed(named)}{port}"} if host != (named or host) else {}
    headers = called | dict(_pair(header) for header in options.all("-k") if header)
    found = draft.headers(headers, name)
    if options.has("-a"):
        found["Authorization"] = draft.basic_login(name)
    body = options.get("-P")
    return {
        "url": f"http{'s' * secure}://{bracketed(host)}{port}{path}",
        "method": options.get("-j") or ("POST" if body else None),
        "headers": found,
        "body": body,
        "redirects": None if follows else False,
        "verify": False if secure else None,
        "expect": {
            "status": statuses,
            "contains": options.get("-s"),
            "matches": options.get("-r"),
            "latency": config_duration(options.get("-c")),
            "certificate_days": _days(days),
        },
    }


def _path(uri: str, host: str, port: str, secure: bool) -> str:
    """The path of ``-u``, which may be a whole URL; it is asked of the same server all the same."""
    scheme, separator, rest = uri.partition("://")
    usual = "443" if secure else "80"
    if separator:
        asked = split_port(rest.partition("/")[0])
        same = (asked[0].casefold(), str(asked[1] or usual)) == (host.casefold(), port or usual)
        if scheme != ("https" if secure else "http") or not same:
            raise ValueError("its URL (-u) names another server than the one it asks")
        uri = f"/{rest.partition('/')[2]}"
    if not uri.startswith("/"):
        raise ValueError("its path (-u) does not begin with a slash")
    return uri


def _tcp(options: PluginOptions, address: str, _name: str, _draft: Draft) -> Table:
    host, port = options.get("-H") or address, options.port("-p")
    options.refuse("-j", "-A", "-M", "-m")
    if len(options.all("-e")) > 1:
        raise ValueError("of several texts that it expects (-e) only one can be imported")
    if not port:
        raise ValueError("has no port")
    if options.has("-S") or options.has("-D"):
        days = {"certificate_days": _days(options.get("-D"))}
        options.refuse("-e", "-s")
        return {"url": f"tls://{bracketed(host)}{port}", "expect": days}
    escaped = options.has("-E")
    return {
        "url": f"tcp://{bracketed(host)}{port}",
        "send": _unescaped(options.get("-s")) if escaped else options.get("-s"),
        "expect": {
            "contains": _unescaped(options.get("-e")) if escaped else options.get("-e"),
            "latency": config_duration(options.get("-c")),
        },
    }


def _ping(options: PluginOptions, address: str, _name: str, _draft: Draft) -> Table:
    for ignored in ("-p", "-n"):
        options.all(ignored)
    slowest, _, loss = options.get("-c").partition(",")
    if loss.rstrip("%") not in {"", "100"}:
        options.lost.add("the share of lost packets (-c)")
    latency = config_duration(slowest.removesuffix("ms"), 0.001)
    family = 6 if options.has("-6") else 4 if options.has("-4") else None
    return {
        "url": f"icmp://{bracketed(options.get('-H') or address)}",
        "ip": family,
        "expect": {"latency": latency},
    }


def _dns(options: PluginOptions, address: str, _name: str, _draft: Draft) -> Table:
    options.refuse("-A", "--expect-authority", "-n", "--expect-nxdomain", "-L", "--all")
    if options.has("-a"):  # one of them, or all and no other: the plugin's versions differ
        raise ValueError("the set of addresses that it expects (-a) has no equivalent")
    return {
        "url": f"dns://{options.get('-H') or address}",
        "nameserver": options.get("-s"),
        "record": options.get("-q", "--querytype"),
        "expect": {"latency": config_duration(options.get("-c"))},
    }


def _dig(options: PluginOptions, address: str, _name: str, _draft: Draft) -> Table:
    port, server = options.port("-p"), options.get("-H") or address
    return {
        "url": f"dns://{options.get('-l')}",
        "nameserver": f"{bracketed(server)}{port}" if port else server,
        "record": options.get("-T"),
        "expect": {"answers": options.all("-a"), "latency": config_duration(options.get("-c"))},
    }


def _smtp(options: PluginOptions, address: str, _name: str, _draft: Draft) -> Table:
    made = _service("smtp", options, address)
    if not options.has("-S") and not options.has("-D"):
        return made
    host = str(made["url"]).removeprefix("smtp://")
    port = "" if options.port("-p") else ":25"
    return {**made, "url": f"tls://{host}{port}", "starttls": "smtp"}


_SSL_CERT_DAYS = 15  # Of check_ssl_cert, where nothing else is said


def _ssl_cert(options: PluginOptions, address: str, _name: str, _draft: Draft) -> Table:
    host, days, named = options.get("-H") or address, options.get("-c"), options.get("--cn")
    if named and named.casefold() != host.casefold():
        raise ValueError(f"the certificate is another's than the address: {named}")
    return {
        "url": f"tls://{bracketed(host)}{options.port('-p') or ':443'}",
        "expect": {"certificate_days": int(days) if days.isdigit() else _SSL_CERT_DAYS},
    }


_PLUGINS: dict[str, Callable[[PluginOptions, str, str, Draft], Table]] = {
    "check_http": _http,
    "check_curl": _http,
    "check_https": _http,
    "check_tcp": _tcp,
    "check_smtp": _smtp,
    "check_ssl_cert": _ssl_cert,
    "check_ping": _ping,
    "check_icmp": _ping,
    "check_fping": _ping,
    "check-host-alive": _ping,
    "check_host_alive": _ping,
    "check_dns": _dns,
    "check_dig": _dig,
}


def _pair(header: str) -> tuple[str, str]:
    name, _, value = header.partition(":")
    return name.strip(), value.strip()


def _days(days: str) -> int | None:
    """The last of ``WARNING,CRITICAL``."""
    last = days.rsplit(",", maxsplit=1)[-1]
    return int(last) if last.isdigit() else None


def _unescaped(text: str) -> str:
    known = {"\\r": "\r", "\\n": "\n", "\\t": "\t", "\\\\": "\\"}
    return re.sub(r"\\[rnt\\]", lambda match: known[match[0]], text)
