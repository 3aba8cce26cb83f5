"""Any text in, one ``Explanation`` out."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from io import StringIO
from itertools import islice

from ringback.failure.clue import NO_CLUE, TIMEOUT, Clue
from ringback.failure.kind import Delivered
from ringback.failure.model import NO_TARGET, OfKind, Phase, Target
from ringback.failure.names import KindName
from ringback.failure.settle import BEFORE_SENDING, TIMEOUT_IN, settle
from ringback.failure.text.about import is_about, reports_nothing
from ringback.failure.text.circumstances import (
    Circumstances,
    circumstances,
    follows_a_redirect,
    library_of,
    never_connected,
    platform_of,
    shows_nothing_was_sent,
    strikes_at_any_time,
    target_in,
    was_logging_in,
)
from ringback.failure.text.fold import Page, fold
from ringback.failure.text.records import ERROR, INFORMATION, Record, records, time_of
from ringback.failure.text.rule import BARE_TIMEOUT, OVERRIDE, PlacedClue
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.scan import (
    MAX_ALIKE,
    alike,
    named_classes,
    numbers,
    says_nothing,
    scan,
)

# Which of the findings decides, and how sure that is.

_MIN_RANK = 4
_CERTAIN_RANK = 90
_BEFORE, _AFTER = 1500, 300
_MAX_SIGNS = 20_000
_NETWORK = re.compile(
    r"https?:|wss?:|socket|connect|\brequest|\burl|\bssl|\btls|http|\bsend|\brecv|client|server"
    r"|\bpeer|\bhost|:\d{2,5}\b|\btcp|remote|network|\bapi\b|read timeout|System\.Net|WebException"
    r"|\bssh\b|\brtmp|\brtsp|\brpc\b",
    re.IGNORECASE,
)


def choose(findings: list[PlacedClue]) -> PlacedClue | None:
    """The finding of the highest rank; of equals the first, for the root comes first."""
    if not findings:
        return None
    telling = [f for f in findings if f.clue.kind and f.clue.rank >= _MIN_RANK]
    return max(telling, key=lambda f: (f.clue.rank, -f.start), default=None)


_NO_IPV6 = frozenset({"client.local_address", "tcp.address_unreachable.network"})
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:.])")
_ADDRESS = 160
"""How far before what is said of it an address stands, in characters."""


def choose_address(page: Page, findings: list[PlacedClue]) -> PlacedClue | None:
    """As ``choose``, but of several addresses the one by which a machine without IPv6 could go."""
    best = choose(findings)
    if best is None or best.clue.kind not in _NO_IPV6:
        return best
    if not _IPV6.search(page.text, max(0, best.start - _ADDRESS), best.start):
        return best
    others = [f for f in findings if f.clue.kind not in _NO_IPV6 and _of_an_address(f.clue, best)]
    return choose(others) or best


def _of_an_address(clue: Clue, best: PlacedClue) -> bool:
    kind = clue.kind or ""
    return clue.rank >= best.clue.rank and kind.startswith("tcp.")


_SOURCE = re.compile(
    r"^([ ]{0,12})File \"[^\"\n]{1,300}\", line \d{1,7}, in .{1,200}\n"
    r"((?:\1 .{0,500}(?:\n|$)){0,40})",
    re.MULTILINE,
)
"""A frame of a traceback with its lines of source; where it is may be what a rule looks for."""


def outside_source(page: Page, text: str, findings: list[PlacedClue]) -> list[PlacedClue]:
    """The findings outside the source that a traceback shows, which is no message; else all."""
    if not findings or 'File "' not in text:
        return findings
    frames = [frame.span(2) for frame in islice(_SOURCE.finditer(text), _MAX_SIGNS)]
    begins = [begin for begin, _ in frames]

    def is_message(finding: PlacedClue) -> bool:
        place = page.origin(finding.end - 1)
        index = bisect_right(begins, place) - 1
        return index < 0 or frames[index][1] <= place

    outside = [finding for finding in findings if is_message(finding)]
    return outside if choose(outside) else findings


def confidence(findings: list[PlacedClue], best: PlacedClue) -> float:
    """From the rank, less where another cause is named as strongly."""
    rank = best.clue.rank
    sure = 0.98 if rank >= _CERTAIN_RANK else 0.3 + 0.68 * rank / _CERTAIN_RANK
    kinds = {f.clue.kind for f in findings if f.clue.kind and f.clue.rank >= rank - 5}
    return round(sure * (0.85 if len(kinds) > 1 else 1.0), 2)


def with_a_network(page: Page, findings: list[PlacedClue]) -> list[PlacedClue]:
    """Without what files, pipes and other waits word alike, unless a network is named nearby."""
    if not any(_is_loose(finding.clue) for finding in findings):
        return findings
    signs = [sign.start() for sign in islice(_NETWORK.finditer(page.text), _MAX_SIGNS)]
    return [f for f in findings if not _is_loose(f.clue) or _near(signs, f)]


def _is_loose(clue: Clue) -> bool:
    return clue.needs_socket or (clue.kind == TIMEOUT and clue.rank <= BARE_TIMEOUT)


def _near(signs: list[int], finding: PlacedClue) -> bool:
    index = bisect_left(signs, finding.start - _BEFORE)
    return any(
        sign < finding.start or finding.end <= sign < finding.end + _AFTER
        for sign in signs[index : index + 50]
    )


# The parts of a long text that can matter, so that its length cannot make it slow.

_MAX_WHOLE = 120_000
_PART_LENGTH = 100_000
_OVERLAP = 2_000
_MAX_PARTS = 5
_HOT = re.compile(
    r"err|fail|exception|time|refused|reset|closed|unreachable|resolv|certificate|ssl|proxy|broken|denied",
    re.IGNORECASE,
)


def parts(text: str) -> list[tuple[str, int]]:
    """Parts and their offsets: a text of up to 120,000 characters whole.

    Of a longer one the first three and the last two parts of 100,000 characters that hold a
    telling word or anything but ASCII.
    """
    if len(text) <= _MAX_WHOLE:
        return [(text, 0)]
    hot = []
    for start in range(0, len(text), _PART_LENGTH):
        part = text[start : start + _PART_LENGTH + _OVERLAP]
        if _HOT.search(part) or not part.isascii():
            hot.append((part, start))
    return hot if len(hot) <= _MAX_PARTS else [*hot[: _MAX_PARTS - 2], *hot[-2:]]


# One record in, one explanation out.

_NOTHING_FOUND = 0.6
"""How sure a text is no connection failure in which no rule found one."""
_ONLY_ABOUT = 0.75
"""How sure one is where lines name failures that are about failures."""
_SOMETHING_FAILED = 0.4
"""How sure one is that reports that something of a network failed, and not what."""
_FAILED = re.compile(
    r"(?<![\w/.\-])(?:fail(?:ed|ure|s|ing)?|errors?|cannot|can't|could ?(?:not|n't)|unable to|lost"
    r"|(?:did|does) ?(?:not|n't) (?:respond|answer)|not able to|trouble|not responding"
    r"|no (?:response|answer|reply)|gave up|giving up|not ready|interrupted|unsuccessful"
    r"|refused|rejected|dropped|broken|timed out|timeout|unreachable|unavailable|disconnect(?:ed)?"
    r"|abort(?:ed)?|offline)(?![\w/]|[.\-]\w)",
)
"""Not as a part of a path or of a name."""
_FAILS = (
    "fail", "err", "can", "could", "unable", "lost", "not able", "trouble", "respon", "rupted",
    "unsuccess", "refused", "reject", "dropped", "broken", "time", "unreach", "unavail",
    "disconnect", "abort", "offline", "no answer", "no reply", "gave up", "giving up", "not ready",
)  # fmt: skip
"""One of these is in each; they are found sooner."""
_OF_A_NETWORK = re.compile(
    r"(?<![\w/.\-])(?:connect(?:ions?|ing)?|sockets?|hosts?|peer|servers?|network|remote|handshake|tls|ssl|dns"
    r"|proxy|tcp|udp|https?|internet|vpn|websocket|brokers?|upstream|gateway|endpoint|neighbou?r"
    r"|ssh|sftp|ftps?|ldaps?|smtps?|imaps?|pop3s?|sip|rtsp|rtmp|rpc|grpc|mqtts?|amqps?|nats|kafka"
    r"|redis|snmp|radius|bgp|ipmi|ike|ipsec|nfs|smb|iscsi|modbus|rdp|vnc|xmpp|irc|ntp|dhcp|wifi"
    r"|wi-fi|bluetooth|cluster|peers)(?![\w/]|[.\-]\w)",
)
_NONE_FAILED = re.compile(
    r".?(?:\b0|no) (?:fail|error|timeout|lost|reject|refused|drop)"
    r"|.{0,3}(?:errors?|fail\w{1,6}|lost|refused|rejected|dropped|timeout)\"?[:=] ?0\b"
)
"""A count of none."""
_NEAR = 80
_MAX_FAILED = 50


@dataclass(frozen=True, slots=True)
class Explanation(OfKind):
    """What a text reports.

    Where it reports several failures, as a log does, this is the earliest of the most severe, and
    all of them stand in ``failures``. What is said of one is read from its record alone.

    Attributes:
        kind: Stable dotted name; ``unknown`` where it reports a failed connection without a cause,
            ``not_a_connection_failure`` where it reports something else.
        confidence: 0 to 1.
        phase: How far the call had come, as far as the text tells.
        delivered: May the peer have processed the request?
        via: The inner kind behind a proxy.
        span: Start and end of the words that decided, in the text as given.
        target: Whom the call was for, without credentials and query.
        platform: ``linux``, ``macos``, ``windows`` or ``None``.
        library: The library or program that wrote the text.
        evidence: The words that decided.
        failures: The failures of the text by kind and target, earliest first; at most 1,000.
    """

    kind: KindName
    confidence: float
    phase: Phase = "unknown"
    delivered: Delivered = "maybe"
    via: KindName | None = None
    span: tuple[int, int] = (0, 0)
    target: Target = field(default=NO_TARGET)
    platform: str | None = None
    library: str | None = None
    evidence: str = ""
    failures: tuple["FailureGroup", ...] = ()


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The records of a text that report the same kind of failure, of the same target.

    Attributes:
        first: What the first of them says.
        count: How many there are.
        lines: The numbers of the line where the first and the last of them begin, from 1.
        times: When the first and the last of them were written, as they say it; ``""``: they do
            not.
    """

    first: Explanation
    count: int
    lines: tuple[int, int]
    times: tuple[str, str]


_NOTHING = Explanation(OTHER, _NOTHING_FOUND)
_ABOUT = Explanation(OTHER, _ONLY_ABOUT)
_OTHER = Explanation(OTHER, 1.0)
"""What a rule knows as something else; how sure that is, is only told where it is asked for."""


def explain(text: str) -> Explanation:
    """Name the connection failures that a text reports.

    Never raises; linear in the length of the text.

    Args:
        text: A traceback, log lines, a tool's message; any library, platform and language.
    """
    log = Log()
    for record in records(StringIO(text, newline="\n")):
        log.take(record)
    return log.explanation()


def explain_record(text: str, *, whole: bool = False) -> Explanation:
    """Name the failure that one record reports: the root of what is chained there.

    Without the platform and the library that wrote it, and of no failure only that it is none
    unless it is asked for the ``whole``: most records of a log report none.
    """
    if len(text) <= _MAX_WHOLE:
        return _explain(text, 0, whole=whole)
    explained = [_explain(part, offset, whole=whole) for part, offset in parts(text)]
    return max(explained, key=_worth, default=_NOTHING)


def _worth(explanation: Explanation) -> tuple[bool, float]:
    """A cause before none; among the parts of one text the surest, and of equals the first."""
    return explanation.kind not in {OTHER, "unknown"}, explanation.confidence


def _explain(text: str, offset: int, *, whole: bool) -> Explanation:
    page = fold(text)
    found = scan(page)
    if not whole and 'File "' not in text and _is_other(choose(found)):
        return _OTHER
    findings = with_a_network(page, [*found, *named_classes(page), *numbers(page)])
    best = choose_address(page, outside_source(page, text, findings)) if findings else None
    if best is not None and reports_nothing(page, text, best):
        findings = [f for f in findings if not reports_nothing(page, text, f)]
        best = choose_address(page, findings)
        if best is None:
            return _ABOUT
    if best is None:
        return _unnamed(page, text, offset)
    if best.clue.kind == OTHER and not whole:
        return _OTHER
    around = circumstances(page, findings, best)
    settled = settle(around.kind, around.phase, proxied=around.proxied)
    start, end = page.origin(best.start), min(page.origin(best.end - 1) + 1, len(text))
    return Explanation(
        settled.kind,
        confidence(findings, best),
        around.phase,
        _delivered(page, around, best),
        settled.via,
        (start + offset, end + offset),
        target_in(page.text, (best.start, best.end), page.line_of(best.start)),
        evidence=text[start:end],
    )


def _is_other(best: PlacedClue | None) -> bool:
    """Whether rules found what no class and no number outweighs, and no failure is."""
    return best is not None and best.clue.kind == OTHER and best.clue.rank >= OVERRIDE


def _unnamed(page: Page, text: str, offset: int) -> Explanation:
    """What a text reports in which no rule, and so no word of another domain, was found."""
    if not any(word in page.lower for word in _FAILS):
        return _NOTHING
    for failed in islice(_FAILED.finditer(page.lower), _MAX_FAILED):
        begin, end = failed.span()
        if _OF_A_NETWORK.search(page.lower, max(0, begin - _NEAR), end + _NEAR):
            span = page.origin(begin), page.origin(end - 1) + 1
            if _NONE_FAILED.match(page.lower, max(0, begin - 3), end + 8) or is_about(text, *span):
                continue
            place = span[0] + offset, span[1] + offset
            return Explanation(
                "unknown", _SOMETHING_FAILED, span=place, evidence=text[slice(*span)]
            )
    return _NOTHING


def _fails(text: str) -> bool:
    """Whether it may report that something of a network failed."""
    lower = text.lower()
    return bool(_FAILED.search(lower) and _OF_A_NETWORK.search(lower))


def findings_in(page: Page) -> list[PlacedClue]:
    """Everything the rules, the class names and the numbers say."""
    return [*scan(page), *named_classes(page), *numbers(page)]


def _delivered(page: Page, around: Circumstances, best: PlacedClue) -> Delivered:
    phase = around.phase if around.sure else "unknown"
    told = settle(around.kind, phase, proxied=around.proxied).delivered
    if told == "maybe" and was_logging_in(page, best):
        return "no"
    return "yes" if told == "no" and follows_a_redirect(page) else told


# Many records in, their failures out.

MAX_GROUPS = 1_000
"""Failures that are told apart; of further ones only the kind is."""
_MAX_KNOWN = 10_000
"""Records of which it is remembered what they say."""
_MAX_ASKED = 100
"""Times that it is asked in vain whether what is alike reports nothing; a record costs less."""
_TOLD_IN_PASSING = 0.6
"""Of what is told as information, only what is said with more confidence is a failure."""
_VARIABLE = re.compile(
    # A digit first, of which there are few, and then what stood before it
    r"[0-9](?:(?<=0)x[0-9a-fA-F]{4,16}"
    r"|(?<=\b.)[0-9a-fA-F]{7}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|(?<=\b.)(?:\d{3}[-/.]\d\d[-/.]\d\d[T _]\d\d|\d):\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|(?<![\d:.\[(].)\d{5,}"
    r"|(?<![\d:.].)\d{0,8}\.\d{3,9}(?=\s?(?:s|ms|sec)?\b)(?!\.\d))"
    r"|[a-fA-F](?<=\b.)[0-9a-fA-F]{7}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
)
"""What differs between two records that say the same: times, addresses of objects, identifiers. Not
other numbers: they may be error numbers, ports or addresses."""


_ANNOUNCED = (
    ("link remote: ", re.compile(r"TLS Error: |Inactivity timeout|Connection reset, restarting")),
    (
        "Looking in indexes: ",
        re.compile(r"Retrying \(Retry\(|ReadTimeoutError|from versions: none"),
    ),
)
"""After what words OpenVPN and pip name whom they call, and what they say later without it."""
_ECHO = re.compile(
    r"\brsync: (?:\[\w{1,20}\] )?connection unexpectedly closed|TLS Error: TLS handshake failed"
    r"|\brsync error: (?:unexplained|error in)"
    r"|Could not read from remote repository|fatal: (?:early EOF|the remote end hung up)"
    r"|\b(?:scp|sftp): Connection closed|^lost connection"
)
"""What a program says after another, or itself, said why."""
_ECHOED = ("closed", "rsync error", "TLS Error", "Could not read", "fatal: ", "lost connection")
"""One of these is in it; they are found sooner."""
_MAX_ECHO = 3
"""Records within which it does."""


def _is_echo(text: str) -> bool:
    return any(words in text for words in _ECHOED) and _ECHO.search(text) is not None


class _Group:
    """The records met by now that report the same."""

    def __init__(self, first: Explanation, record: Record, severity: int) -> None:
        self.first, self.severity, self._count = first, severity, 1
        self._line = self._last_line = record.line
        self._time, self._last_head = record.time, record.head

    def add(self, record: Record, severity: int) -> None:
        self.severity = max(self.severity, severity)
        self._count += 1
        self._last_line = record.line
        self._last_head = record.head or self._last_head

    def told(self) -> FailureGroup:
        lines = self._line, self._last_line
        times = self._time, time_of(self._last_head)
        return FailureGroup(self.first, self._count, lines, times)


class Log:
    """The failures of a text, record by record; its memory is bounded."""

    def __init__(self) -> None:
        # Whether what is alike reports no failure, whatever its digits; None: it was met once, or
        # is not asked for, as those were in vain that were
        self._silent: dict[str, bool | None] = {}
        self._asked = self._silenced = 0  # How many were asked, and are so
        self._announced: dict[str, Target] = {}
        self._quiet = _MAX_ECHO  # Records since the last that reported a failure
        self._known: dict[str, Explanation] = {}
        self._groups: dict[tuple[str, str | None, int | None], _Group] = {}
        self._other: Explanation | None = None  # What the first record says that reports none

    def take(self, record: Record) -> FailureGroup | None:
        """Take the next record; return the group of a failure that was not met before."""
        said = self._said(record)
        self._quiet += 1
        severity = ERROR if said.kind == OTHER else record.severity
        if said.confidence < _TOLD_IN_PASSING and severity <= INFORMATION:
            said = _NOTHING  # a connection also ends when all is well
        if said.kind == OTHER:
            self._remember(record.text)
            if self._other is None:
                whole = said if said is _NOTHING else explain_record(record.text, whole=True)
                self._other = _with_origin(whole, record.text)
            return None
        if said.target is NO_TARGET:
            if self._quiet < _MAX_ECHO and _is_echo(record.text):
                return None
            if self._announced:
                said = replace(said, target=self._announced_for(record.text))
        self._quiet = 0
        return self._grouped(said, record, severity)

    def _grouped(self, said: Explanation, record: Record, severity: int) -> FailureGroup | None:
        key = said.kind, said.target.host or said.target.address, said.target.port
        group = self._groups.get(key)
        if group is None and len(self._groups) >= MAX_GROUPS:
            key = said.kind, None, None
            group = self._groups.get(key)
        if group is not None:
            group.add(record, severity)
            return None
        first = _moved(_with_origin(said, record.text), record.start)
        self._groups[key] = group = _Group(first, record, severity)
        return group.told()

    def explanation(self) -> Explanation:
        """Return what is known by now."""
        groups = list(self._groups.values())
        if not groups:
            return self._other or _NOTHING
        named = [group for group in groups if not _is_faint(group.first, group.severity)]
        told = named or groups
        top = max(told, key=lambda group: (group.first.kind != "unknown", group.severity))
        return replace(top.first, failures=tuple(group.told() for group in told))

    def _remember(self, text: str) -> None:
        for words, _ in _ANNOUNCED:
            at = text.find(words)
            if at >= 0:
                self._announced[words] = target_in(text, (at, at), (at, at + 300))

    def _announced_for(self, text: str) -> Target:
        for words, later in _ANNOUNCED:
            if words in self._announced and later.search(text):
                return self._announced[words]
        return NO_TARGET

    def _said(self, record: Record) -> Explanation:
        zeros = alike(record.text) if len(record.text) <= MAX_ALIKE else ""
        if zeros in self._silent:
            silent = self._silent[zeros]
            if silent is None and self._asked < _MAX_ASKED * (1 + self._silenced):
                silent = self._silent[zeros] = says_nothing(zeros) and not _fails(zeros)
                self._asked += 1
                self._silenced += silent
            if silent:
                return _NOTHING
        form = _VARIABLE.sub("0", record.text[record.body :])
        said = self._known.get(form)
        if said is None:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            said = self._known[form] = explain_record(record.text)
        if said.kind == OTHER and zeros:
            if len(self._silent) >= _MAX_KNOWN:
                self._silent.clear()
            self._silent.setdefault(zeros)
        return said


def _is_faint(said: Explanation, severity: int) -> bool:
    """Whether it says neither what failed nor where; beside a failure that is named, it goes.

    So does what an access log tells of the answers that a gateway gave for a server behind it.
    """
    if said.target is not NO_TARGET:
        return False
    if severity <= INFORMATION and said.kind.startswith("http.error"):
        return True
    return said.kind == "unknown" and said.confidence <= _SOMETHING_FAILED


def _with_origin(said: Explanation, text: str) -> Explanation:
    """Of the part of a record that decided; it is only asked of what is shown, for it costs."""
    begin, end = said.span
    holds = (part for part, at in parts(text) if at <= begin and end <= at + len(part))
    part = next(holds, text)
    return replace(said, platform=platform_of(part), library=library_of(part))


def _moved(said: Explanation, offset: int) -> Explanation:
    start, end = said.span
    return replace(said, span=(start + offset, end + offset)) if end else said


# What the message of one exception says, by the rules for texts.


def read_message(class_name: str, message: str) -> Clue:
    """What the words say; silent where no rule knows them."""
    page = fold(f"{class_name}: {message}")
    best = choose(findings_in(page))
    if best is None or best.clue.kind in {OTHER, "unknown"}:
        return NO_CLUE
    clue = best.clue
    if clue.phase not in BEFORE_SENDING and never_connected(page, best):
        return clue._replace(phase="connect")
    if strikes_at_any_time(clue) and not shows_nothing_was_sent(page, best):
        kind = TIMEOUT_IN[clue.phase] if clue.kind == TIMEOUT else clue.kind
        return clue._replace(kind=kind, phase="unknown")
    return clue
