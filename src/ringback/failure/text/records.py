"""The records of a log: what belongs together, where it begins, when and how severe it was.

Theory of operation
===================

A line begins a record where it has a *head*: a time, a level, the prefix of klog or syslog,
``time=`` or a JSON object. What follows the head is the line's *body*. A body that is indented, or
that continues a traceback or a chain of causes, belongs to the record before, even if its line has
a head: journals and containers put one before every line of a traceback. A traceback without a head
begins a record of its own, unless it is chained to the one before or was logged with it. All other
lines without a head belong to the record before. A text without heads is one record, or as many as
it has tracebacks that are not chained.

One line is looked at once, with patterns of bounded length, so that a log can be read as it grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

MAX_RECORD_LENGTH = 120_000
"""Characters after which a record is cut, and what follows is another."""

_SHORT_LEVEL = r"TRC|DBG|INF|WRN|FTL|DEBU|ERRO|DBUG|TRCE"
_CONTAINER = r"(?:[\w.\-]{1,60}[-_]\d{1,3}|\d{1,3}\|[\w.\-]{1,60}) {0,20}\| ?"  # Compose's, pm2's
_TIME = (
    r"\d{4}[-/.]\d\d[-/.]\d\d(?:[T _]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?"
    r"(?:Z| ?[+-]\d\d:?\d\d)?)?"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}[: ]\d\d:\d\d:\d\d(?: [+-]\d{4})?"
    r"|(?:[A-Z][a-z]{2},? )?[A-Z][a-z]{2} [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?|\d{10}\.\d{3,6}"
    r"|\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"  # Android's
    r"|\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d\d:\d\d(?: [AP]M)?|\d{8} \d\d:\d\d:\d\d"
    r"|\d\d[-/ ][A-Z][a-z]{2}[-/ ]\d{4} \d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M"
)
_LEVEL = (
    r"TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|SEVERE|ALERT|EMERG|PANIC"
)
_ENTRY = (
    # Squid's, and how long it took
    r"\d{10}\.\d{3} {1,9}\d{1,9}(?= [\da-fA-F.:]{3,45} [A-Z_]{3,40}/\d{3} )|"
    rf"[\[(<]{{0,2}}(?:{_TIME})[\])>]?,?(?: (?:stdout|stderr) [FP])?"
    r"(?: [\w.\-]{1,64} [\w./@\-]{1,64}(?:\[\d{1,10}\])?:)?"  # a journal's host and program
    r"|[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{1,6} {1,10}\d{1,10} [\w.\-]{1,80}:\d{1,6}\]"
    r"|[\w.:\-]{1,64} [\w.\-]{1,64} [\w.@\-]{1,64} \[(?=\d\d/[A-Z][a-z]{2}/\d{4}:)"  # a server's
    rf"|[DIWEFA], \[(?:{_TIME}) ?#\d{{1,10}}\]"  # Ruby's
    rf"|\[?(?:{_LEVEL})\b\]?(?=[:| \x1b])|\[(?:{_LEVEL.lower()})\]"
    # Android's tags, Redis's, the kernel's, .NET's, librdkafka's, Tornado's, logrus's,
    # zerolog's, and seconds since 1970
    r"|[VDIWEF]/[\w.\-]{1,60} {0,9}\( {0,5}\d{1,6}\): "
    r"|\d{1,7}:[A-Z] (?=\d\d [A-Z][a-z]{2} \d{4} )|\[ {0,6}\d{1,9}\.\d{6}\]"
    r"|(?:fail|warn|info|crit|dbug|trce): (?=[A-Z][\w.]{1,150}\[\d)|%\d\|\d{10}\.\d{3}\|"
    rf"|[*%](?={_TIME})|\[[EWIDC] (?=\d{{6}} \d\d:|\d{{4}}-\d\d-\d\d )"
    r"|(?:TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[[\dT:Z+\-]{4,25}\]"
    r"|\d{1,2}:\d\d[AP]M (?=[A-Z]{3} )|\d{10}: "
    r"|<\d{1,3}>1?|(?:date|time|ts|t|level|lvl|msg)=|(?=\{ ?\"[\w@.]{1,40}\" ?:)"
    # what runs of commands print: Kubernetes' events, Ansible's hosts, apt, a script with its
    # commands
    r"| {0,4}(?:[\dsmhd]{2,9} (?:\(x\d{1,6} over [\dsmhd]{2,9}\))? {0,9})?(?:Normal|Warning) {2,9}"
    r"(?=[A-Z])"
    r"|(?:TASK|PLAY|HANDLER) (?=\[|RECAP)|(?:ok|changed|fatal|failed|skipping): (?=\[)"
    r"|(?:Err|Ign|Get|Hit):\d{1,5} |[WEN]: |[$+] (?=[a-z])"
)
_QUOTED = r"(?:[>#] ?){0,3}"  # a text that was pasted into a message
_COLOUR = r"(?:\x1b\[[\d;]{0,8}m)?"
_HEAD = re.compile(rf"{_QUOTED}{_COLOUR}(?:{_CONTAINER}(?:(?:{_ENTRY}) ?)?|(?:{_ENTRY}) ?)")
_TIME_OF = re.compile(rf"(?<![\w.])(?:{_TIME})")
_LEVEL_OF = re.compile(
    rf"(?:^|[\s\[<|\"=:])(?:(?P<word>{_LEVEL}|{_SHORT_LEVEL})(?=$|[\s\]>|\":,\[])"
    r"|(?P<klog>[IWEF](?=\d{4} )|[VDIWEF](?=/[\w.\-]{1,60} {0,9}\()))",
    re.IGNORECASE,
)
_SEVERITIES = {"t": 0, "v": 0, "d": 0, "i": 1, "n": 1, "w": 2}
_SEVEREST = {"f": 4, "c": 4, "a": 4, "p": 4}
INFORMATION = 1
ERROR = 3
"""The severity of an error, and of what does not say how severe it is."""

_SERVED = re.compile(
    r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /[^ \"\n]{0,250}"
    r"(?:\"| HTTP/[\d.]{1,3}\"?| -)? \d{3}\b"
)
"""What an access log tells of a request: its method, a path without a host, and its status."""
_TRACEBACK = "Traceback (most recent call last)"
_CHAINED = (
    "During handling of the above exception",
    "The above exception was the direct cause",
)
_JOINED = re.compile(
    rf"\s{{2,}}\S|\t(?!(?i:{_LEVEL})\b)|"
    r":? ?The certificate of .{1,120} (?:has|is not yet|doesn.t) |"  # what wget says next
    r"\s*$|at \S|Caused by\b|\.\.\. \d|-{2,}> |--- End of|[}\])]|\^+\s*$|"
    + "|".join(map(re.escape, _CHAINED))
)
_MAX_HEAD = 200
_MAX_REQUEST = 400
"""Where in a line the request stands that it tells of."""


class Record(NamedTuple):
    """What a program said at once."""

    text: str
    start: int  # Its place in the text, in characters
    line: int  # The number of its first line, from 1
    body: int  # Where in its text the head ends
    has_head: bool

    @property
    def head(self) -> str:
        """Where its time stands, if it has one."""
        return self._first_line()[:_MAX_HEAD] if self.has_head else ""

    @property
    def time(self) -> str:
        """When it was written, as it says; ``""``: it does not."""
        return time_of(self.head)

    @property
    def severity(self) -> int:
        """0: debugging, 1: information, 2: a warning, 3: an error, 4: worse."""
        return _severity(self._first_line()) if self.has_head else ERROR

    def _first_line(self) -> str:
        return self.text.partition("\n")[0]


class _Growing:
    """The record that is being read."""

    def __init__(self, start: int, line: int) -> None:
        self.start, self.line, self.length = start, line, 0
        self.lines: list[str] = []
        self.has_head, self.body = False, 0
        self.traced = False  # It has a traceback
        self.open = ""  # A traceback that has not ended: with "head", or "bare"; "": there is none
        self.chained = False  # Its last words say that another traceback follows

    def take(self, line: str, body: str, *, headed: bool) -> None:
        self.lines.append(line)
        self.length += len(line)
        if body.startswith(_TRACEBACK):
            self.traced, self.open, self.chained = True, "head" if headed else "bare", False
        elif body.startswith(_CHAINED):
            self.chained = True
        elif body.strip() and not body[0].isspace():
            self.open = ""  # the exception itself

    def joins(self, line: str, body: str, *, headed: bool) -> bool:
        """Whether a line belongs to it."""
        if self.length > MAX_RECORD_LENGTH:
            return False
        if body.startswith(_TRACEBACK):
            told = not self.has_head or self.severity > 1  # it may have been logged with that
            return self.chained or (told and not self.traced)
        if headed:
            continues = self.open == "head" or _JOINED.match(body) is not None
            return continues and _severity(line) == self.severity
        return True

    @property
    def severity(self) -> int:
        return _severity(self.lines[0])

    def record(self) -> Record:
        return Record("".join(self.lines), self.start, self.line, self.body, self.has_head)


def time_of(head: str) -> str:
    """The time in the head of a record; ``""``: it has none."""
    time = _TIME_OF.search(head)
    return time[0] if time else ""


def records(lines: Iterable[str | None]) -> Iterator[Record]:
    """Split the lines of a text, each with its end, into records; none is kept but the last.

    ``None`` among the lines: nothing came for a while, so that the last record is whole.
    """
    growing, place, number = _Growing(0, 1), 0, 0
    for line in lines:
        if line is None:
            if growing.lines:
                yield growing.record()
                growing = _Growing(place, number + 1)
            continue
        number += 1
        head = _HEAD.match(line)
        headed, body = head is not None, line[head.end() :] if head else line
        if growing.lines and not growing.joins(line, body, headed=headed):
            yield growing.record()
            growing = _Growing(place, number)
        if not growing.lines:
            growing.has_head, growing.body = headed, head.end() if head else 0
        growing.take(line, body, headed=headed)
        place += len(line)
    if growing.lines:
        yield growing.record()


def _severity(line: str) -> int:
    found = _LEVEL_OF.search(line, 0, _MAX_HEAD)
    if found is None:
        return INFORMATION if _SERVED.search(line, 0, _MAX_REQUEST) else ERROR
    letter = (found["word"] or found["klog"])[0].lower()
    return _SEVERITIES.get(letter, _SEVEREST.get(letter, ERROR))
