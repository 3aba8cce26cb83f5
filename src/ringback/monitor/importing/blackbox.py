"""blackbox_exporter's modules (``blackbox.yml``) and Prometheus' targets for it."""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ringback.monitor.importing.blackbox_module import Module
from ringback.monitor.importing.draft import Draft, Table, Text, pruned
from ringback.monitor.importing.yaml_text import YAMLText, items, table, tables

_DEFAULTS: dict[str, Table] = {
    "http_2xx": {"prober": "http"},
    "http_post_2xx": {"prober": "http", "http": {"method": "POST"}},
    "tcp_connect": {"prober": "tcp"},
    "icmp": {"prober": "icmp"},
}
"""The modules that a fresh installation has."""
_MOST_TARGETS = 100_000


def recognises(text: Text) -> bool:
    """Return whether a file holds modules of blackbox_exporter, or scrape jobs of Prometheus.

    Args:
        text: The file.
    """
    lines = f"\n{text.text}"
    return "\nscrape_configs:" in lines or ("\nmodules:" in lines and "prober:" in lines)


def convert(texts: Iterable[Text], draft: Draft) -> None:
    """Add what the files say.

    Args:
        texts: The files: modules, and jobs with their targets.
        draft: What is added to.

    Raises:
        ValueError: A file cannot be read.
    """
    read = [(text, YAMLText(text.text)) for text in texts]
    modules: dict[str, Module] = {}
    for text, one in read:
        for name, module in table(table(one.data).get("modules")).items():
            modules[name] = Module(name, table(module), text, partial(one.line, "modules", name))
    jobs = [(text, one) for text, one in read if "scrape_configs" in table(one.data)]
    for text, one in jobs:
        _Jobs(text, one, modules, draft).add()
    if not jobs:
        text = read[0][0]
        draft.note(text, 0, "modules alone name no targets: import prometheus.yml together with it")


class _Jobs:
    def __init__(
        self, text: Text, read: YAMLText, modules: dict[str, Module], draft: Draft
    ) -> None:
        self.text, self.read, self.modules, self.draft = text, read, modules, draft
        self.whole = table(read.data)

    def add(self) -> None:
        every = table(self.whole.get("global")).get("scrape_interval", "1m")
        self.draft.defaults = {"every": every}
        for index, job in tables(self.whole.get("scrape_configs")):
            name = str(job.get("job_name") or "")
            modules = items(table(job.get("params")).get("module"))
            if not modules and job.get("metrics_path") != "/probe":
                self._note(index, f"job {name}: left out: it scrapes metrics and probes nothing")
                continue
            self._job(index, job, str(modules[0]) if modules else "http_2xx")

    def _note(self, index: int, message: str, *keys: str | int) -> None:
        self.draft.note(self.text, self.read.line("scrape_configs", index, *keys), message)

    def _job(self, index: int, job: Table, named: str) -> None:
        name = str(job.get("job_name") or "")
        module = self.modules.get(named)
        if module is None:
            if named not in _DEFAULTS:
                self._note(index, f"job {name}: left out: there is no module {named!r}", "params")
                return
            module = Module(named, _DEFAULTS[named], self.text, lambda *_: 0)
        for key in job:
            if key.endswith("_sd_configs") and key != "file_sd_configs":
                self._note(index, f"job {name}: targets of {key} are not carried over", key)
        for target, labels in self._targets(index, job):
            habits = {"every": job.get("scrape_interval"), "group": name, "labels": labels}
            endpoint = module.endpoint(target, self.draft)
            if endpoint:
                endpoint.setdefault("timeout", job.get("scrape_timeout"))
                self.draft.endpoints.append(pruned({**endpoint, **habits}))

    def _targets(self, index: int, job: Table) -> Iterator[tuple[str, dict[str, str]]]:
        for _, group in tables(job.get("static_configs")):
            yield from _of_group(group)
        for number, discovery in tables(job.get("file_sd_configs")):
            for pattern in items(discovery.get("files")):
                yield from self._of_files(str(pattern), index, number)

    def _of_files(
        self, pattern: str, index: int, number: int
    ) -> Iterator[tuple[str, dict[str, str]]]:
        folder = self.text.file.parent.absolute()
        try:
            files = sorted(folder.glob(pattern)) if not pattern.startswith("/") else []
            files = files or [folder / pattern]
            for file in files:
                for group in _groups(file.read_text("utf-8")):
                    yield from _of_group(table(group))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            message = f"targets of {pattern} are not carried over: {reason}"
            self._note(index, message, "file_sd_configs", number)


def _groups(text: str) -> list[Any]:
    return items(json.loads(text) if text.lstrip().startswith("[{") else YAMLText(text).data)


def _of_group(group: Table) -> Iterator[tuple[str, dict[str, str]]]:
    labels = {str(k): str(v) for k, v in table(group.get("labels")).items()}
    shown = {key: value for key, value in labels.items() if not key.startswith("__")}
    for target in items(group.get("targets"))[:_MOST_TARGETS]:
        yield str(target), shown
