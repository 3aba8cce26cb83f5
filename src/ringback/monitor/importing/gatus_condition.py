"""Gatus' conditions: ``[STATUS] == 200``."""

import re
from collections.abc import Callable
from typing import Any

from ringback.monitor.importing.draft import Table, with_variables

_CONDITION = re.compile(r"\s*(\S+)\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*")
_ANY = re.compile(r"any\((.*)\)")
_PATTERN = re.compile(r"pat\((.*)\)")
_HOURS = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|d)?")
_IN_HOURS = {"h": 1.0, "d": 24.0, "m": 1 / 60, "s": 1 / 3600}
_TAKEN_FOR_GRANTED = frozenset({("[CONNECTED]", "==", "true"), ("[DNS_RCODE]", "==", "NOERROR")})


class Conditions:
    """What the conditions of one endpoint expect, as ``expect`` has it.

    Args:
        is_dns: Whether the body is the answer of a nameserver.

    Attributes:
        expect: The table so far.
    """

    def __init__(self, *, is_dns: bool) -> None:
        self.is_dns = is_dns
        self.expect: Table = {}

    def take(self, condition: str) -> bool:
        """Add a condition; return whether that is possible.

        Args:
            condition: As Gatus has it.
        """
        match = _CONDITION.fullmatch(condition)
        if match is None:
            return False
        left, operator, right = match.groups()
        if (left, operator, right) in _TAKEN_FOR_GRANTED:
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
        if operator == "!=" or not all(word.isdigit() for word in words):
            return False
        first = int(words[0])
        status: Any = {
            "==": [int(word) for word in words],
            "<": f"100-{first - 1}",
            "<=": f"100-{first}",
            ">": f"{first + 1}-599",
            ">=": f"{first}-599",
        }[operator]
        if "status" in self.expect:
            return False  # both at once, as in "> 199" and "< 300", is not one list
        self.expect["status"] = status[0] if status[1:] == [] else status
        return True

    def _latency(self, _left: str, operator: str, right: str) -> bool:
        if operator not in {"<", "<="} or not right.isdigit():
            return False
        self.expect["latency"] = f"{right}ms"
        return True

    def _certificate(self, _left: str, operator: str, right: str) -> bool:
        match = _HOURS.fullmatch(right)
        if operator not in {">", ">="} or match is None:
            return False
        days = float(match[1]) * _IN_HOURS[match[2] or "s"] / 24
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
        self.expect.setdefault("json", {})[left.removeprefix("[BODY].")] = with_variables(right)
        return True


def _whole(pattern: str) -> str:
    return rf"(?s)\A{pattern}\s*\Z"
