"""Everything that a text says, place by place: by rules, by class names, by numbers.

How it works. The text has been made even (``fold``): wrapping, quoting and escapes are gone, and
each place leads back to the original. Three scanners then give findings, a ``Clue`` with its place
each; which of them decides is ``explain``'s business, not theirs.

Rules: a rule has a needle, a literal part in lower case. Of the some 11,000 rules only those are
looked at of whose needle a part of eight or four bytes, one that few others have, is among the
parts that the text is cut into (``_Index``), and of these a plain substring search for the needle
rejects nearly all. Where the needle stands, its pattern, if it has one, is tried in a window of
``_WINDOW`` characters to each side, at the first ``_MAX_PLACES`` places only; what must stand right
after the needle is looked at first. So the cost is the length of the text times the number of
needles, with a small factor, and then a constant: every repetition in a pattern is bounded, windows
are bounded, places are bounded. No text, however made, is slow. Patterns are compiled when they are
first needed, and kept.

Class names: a name counts where it stands as something that was raised, not where it is imported,
caught, defined or listed. A class in passing ranks at a third.

Numbers: the same error number means different things on different platforms (110 is a timeout on
Linux alone, 54 a reset on macOS and "exchange full" on Linux). So the words beside a number decide
where they are known; a number alone decides only where no two platforms disagree.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, islice
from sys import byteorder
from typing import Literal, NamedTuple

from ringback.failure import codes
from ringback.failure.classes import CLASSES
from ringback.failure.clue import BARE, EXACT, GENERIC, SPECIFIC, TEXT, TIMEOUT, Clue
from ringback.failure.text.fold import Page, fold
from ringback.failure.text.rule import PlacedClue, TextRule
from ringback.failure.text.rules import RULES
from ringback.failure.text.rules.other import CLASSES as OTHER_CLASSES
from ringback.failure.text.rules.other import OTHER
from ringback.failure.text.wording import RESOLVER_ENGLISH, SYSTEM_ENGLISH, SYSTEM_TRANSLATED

# Every rule tried on a text; linear in its length.
#
# A rule costs a plain search for its literal part. Its pattern is tried only around the first few
# places where the part stands, in a window, so no text can make it slow.

_WINDOW = 300
_MAX_PLACES = 6

_BY_NEEDLE: dict[str, list[TextRule]] = defaultdict(list)
for _rule in RULES:
    _BY_NEEDLE[_rule.needle].append(_rule)
_NEEDLES = list(_BY_NEEDLE.items())
_GRAMS: dict[int, tuple[int, Literal["I", "Q"]]] = {15: (8, "Q"), 7: (4, "I")}
"""In so many bytes, wherever they stand, is a part of so many that begins at a multiple of that."""
_MAX_SPANS = 4
"""Places of a needle that are compared, for it takes time."""
_IN_LOGS = (
    b' trace  debug  info  notice  warning  error  critical  http/1.1" get / 2026-01 00:00:00.000'
)
"""What stands in most lines, the worst that a part can be of."""
_OF_A_LINE = 1_000
"""How many needles that share a part are as bad as that."""


class _Index:
    """Needles by what a text must have for them to stand in it.

    A text is cut into numbers of eight and of four bytes; of a needle so many parts after each
    other are known that one of them is among these numbers.
    """

    def __init__(self, needles: list[str]) -> None:
        self._needles = needles
        self._by_gram: list[tuple[int, Literal["I", "Q"], dict[int, list[int]]]] = []
        rest = [(number, needle.encode()) for number, needle in enumerate(needles)]
        for length, (size, code) in _GRAMS.items():
            held = [(number, needle) for number, needle in rest if len(needle) >= length]
            rest = [(number, needle) for number, needle in rest if len(needle) < length]
            self._by_gram.append((size, code, _by_gram(held, size)))
        self._short = {needles[number]: number for number, _ in rest}
        self._sizes = sorted({len(needle) for needle in self._short})
        self._beginnings = re.compile(_beginnings(self._short) or "(?!)")

    def found_in(self, lower: str) -> list[int]:
        """The numbers of the needles that stand in a text, ascending."""
        data = memoryview(lower.encode("utf-8", "surrogatepass"))
        found = {
            number
            for size, code, by_gram in self._by_gram
            for gram in by_gram.keys() & set(data[: len(data) - len(data) % size].cast(code))
            for number in by_gram[gram]
            if self._needles[number] in lower
        }
        for match in self._beginnings.finditer(lower):
            at = match.start()
            for size in self._sizes:
                number = self._short.get(lower[at : at + size])
                if number is not None:
                    found.add(number)
        return sorted(found)


def _by_gram(needles: list[tuple[int, bytes]], size: int) -> dict[int, list[int]]:
    """Of each needle the parts that the fewest others have, for so do the fewest texts."""
    parts = [
        [needle[at : at + size] for at in range(len(needle) - size + 1)] for _, needle in needles
    ]
    shared = Counter(chain.from_iterable(parts))
    for at in range(len(_IN_LOGS) - size + 1):
        shared[_IN_LOGS[at : at + size]] += _OF_A_LINE
    found: dict[int, list[int]] = defaultdict(list)
    for (number, _), grams in zip(needles, parts, strict=True):
        last = len(grams) - size
        begin = min(
            range(0, last + 1, last // _MAX_SPANS + 1),
            key=lambda at: shared[grams[at]] + shared[grams[at + size // 2]],
        )
        for gram in grams[begin : begin + size]:
            found[int.from_bytes(gram, byteorder)].append(number)
    return dict(found)


def _beginnings(needles: Iterable[str]) -> str:
    """A pattern of the first character of any of them."""
    after: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for needle in needles:
        after[needle[0]][needle[1:2]].append(re.escape(needle[2:]))
    ends = {
        first: "|".join(
            f"{re.escape(second)}(?:{'|'.join(others)})" for second, others in then.items()
        )
        for first, then in after.items()
    }
    return "|".join(f"{re.escape(first)}(?={then})" for first, then in ends.items())


_IN_ASCII = [number for number, (needle, _) in enumerate(_NEEDLES) if needle.isascii()]
_ASCII = _Index([_NEEDLES[number][0] for number in _IN_ASCII])


@cache
def _all_needles() -> _Index:
    return _Index([needle for needle, _ in _NEEDLES])


def _needles_in(lower: str) -> list[int]:
    if lower.isascii():
        return [_IN_ASCII[number] for number in _ASCII.found_in(lower)]
    return _all_needles().found_in(lower)


def scan(page: Page) -> list[PlacedClue]:
    """What the rules find, at most six places each."""
    return [
        finding
        for number in _needles_in(page.lower)
        for place in _places(page.lower, _NEEDLES[number][0])
        for finding in _try(page, place, number)
    ]


class _Ready(NamedTuple):
    """A rule whose patterns are compiled."""

    clue: Clue
    pattern: re.Pattern[str] | None  # None: the needle is enough
    then: re.Pattern[str] | None  # What must stand right after it


@cache
def _ready(number: int) -> tuple[int, list[_Ready]]:
    """The length of a needle, and its rules."""
    needle, rules = _NEEDLES[number]
    return len(needle), [
        _Ready(
            rule.clue,
            _compiled(rule.pattern) if rule.pattern is not None else None,
            _compiled(rule.then) if rule.then else None,
        )
        for rule in rules
    ]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _places(lower: str, needle: str) -> Iterator[int]:
    place = -1
    for _ in range(_MAX_PLACES):
        place = lower.find(needle, place + 1)
        if place < 0:
            return
        yield place


def _try(page: Page, place: int, number: int) -> Iterator[PlacedClue]:
    length, rules = _ready(number)
    end = place + length
    begin, stop = max(0, place - _WINDOW), end + _WINDOW
    alone = None  # Whether it is the only one in the window, so that what follows can be seen first
    for clue, pattern, then in rules:
        if pattern is None:
            yield PlacedClue(place, end, clue)
            continue
        if then is not None and not then.match(page.text, end, stop):
            if alone is None:
                alone = _is_alone(page, _NEEDLES[number][0], begin, stop)
            if alone:
                continue
        for match in pattern.finditer(page.text, begin, stop):
            if match.start() < end and match.end() > place:
                yield PlacedClue(match.start(), match.end(), clue)
                break


def _is_alone(page: Page, needle: str, begin: int, stop: int) -> bool:
    """Whether a window has a needle once, and nothing that is like it where case is ignored."""
    first = page.lower.find(needle, begin, stop)
    return page.lower.find(needle, first + 1, stop) < 0 and page.text.isascii()


# Texts that differ from each other in their digits alone.

MAX_ALIKE = _WINDOW
"""Characters of a text of which it is told what others like it say: all within one window."""
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_QUANTIFIED = re.compile(r"\{\d{0,3},?\d{0,3}\}")
_MAY_BE_READ = re.compile(
    r"err|code|wsa|winsock|\(0{1,5}: |reason|server on|&#"
    r"|(?:socket|tcp|endpoint|connect|0x0)[^\n]{0,300}00000"
)
"""Where this is not, no number is read, whatever it is, and no entity."""


def alike(text: str) -> str:
    """The same for all texts that differ in their digits alone, and as long as they."""
    return text.encode("utf-8", "surrogatepass").translate(_ZEROS).decode("utf-8", "surrogatepass")


class _Alike(NamedTuple):
    """What begins a finding, with zeros for its digits."""

    needles: _Index
    around: list[set[str | None]]  # What must stand around each of them
    classes: frozenset[str]


@cache
def _needles_alike() -> _Alike:
    around: dict[str, set[str | None]] = defaultdict(set)
    for needle, rules in _NEEDLES:
        if needle.isascii():
            around[alike(needle)] |= {_around(rule) for rule in rules}
    classes = frozenset(map(alike, (*CLASSES, *OTHER_CLASSES)))
    return _Alike(_Index(list(around)), list(around.values()), classes)


def _around(rule: TextRule) -> str | None:
    """What a rule's pattern is for any digits; ``None`` where that is not known."""
    beside = rule.before + rule.then
    if not beside or re.search(r"\d", _QUANTIFIED.sub("", beside)):
        return None
    return rule.before + re.sub(r"\d", "[0-9]", re.escape(rule.needle)) + rule.then


def says_nothing(text: str) -> bool:
    """Whether nothing is found in any text, of up to ``MAX_ALIKE`` characters, alike this one.

    What is found begins with a needle, a class or words beside a number. One that a text has is
    with zeros for its digits in the text that is alike.
    """
    if not text.isascii():
        return False
    page = fold(text)
    lower = page.lower
    if _MAY_BE_READ.search(lower):
        return False
    known = _needles_alike()
    if any(name[0] in known.classes or _unlisted(name[0]) for name in _NAME.finditer(page.text)):
        return False
    return not any(
        around is None or _compiled(around).search(page.text)
        for number in known.needles.found_in(lower)
        for around in known.around[number]
    )


# Exception classes named in a text, where they stand as something that was raised.

_CAPITAL = r"[A-Z](?<![A-Za-z0-9_].)[A-Za-z0-9_]{2,60}(?![A-Za-z0-9_])"
_NAME = re.compile(rf"{_CAPITAL}|(?<![A-Za-z0-9_])(?:gaierror|herror|timeout)(?![A-Za-z0-9_])")
_NAME_IN_CAPITALS = re.compile(_CAPITAL)
"""Those that begin with a capital; they are found sooner."""
_MENTIONED = re.compile(
    r"(?:\bimport |\bexcept \(?|\bclass |\b(?:name|attribute|named) ['\"]?"
    r"|isinstance\(\w{1,40}, \(?|\bcatch \(?"
    r"|[a-z], |\bhandle |pytest\.raises\(|assertRaises\()(?:[\w.]{1,60}\.)?$"
)
_RAISED = re.compile(r"\s?(?:[:(\]}'\"`<|]|$|- |-> |<- )")
_NO_CONNECTION = Clue(OTHER, 30)
_TIMED_OUT = Clue(TIMEOUT, BARE)
_NOT_CONNECTED = Clue("unknown", 6)
_CLOSED = Clue("tcp.closed", GENERIC)
_OF_A_PLATFORM = ("concurrent.TimeoutException", "System.TimeoutException")
"""Waits of any sort; elsewhere a class of this name is of a page under test."""
_TIMEOUTS = ("TimeoutError", "Timeout", "TimeoutException", "TimedOutException", "TimedOut")
_CONNECTIONS = (
    "ConnectionError",
    "ConnectError",
    "ConnectException",
    "ConnectionException",
    "ConnectionFailure",
    "ConnectionFailed",
    "NotConnectedError",
    "NetworkError",
    "ConnectionClosed",
    "TransportError",
    "CommunicationException",
    "CommunicationsException",
    "UnreachableException",
)
_ENDED = (
    "DisconnectedException",
    "DisconnectException",
    "ConnectionLostException",
    "ConnectionLossException",
    "ConnectionClosedException",
    "ConnectionClosedError",
)
_LOWER_CASE = frozenset({"timeout", "gaierror", "herror"})


def named_classes(page: Page) -> Iterator[PlacedClue]:
    """Known classes, and classes known to name another failure."""
    text = page.text
    lower_case = "timeout" in text or "gaierror" in text or "herror" in text
    for match in (_NAME if lower_case else _NAME_IN_CAPITALS).finditer(text):
        name = match[0]
        clue = CLASSES.get(name) or _unlisted(name)
        if clue is None:
            continue
        if clue is _NO_CONNECTION and text.endswith(_OF_A_PLATFORM, 0, match.end()):
            clue = _TIMED_OUT
        found = _as_raised(page, match.start(), match.end(), clue)
        if found is not None:
            yield found


def _unlisted(name: str) -> Clue | None:
    """Classes of libraries that the table does not list, by the last word of their name."""
    if name in OTHER_CLASSES:
        return _NO_CONNECTION
    if name.endswith(_TIMEOUTS):
        return _TIMED_OUT
    if name.endswith(_ENDED):
        return _CLOSED
    return _NOT_CONNECTED if name.endswith(_CONNECTIONS) else None


def _as_raised(page: Page, start: int, end: int, clue: Clue) -> PlacedClue | None:
    before = page.text[max(0, start - 60) : start]
    if _MENTIONED.search(before):
        return None
    after = page.text[end : end + 3]
    if after.startswith((",", "(),")):  # one of a list in source code
        return None
    if page.text[start:end] in _LOWER_CASE and not _is_lower_case_class(before, after):
        return None
    # A line of source in a traceback: what is raised there may be caught and turned into another.
    in_source = before.endswith("raise ")
    if (_RAISED.match(after) and not in_source) or page.line_of(start)[1] <= end + 1:
        quoted = before[-1:] in {"'", '"'} and after[:1] == before[-1:]
        return None if quoted and clue is _NO_CONNECTION else PlacedClue(start, end, clue)
    if clue is _NO_CONNECTION:
        return None
    return PlacedClue(start, end, clue._replace(rank=clue.rank // 3))


def _is_lower_case_class(before: str, after: str) -> bool:
    return before.endswith("socket.") or after[:1] == "("


# Error numbers in a text, read together with the words beside them.
#
# The same number means different things on different platforms, so the words decide where they are
# known; a number alone decides only where no two platforms disagree.

_CALLED = r"[A-Za-z_]{0,40}[Ee]rror)\((?P<b>-?\d{1,5}), u?b?['\"](?P<wb>[^\n]{0,120}"
_BESIDE_WORDS = (
    r"\[(?P<tag>Errno|WinError|Error) (?P<a>-?\d{1,5})\](?P<wa>[^\n\[\]]{0,120})"
    r"|(?P<cls>%s)"
    r"|\((?P<c>\d{1,5}): (?P<wc>[A-Za-z][a-z ]{4,60})\)"
    r"|(?:\bos error|[Ee]rrno:?|[Ee]rrno ?=|[Ee]rror [Nn]umber:?|socket error:?|SO_ERROR:?"
    r"|WSA\w{0,20}\(?\)?:?|Winsock error:?|returned error|[Ee]rror code:?|\b[Ee]rror:?|[Cc]ode:"
    r"|\"code\":) ?['\"(]?(?P<d>-?\d{1,5})\b(?P<wd>[^\n]{0,80})"
)
_NUMBER = re.compile(_BESIDE_WORDS % _CALLED)
_NUMBER_UNCALLED = re.compile(_BESIDE_WORDS % "(?!)(?P<b>)(?P<wb>)")
"""The same where no class is called, which it takes long to look for."""
_BESIDE_A_NUMBER = ("err", "code", "wsa", "winsock", "reason", "server on")
_BESIDE_WINSOCK = (
    "socket", "tcp", "endpoint", "connect", "0x27",
    "código", "fehler", "ошибк", "错误", "錯誤", "エラー",
)  # fmt: skip
_IN_BRACKETS = re.compile(r"\(\d{1,5}: ")
_AFTER_WORDS = re.compile(r"rr(?:or|no)[^\n\d]{0,14}\d|code\W{1,6}\d|wsa|winsock")
"""Where this is not, and nothing in brackets, no number stands beside words; it is found sooner."""
_OF_WINSOCK = re.compile(r"1[01]0\d\d")
_WORDS = {**RESOLVER_ENGLISH, **SYSTEM_ENGLISH, **SYSTEM_TRANSLATED}
_NUMBERS_OF: dict[str, set[int]] = defaultdict(set)
"""The numbers of a name on any platform, which stand beside its words."""
for _table in (
    codes.LINUX_ERRNO,
    codes.MACOS_ERRNO,
    codes.WINDOWS_ERRNO,
    codes.WIN32_ERROR,
    codes.EAI_NAME_OF_NUMBER,
):
    for _number, _symbol in _table.items():
        _NUMBERS_OF[_symbol] |= {_number, -_number}
_SSL = re.compile(
    r"^\s{0,20}['\"]?(?:\[(?:SSL|X509|PEM|ASN1)|_ssl\.c|error:[0-9A-Fa-f]{6,8}"
    r"|.{0,60}(?:SSL|certificate|EOF occurred))"
)
_ONLY_LINUX = frozenset({97, 98, 99, 100, 101, 103, 104, 105, 107, 110, 111, 112, 113})
_ONLY_MACOS = frozenset({48, 49, 51, 53, 54, 55, 57, 60, 61, 64, 65})
_WINSOCK = re.compile(
    r"(?:err(?:or|no|o|eur)?|winerror|code|código|fehler|ошибк\w{0,3}|错误|錯誤|エラー|socket|tcp"
    r"|winsock|reason|endpoint|connect|server on|0x27[0-9a-f]{2})"
    r"[^\d\n]{0,40}(?P<n>100(?:13|2[24]|4[0279]|48|5[0-8]|6[0145])|1100[1-4])(?![\d]|\.\d)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:server on '[^'\n]{1,120}' \(|\(reason |return code = -|SSL_ERROR_SYSCALL, errno "
    r"|(?<!\[)Errno |errno[ =:]{1,2})(?P<n>\d{2,4})\b"
)
_PORT = re.compile(r"(?:\]|[.\-][\w\-]{1,40}|\d)(?<!rror)(?<!code):$")
"""What ends so before a number is a host, and the number its port, as 10051, Zabbix's."""
_MAY_BE_BARE = re.compile(r"1(?:00|10)\d\d|[Ee]rrno|return code|reason |server on")
"""Where this is not, neither of them is; it is found sooner."""
_LINUX_ALONE = (
    "machine is not on the network",
    "package not installed",
    "protocol driver not attached",
    "level 2 halted",
    "invalid request descriptor",
    "exchange full",
    "no anode",
    "invalid slot",
    "device not a stream",
    "no data available",
)
"""What Linux words the numbers with that are connection errors on macOS."""
_MAX_NUMBERS = 200
_NUMBERS_OF_MYSQL = range(1000, 2100)
_OF_MYSQL = re.compile(r"sql_?state|\bHY000\b|mysql|mariadb|binlog", re.IGNORECASE)
"""Beside it a number is one of MySQL's errors, and none of Windows'."""
_AROUND = 120


def numbers(page: Page) -> Iterator[PlacedClue]:
    """What the first 200 numbers say, with the words they stand beside."""
    lower = page.lower
    if not _has_number(lower):
        return
    beside = _AFTER_WORDS.search(lower) or _IN_BRACKETS.search(lower)
    pattern = _NUMBER if "rror(" in lower else _NUMBER_UNCALLED
    for count, match in enumerate(pattern.finditer(page.text) if beside else ()):
        if count >= _MAX_NUMBERS:
            return
        clue = _read(match)
        if clue is not None:
            yield PlacedClue(match.start(), _end(match), clue)
    for pattern in (_WINSOCK, _BARE) if _MAY_BE_BARE.search(page.text) else ():
        for match in islice(pattern.finditer(page.text), 20):
            clue = _by_number(int(match["n"]), "", "", loose=False)
            start = match.start("n")
            if clue is not None and not _PORT.search(page.text[max(0, start - 60) : start]):
                yield PlacedClue(match.start("n"), match.end("n"), clue._replace(rank=TEXT + 5))


def _has_number(lower: str) -> bool:
    """Whether a number may stand beside words that say what it is, which is found sooner."""
    if any(word in lower for word in _BESIDE_A_NUMBER) or _IN_BRACKETS.search(lower):
        return True
    return any(word in lower for word in _BESIDE_WINSOCK) and bool(_OF_WINSOCK.search(lower))


def _end(match: re.Match[str]) -> int:
    return max(match.end(group) for group in ("a", "b", "c", "d") if match[group])


def _read(match: re.Match[str]) -> Clue | None:
    words = match["wa"] or match["wb"] or match["wc"] or match["wd"] or ""
    number = int(match["a"] or match["b"] or match["c"] or match["d"])
    if _SSL.match(words) or "SSL" in (match["cls"] or ""):
        return None
    if match["d"] and number in _NUMBERS_OF_MYSQL and _is_of_mysql(match):
        return None
    name = _name_of_words(words.lower())
    if name is not None:
        # "Error 522: connection timed out" is an HTTP status, "error 28" one of curl's codes
        return _named(name, EXACT) if match["d"] is None or number in _NUMBERS_OF[name] else None
    if match["c"] or words.strip(" :'\"").lower().startswith(_LINUX_ALONE):
        return None
    return _by_number(number, match["tag"] or "", match["cls"] or "", loose=match["d"] is not None)


def _is_of_mysql(match: re.Match[str]) -> bool:
    around = match.string[max(0, match.start() - _AROUND) : match.end() + _AROUND]
    return _OF_MYSQL.search(around) is not None


def _name_of_words(words: str) -> str | None:
    return next((name for part, name in _WORDS.items() if part in words), None)


def _named(name: str, rank: int) -> Clue | None:
    if name.startswith("EAI_"):
        return Clue(codes.KIND_OF_EAI.get(name, "dns.failed"), rank, "dns", code=name)
    kind = codes.KIND_OF_ERRNO.get(name)
    if kind is None:  # a number of the system that is no failure of a connection, as EMSGSIZE
        return None
    return Clue(
        kind,
        rank,
        "connect" if name in codes.CONNECT_ONLY else "unknown",
        code=name,
        needs_socket=name == "EPIPE",
    )


def _by_number(number: int, tag: str, cls: str, *, loose: bool) -> Clue | None:
    if (
        cls.endswith("gaierror")
        or number in range(11001, 11005)
        or (number in range(-11, 0) and not loose)
    ):
        return _named(codes.EAI_NAME_OF_NUMBER.get(number, "EAI_FAIL"), SPECIFIC)
    if number in codes.WIN32_ERROR and number in range(1000, 10000):
        return _named(codes.WIN32_ERROR[number], EXACT - 10)
    if number in codes.WINDOWS_ERRNO:
        return _named(codes.WINDOWS_ERRNO[number], EXACT - 10)
    if tag == "WinError" and number in codes.WIN32_ERROR:
        name = codes.WIN32_ERROR[number]
        return _named(name, EXACT - 10) if name in codes.KIND_OF_ERRNO else None
    if number in _ONLY_LINUX:
        return _named(codes.LINUX_ERRNO[number], TEXT - 12 if loose else SPECIFIC - 5)
    if number in _ONLY_MACOS and not loose:
        return _named(codes.MACOS_ERRNO[number], TEXT - 10)
    return None
