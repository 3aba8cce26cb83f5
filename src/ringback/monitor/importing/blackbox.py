"""blackbox_exporter's modules (``blackbox.yml``) and Prometheus' targets for it."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from ringback.failure.target import bracketed, split_port
from ringback.monitor.config.values import duration_of
from ringback.monitor.config.yaml_text import YAMLText, as_list, as_table, indexed_tables
from ringback.monitor.importing.draft import (
    Draft,
    ImportedFile,
    Table,
    config_duration,
    pruned,
    yaml_of,
)
from ringback.monitor.importing.relabel import Labels, relabel_rules, relabelled

_HTTP = frozenset(
    {"valid_status_codes", "method", "headers", "body", "follow_redirects", "no_follow_redirects"}
    | {"fail_if_body_not_matches_regexp", "fail_if_body_matches_regexp", "tls_config"}
    | {"preferred_ip_protocol", "ip_protocol_fallback", "basic_auth", "bearer_token"}
    | {"fail_if_header_not_matches", "authorization", "proxy_url", "proxy_from_environment"}
    | {"valid_http_versions"}
)
_TCP = frozenset({"query_response", "tls", "tls_config", "preferred_ip_protocol"})
_DNS = frozenset(
    {"query_name", "query_type", "preferred_ip_protocol", "validate_answer_rrs", "valid_rcodes"}
)
_ICMP = frozenset({"preferred_ip_protocol", "ip_protocol_fallback"})
_CONDITIONS = frozenset(
    {"fail_if_ssl", "fail_if_not_ssl", "fail_if_header_matches", "ttl"}
    | {"fail_if_body_json_matches_cel", "fail_if_body_json_not_matches_cel"}
    | {"validate_authority_rrs", "validate_additional_rrs", "dns_over_tls"}
    | {"body_file", "oauth2", "http_headers"}
)
"""Keys without which a check would see less than it did."""
_GRPC = frozenset({"service", "tls", "tls_config", "preferred_ip_protocol", "ip_protocol_fallback"})
_TLS = frozenset({"insecure_skip_verify", "ca_file", "cert_file", "key_file", "server_name"})
_KNOWN = {"http": _HTTP, "tcp": _TCP, "dns": _DNS, "icmp": _ICMP, "grpc": _GRPC}


class BlackboxModule:
    """How a target is probed."""

    def __init__(
        self, name: str, data: Table, text: ImportedFile, line: Callable[..., int]
    ) -> None:
        self.name, self.data, self.text, self.line = name, data, text, line
        self.prober = str(data.get("prober"))
        self.own = as_table(data.get(self.prober))

    def endpoint(self, target: str, draft: Draft, hostname: str = "") -> Table | None:
        """Return a target as an endpoint; ``None``: there is no probe for it.

        ``hostname`` is what it is to be called in the request, if that is said.
        """
        making = {
            "http": self._http,
            "tcp": self._tcp,
            "dns": self._dns,
            "icmp": self._icmp,
            "grpc": self._grpc,
        }.get(self.prober)
        if self.prober == "grpc" and target == _ANY_TARGET:
            message = f"module {self.name}: skipped: /probe has no module for gRPC's health service"
            draft.note(self.text, self.line(), message)
            return None
        if making is None:
            message = f"module {self.name}: skipped: the prober {self.prober} is not supported"
            draft.note(self.text, self.line(), message)
            return None
        if lost := self._other_server(target, hostname) or self._lost_condition():
            key, why = lost
            message = f"module {self.name}: skipped: {why}; without it the check would see less"
            draft.note(self.text, self.line(self.prober, key), message)
            return None
        for key in sorted(self.own.keys() - _CONDITIONS - _KNOWN[self.prober]):
            message = f"module {self.name}: {key} has no equivalent"
            draft.note(self.text, self.line(self.prober, key), message)
        for (*keys, key), why in self._partly_lost():
            message = f"module {self.name}: {key} {why}"
            draft.note(self.text, self.line(self.prober, *keys, key), message)
        timeout = {"timeout": self.data["timeout"]} if "timeout" in self.data else {}
        return {"name": target, **making(target, draft), **timeout}

    def table(self, draft: Draft) -> Table | None:
        """Return it as a module of ``/probe``; ``None``: there is no probe for it."""
        made = self.endpoint(_ANY_TARGET, draft)
        if made is None:
            return None
        url = str(made.pop("url"))
        del made["name"]
        if made.pop("nameserver", None):
            made["query"] = url.partition("://")[2]
        return pruned({"type": url.partition("://")[0], **made})

    def _other_server(self, target: str, hostname: str) -> tuple[str, str] | None:
        """What makes it another server that is asked, and what to say of it."""
        named = str(as_table(self.own.get("tls_config")).get("server_name") or "")
        host = split_port((target.partition("://")[2] or target).partition("/")[0])[0]
        if any(name and name.casefold() != host.casefold() for name in (named, hostname)):
            return "tls_config", "a server name other than the target's has no equivalent"
        if as_table(self.own.get("tls_config")).keys() & {"ca", "cert", "key"}:
            return "tls_config", "certificates within the file are not imported"
        if self.own.get("proxy_url") and Draft().proxy(str(self.own["proxy_url"]), "") is None:
            return "proxy_url", "its kind of proxy is not supported"
        return None

    def _partly_lost(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Keys that mean something else here, and what."""
        tls = as_table(self.own.get("tls_config"))
        for key in sorted(tls.keys() - _TLS):
            yield ("tls_config", key), "has no equivalent"
        if tls.get("key_file") and tls["key_file"] != tls.get("cert_file"):
            yield ("tls_config", "key_file"), "must be appended to the file of the certificate"
        versions = as_list(self.own.get("valid_http_versions"))
        if versions and "HTTP/2.0" not in versions:
            yield ("valid_http_versions",), "lacks HTTP/2.0: a server that speaks it is up here"
        if self.own.get("preferred_ip_protocol") and self._ip() is None:
            yield ("preferred_ip_protocol",), "with a fallback: both versions of IP are tried"

    def _lost_condition(self) -> tuple[str, str] | None:
        """A condition that has no equivalent, and what to say of it."""
        for key in sorted(key for key in self.own.keys() & _CONDITIONS if self.own[key]):
            return key, f"{key} has no equivalent"
        versions = as_list(self.own.get("valid_http_versions"))
        if versions and "HTTP/1.1" not in versions:
            return "valid_http_versions", "only HTTP/1.1 is spoken"
        for _, matcher in indexed_tables(self.own.get("fail_if_header_not_matches")):
            if _plain_text(matcher.get("regexp")) is None:
                why = f"headers are only searched for plain text, not for {matcher.get('regexp')!r}"
                return "fail_if_header_not_matches", why
        steps = [step for _, step in indexed_tables(self.own.get("query_response"))]
        plain = None if self.own.get("tls") and steps else _plain_dialogue(steps)
        if plain is None and not _starttls_protocol(steps):
            return "query_response", "of query_response only send and a plain text are imported"
        if any(code != "NOERROR" for code in as_list(self.own.get("valid_rcodes"))):
            return "valid_rcodes", "of valid_rcodes only NOERROR is"
        wanted = as_table(self.own.get("validate_answer_rrs"))
        if wanted and self._answers() is None:
            why = "of validate_answer_rrs only fail_if_none_matches_regexp with a plain text is"
            return "validate_answer_rrs", why
        return None

    def _answers(self) -> list[str] | None:
        """What one of the answers must hold; ``None``: more than that is asked for."""
        wanted = as_table(self.own.get("validate_answer_rrs"))
        patterns = as_list(wanted.get("fail_if_none_matches_regexp"))
        found = [_plain_text(pattern) for pattern in patterns]
        if wanted.keys() - {"fail_if_none_matches_regexp"} or len(found) > 1 or None in found:
            return None
        return [text for text in found if text]

    def _http(self, target: str, draft: Draft) -> Table:
        statuses = as_list(self.own.get("valid_status_codes"))
        follow = self.own.get("follow_redirects", not self.own.get("no_follow_redirects", False))
        return {
            "url": target if "://" in target else f"http://{target}",
            "method": self.own.get("method") if self.own.get("method") != "GET" else None,
            "headers": self._headers(draft),
            "body": self.own.get("body"),
            "redirects": None if follow else False,
            "proxy": self._proxy(draft),
            **self._tls(),
            "expect": {
                "status": statuses or "2xx",
                "matches": self._patterns(),
                "headers": self._header_patterns(),
            },
        }

    def _tls(self) -> Table:
        tls = as_table(self.own.get("tls_config"))
        return {
            "verify": False if tls.get("insecure_skip_verify") else None,
            "ca": tls.get("ca_file"),
            "client_certificate": tls.get("cert_file"),
            "ip": self._ip(),
        }

    def _proxy(self, draft: Draft) -> str | None:
        if self.own.get("proxy_from_environment"):
            return "environment"
        return draft.proxy(str(self.own.get("proxy_url") or ""), self.name)

    def _ip(self) -> int | None:
        """Only where it does not fall back to the other version."""
        wanted = {"ip4": 4, "ip6": 6}.get(str(self.own.get("preferred_ip_protocol")))
        return wanted if self.own.get("ip_protocol_fallback") is False else None

    def _headers(self, draft: Draft) -> dict[str, str]:
        headers = {k: str(v) for k, v in as_table(self.own.get("headers")).items()}
        found = draft.headers(headers, self.name)
        for key in ("basic_auth", "bearer_token", "authorization"):
            if self.own.get(key):
                what = f"the header Authorization of the module {self.name} ({key})"
                found["Authorization"] = draft.secret((self.name, "authorization"), what)
        return found

    def _patterns(self) -> list[str]:
        wanted = [
            str(pattern) for pattern in as_list(self.own.get("fail_if_body_not_matches_regexp"))
        ]
        unwanted = as_list(self.own.get("fail_if_body_matches_regexp"))
        return [*wanted, *(rf"(?s)\A(?!.*(?:{pattern}))" for pattern in unwanted)]

    def _header_patterns(self) -> dict[str, str | None]:
        return {
            str(matcher.get("header")): _plain_text(matcher.get("regexp"))
            for _, matcher in indexed_tables(self.own.get("fail_if_header_not_matches"))
        }

    def _tcp(self, target: str, _draft: Draft) -> Table:
        made: Table = {"url": f"tcp://{target}", "ip": self._ip()}
        steps = [step for _, step in indexed_tables(self.own.get("query_response"))]
        spoken = _starttls_protocol(steps)
        if self.own.get("tls") or spoken:
            made = {"url": f"tls://{target}", "starttls": spoken, **self._tls()}
        return made if spoken else made | (_plain_dialogue(steps) or {})

    def _dns(self, target: str, _draft: Draft) -> Table:
        name = str(self.own.get("query_name", "")).rstrip(".")
        record = self.own.get("query_type")
        return {
            "name": f"{name} at {target}",
            "url": f"dns://{name}",
            "nameserver": target,
            "record": record,
            "expect": {"answers": self._answers()},
        }

    def _icmp(self, target: str, _draft: Draft) -> Table:
        return {"url": f"icmp://{bracketed(target)}", "ip": self._ip()}

    def _grpc(self, target: str, _draft: Draft) -> Table:
        scheme, service = "grpcs" if self.own.get("tls") else "grpc", self.own.get("service") or ""
        return {"url": f"{scheme}://{target}/{service}".rstrip("/"), **self._tls()}


_ANY_TARGET = "target.invalid:1"  # Stands for the target of a module that is imported without any
_PLAIN = re.compile(r"\^?((?:[\w :/@<>=,;!~&#%'\"-]|\\[^\w\s]|\.)+)")
"""A pattern that is searched for as text: each dot stands for itself nearly always."""


def _plain_dialogue(steps: list[Table]) -> Table | None:
    """What is sent first and the text that comes back; ``None``: there is more to it."""
    if not steps:
        return {}
    first = {"send": steps[0].get("send")} if "expect" not in steps[0] else {}
    asked = [step for step in steps if "expect" in step]
    waited = steps.index(asked[0]) if len(asked) == 1 else -1
    plain = _PLAIN.fullmatch(str(asked[0]["expect"])) if waited == len(first) else None
    if plain is None or not all(isinstance(sent, str) for sent in first.values()):
        return None
    sent = {key: f"{text}\n" for key, text in first.items()}
    return {**sent, "expect": {"contains": re.sub(r"\\(.)", r"\1", plain[1])}}


def _plain_text(pattern: object) -> str | None:
    """The text that a pattern is searched for as; ``None``: it is more than a text."""
    plain = _PLAIN.fullmatch(str(pattern).removeprefix(".*").removesuffix(".*"))
    return re.sub(r"\\(.)", r"\1", plain[1]) if plain and not plain[0].startswith("^") else None


_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # Of PostgreSQL
_STARTTLS_COMMANDS = {
    "STLS": "pop3",
    "AUTH TLS": "ftp",
    "EHLO": "smtp",
    "HELO": "smtp",
    "STARTTLS": "imap",
}
"""Command that begins TLS to the protocol it belongs to, the most specific first."""


def _starttls_protocol(steps: Iterable[Table]) -> str | None:
    """What a dialogue speaks that begins TLS within; ``None``: it does not, or nobody knows."""
    steps = list(steps)
    if not any(step.get("starttls") for step in steps):
        return None
    if any(step.get("send") == _SSL_REQUEST for step in steps):
        return "postgres"
    dialogue = " ".join(str(step.get("send") or "") for step in steps).upper()
    return next(
        (protocol for word, protocol in _STARTTLS_COMMANDS.items() if word in dialogue), None
    )


_DEFAULTS: dict[str, Table] = {
    "http_2xx": {"prober": "http"},
    "http_post_2xx": {"prober": "http", "http": {"method": "POST"}},
    "tcp_connect": {"prober": "tcp"},
    "icmp": {"prober": "icmp"},
}
"""The modules that a fresh installation has."""
_MAX_TARGETS = 100_000
_TIMEOUT_OFFSET = 0.5  # Seconds that the exporter keeps of Prometheus' time, where nothing is said
_SECTIONS = {
    "alerting": "alerting is not imported: add a [[notifier]]",
    "rule_files": "rules are not imported: each endpoint that is down opens an incident by itself",
    "scrape_config_files": "jobs in scrape_config_files are not imported: import these files too",
}


def is_prometheus(text: ImportedFile) -> bool:
    """Return whether a file holds modules of blackbox_exporter, or scrape jobs of Prometheus."""
    lines = f"\n{text.text}"
    return "\nscrape_configs:" in lines or ("\nmodules:" in lines and "prober:" in lines)


def convert_prometheus(texts: Iterable[ImportedFile], draft: Draft) -> None:
    read = [(text, yaml_of(text)) for text in texts]
    modules: dict[str, BlackboxModule] = {}
    for text, yaml in read:
        for name, module in as_table(as_table(yaml.data).get("modules")).items():
            modules[name] = BlackboxModule(
                name, as_table(module), text, partial(yaml.line, "modules", name)
            )
    jobs = [(text, yaml) for text, yaml in read if "scrape_configs" in as_table(yaml.data)]
    for text, yaml in jobs:
        _ScrapeJobs(text, yaml, modules, draft).add()
    if not jobs:
        draft.modules = {
            name: table
            for name, module in modules.items()
            if (table := module.table(draft)) is not None
        }
        message = "targets are in prometheus.yml: import it as well, or let it ask /probe here"
        draft.note(read[0][0], 0, f"modules for /probe, no endpoints: {message}")


class _ScrapeJobs:
    def __init__(
        self, text: ImportedFile, read: YAMLText, modules: dict[str, BlackboxModule], draft: Draft
    ) -> None:
        self.text, self.read, self.modules, self.draft = text, read, modules, draft
        self.whole = as_table(read.data)

    def add(self) -> None:
        every = as_table(self.whole.get("global")).get("scrape_interval", "1m")
        self.draft.defaults = {"every": every}
        for key in sorted(self.whole.keys() & _SECTIONS.keys()):
            self.draft.note(self.text, self.read.line(key), _SECTIONS[key])
        for index, job in indexed_tables(self.whole.get("scrape_configs")):
            name = str(job.get("job_name") or "")
            asked, path = as_table(job.get("params")), str(job.get("metrics_path") or "")
            if not path.endswith("/probe") and (path or "module" not in asked):
                self._note(index, f"job {name}: skipped: it scrapes metrics and does not probe")
                continue
            self._job(index, job)

    def _note(self, index: int, message: str, *keys: str | int) -> None:
        self.draft.note(self.text, self.read.line("scrape_configs", index, *keys), message)

    def _labelled(self, index: int, job: Table) -> Iterator[Labels]:
        """What relabelling begins with. Where no rule names the target, the address is it."""
        params = as_table(job.get("params"))
        first = {f"__param_{key}": str(all_[0]) for key, all_ in params.items() if as_list(all_)}
        ruled = "__param_target" in str(job.get("relabel_configs"))
        for address, labels in self._targets(index, job):
            start = {
                "job": str(job.get("job_name") or ""),
                "__address__": address,
                **first,
                **labels,
            }
            yield start if ruled else {"__param_target": address, **start}

    def _job(self, index: int, job: Table) -> None:
        name = str(job.get("job_name") or "")
        try:
            rules = relabel_rules(job.get("relabel_configs"))
        except ValueError as error:
            self._note(index, f"job {name}: skipped: {error}", "relabel_configs")
            return
        for key in job:
            if key.endswith("_sd_configs") and key != "file_sd_configs":
                self._note(index, f"job {name}: targets of {key} are not imported", key)
        for labels in self._labelled(index, job):
            if found := relabelled(labels, rules):
                self._probe(index, job, found)

    def _probe(self, index: int, job: Table, labels: Labels) -> None:
        name, target = str(job.get("job_name") or ""), labels.get("__param_target", "")
        named = labels.get("__param_module", "http_2xx")
        module = self.modules.get(named)
        if module is None and named in _DEFAULTS:
            module = BlackboxModule(named, _DEFAULTS[named], self.text, lambda *_: 0)
        if module is None or not target:
            lacking = f"there is no module {named!r}" if target else "nothing says its target"
            self._note(index, f"job {name}: skipped: {lacking}", "params")
            return
        endpoint = module.endpoint(target, self.draft, labels.get("__param_hostname", ""))
        if endpoint:
            endpoint["timeout"] = self._timeout(job, endpoint.get("timeout"))
            own = {k: v for k, v in labels.items() if not k.startswith("__") and k != "job"}
            if own.get("instance") == target:
                del own["instance"]
            times = {"every": job.get("scrape_interval"), "group": name, "labels": own}
            self.draft.endpoints.append(pruned({**endpoint, **times}))

    def _timeout(self, job: Table, of_module: Any) -> Any:
        """The module's, or half a second less than Prometheus waits, as the exporter does."""
        whole = as_table(self.whole.get("global"))
        every = job.get("scrape_interval") or whole.get("scrape_interval") or "1m"
        try:
            most = min(duration_of(whole.get("scrape_timeout") or 10), duration_of(every))
            longest = duration_of(job.get("scrape_timeout") or most) - _TIMEOUT_OFFSET
            own = duration_of(of_module) if of_module else longest
        except ValueError:
            return of_module
        return of_module if own < longest or longest <= 0 else config_duration(longest)

    def _targets(self, index: int, job: Table) -> Iterator[tuple[str, dict[str, str]]]:
        for _, group in indexed_tables(job.get("static_configs")):
            yield from _group_targets(group)
        for number, discovery in indexed_tables(job.get("file_sd_configs")):
            for pattern in as_list(discovery.get("files")):
                yield from self._of_files(str(pattern), index, number)

    def _of_files(
        self, pattern: str, index: int, number: int
    ) -> Iterator[tuple[str, dict[str, str]]]:
        folder = self.text.file.parent.absolute()
        try:
            files = sorted(folder.glob(pattern)) if not pattern.startswith("/") else []
            files = files or [folder / pattern]
            for file in files:
                for group in _target_groups(file.read_text("utf-8")):
                    yield from _group_targets(as_table(group))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            message = f"targets of {pattern} are not imported: {reason}"
            self._note(index, message, "file_sd_configs", number)


def _target_groups(text: str) -> list[Any]:
    return as_list(json.loads(text) if text.lstrip().startswith("[{") else YAMLText(text).data)


def _group_targets(group: Table) -> Iterator[tuple[str, dict[str, str]]]:
    labels = {str(k): str(v) for k, v in as_table(group.get("labels")).items()}
    for target in as_list(group.get("targets"))[:_MAX_TARGETS]:
        yield str(target), labels
