"""Relabelling of Prometheus: which target is probed, and by which module."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ringback.monitor.config.yaml_text import as_list, as_table

Labels = dict[str, str]
_GROUP = re.compile(r"\$(?:\$|(\d{1,4}|[A-Za-z_]\w*)|\{(\w+)\})")


class RelabelRule(NamedTuple):
    """One of ``relabel_configs``."""

    action: str
    source: list[str]  # Labels whose values are joined
    separator: str
    regex: re.Pattern[str]
    target: str  # Label that is set
    replacement: str

    def applied(self, labels: Labels) -> Labels | None:
        """Return the labels as this rule leaves them; ``None``: it drops the target."""
        value = self.separator.join(labels.get(name, "") for name in self.source)
        match = self.regex.fullmatch(value)
        if self.action in {"keep", "drop"}:
            return labels if bool(match) == (self.action == "keep") else None
        if self.action in {"labeldrop", "labelkeep"}:
            kept = self.action == "labelkeep"
            return {k: v for k, v in labels.items() if bool(self.regex.fullmatch(k)) == kept}
        if self.action == "labelmap":
            found = ((self.regex.fullmatch(key), text) for key, text in labels.items())
            return labels | {self._filled(self.replacement, m): text for m, text in found if m}
        if self.action in _CASES:
            return labels | {self.target: _CASES[self.action](value)}
        if match is None:
            return labels
        target = self._filled(self.target, match)
        made = labels | {target: self._filled(self.replacement, match)}
        return {key: text for key, text in made.items() if text or key != target}

    @staticmethod
    def _filled(template: str, match: re.Match[str]) -> str:
        """A text with the groups of a match in it; one that is not there is empty."""

        def meaning(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            if name is None:
                return "$"
            try:
                return match[int(name[:4]) if name.isdigit() else name] or ""
            except IndexError:
                return ""

        return _GROUP.sub(meaning, template)


_CASES: dict[str, Callable[[str], str]] = {"lowercase": str.lower, "uppercase": str.upper}
_ACTIONS = frozenset({"replace", "keep", "drop", "labelmap", "labeldrop", "labelkeep", *_CASES})


def relabel_rules(written: Any) -> list[RelabelRule]:
    """Return what ``relabel_configs`` says; raises ``ValueError`` for a rule that is not known."""
    return [_rule(as_table(entry)) for entry in as_list(written)]


def _rule(entry: dict[str, Any]) -> RelabelRule:
    action = str(entry.get("action", "replace")).lower()
    if action not in _ACTIONS:
        raise ValueError(f"the action {action} of relabel_configs is not supported")
    try:
        regex = re.compile(str(entry.get("regex", "(.*)")), re.DOTALL)
    except (re.error, OverflowError, RecursionError):
        raise ValueError("a regex of relabel_configs is not understood") from None
    return RelabelRule(
        action,
        [str(name) for name in as_list(entry.get("source_labels"))],
        str(entry.get("separator", ";")),
        regex,
        str(entry.get("target_label") or ""),
        str(entry.get("replacement", "$1")),
    )


def relabelled(labels: Labels, rules: Sequence[RelabelRule]) -> Labels | None:
    """Return the labels as all rules leave them; ``None``: the target is dropped."""
    for rule in rules:
        found = rule.applied(labels)
        if found is None:
            return None
        labels = found
    return labels
