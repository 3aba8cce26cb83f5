"""Everything that a text says, place by place: by rules, by class names, by numbers.

How it works. The text has been made even (``fold``): wrapping, quoting and escapes are gone, and
each place leads back to the original. Three scanners then give findings, a ``Clue`` with its place
each; which of them decides is ``explain``'s business, not theirs.

Rules: a rule has a needle, a literal part in lower case. Of the some 6,500 rules only those are
looked at of whose needle the rarest part of four characters stands in the text, and of these a
plain substring search for the needle rejects nearly all. Where the needle stands, its pattern, if
it has one, is tried in a window of ``_WINDOW`` characters to each side, at the first
``_MAX_PLACES`` places only. So the cost is the length of the text times the number of needles, with
a small factor, and then a constant: every repetition in a pattern is bounded, windows are bounded,
places are bounded. No text, however made, is slow. Patterns are compiled when they are first
needed, and kept.

Class names: a name counts where it stands as something that was raised, not where it is imported,
caught, defined or listed. A class in passing ranks at a third.

Numbers: the same error number means different things on different platforms (110 is a timeout on
Linux alone, 54 a reset on macOS and "exchange full" on Linux). So the words beside a number decide
where they are known; a number alone decides only where no two platforms disagree.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from sys import byteorder

from ringback.failure import codes
from ringback.failure.classes import CLASSES
from ringback.failure.clue import BARE, EXACT, SPECIFIC, TEXT, TIMEOUT, Clue
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
_GRAM = 4
"""A needle is looked for where a part of it of this length stands, which it shares with few."""
_BYTES = [needle.encode() for needle, _ in _NEEDLES]
_SHORT = [number for number, needle in enumerate(_BYTES) if len(needle) < _GRAM]
_SHORT_ASCII = [number for number in _SHORT if _NEEDLES[number][0].isascii()]
_ANY_SHORT = re.compile("|".join(re.escape(_NEEDLES[number][0]) for number in _SHORT_ASCII))


def _grams(text: str) -> set[int]:
    """The parts of a text as numbers, for so they are made without a step for each."""
    view = memoryview(text.encode("utf-8", "surrogatepass"))
    found: set[int] = set()
    for at in range(_GRAM):
        found.update(view[at : len(view) - (len(view) - at) % _GRAM].cast("I"))
    return found


def _by_gram() -> dict[int, list[int]]:
    """Of each needle the part that the fewest others have, for so do the fewest texts."""
    parts = [
        [
            int.from_bytes(needle[at : at + _GRAM], byteorder)
            for at in range(0, len(needle) - _GRAM + 1, 2)
        ]
        for needle in _BYTES
    ]
    shared = Counter(chain.from_iterable(parts))
    found: dict[int, list[int]] = defaultdict(list)
    for number, grams in enumerate(parts):
        if grams:
            found[min(grams, key=shared.__getitem__)].append(number)
    return dict(found)


_BY_GRAM = _by_gram()


def scan(page: Page) -> list[PlacedClue]:
    """What the rules find, at most six places each."""
    lower = page.lower
    found = [
        number
        for gram in _BY_GRAM.keys() & _grams(lower)
        for number in _BY_GRAM[gram]
        if _NEEDLES[number][0] in lower
    ]
    if not lower.isascii() or _ANY_SHORT.search(lower):
        found += [number for number in _SHORT if _NEEDLES[number][0] in lower]
    return [
        finding
        for number in sorted(found)
        for place in _places(lower, _NEEDLES[number][0])
        for finding in _try(page, place, _NEEDLES[number][1])
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


def _try(page: Page, place: int, rules: list[TextRule]) -> Iterator[PlacedClue]:
    for rule in rules:
        end = place + len(rule.needle)
        if rule.pattern is None:
            yield PlacedClue(place, end, rule.clue)
            continue
        begin = max(0, place - _WINDOW)
        for match in _compiled(rule.pattern).finditer(page.text, begin, end + _WINDOW):
            if match.start() < end and match.end() > place:
                yield PlacedClue(match.start(), match.end(), rule.clue)
                break


# Texts that differ from each other in their digits alone.

MAX_ALIKE = _WINDOW
"""Characters of a text of which it is told what others like it say: all within one window."""
_ZEROS = str.maketrans("123456789", "000000000")
_QUANTIFIED = re.compile(r"\{\d{0,3},?\d{0,3}\}")
_MAY_BE_READ = re.compile(
    r"err|code|wsa|winsock|\(0{1,5}: |reason|server on|&#"
    r"|(?:socket|tcp|endpoint|connect|0x0)[^\n]{0,300}00000"
)
"""Where this is not, no number is read, whatever it is, and no entity."""


def alike(text: str) -> str:
    """The same for all texts that differ in their digits alone, and as long as they."""
    return text.translate(_ZEROS)


@cache
def _needles_alike() -> tuple[dict[str, list[tuple[str, str | None]]], frozenset[str]]:
    """By its first part, each needle in ASCII and what must stand around it, and the classes."""
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for needle, rules in _NEEDLES:
        if needle.isascii():
            for around in {_around(rule) for rule in rules}:
                found[alike(needle)[:_GRAM]].append((alike(needle), around))
    return dict(found), frozenset(map(alike, (*CLASSES, *OTHER_CLASSES)))


def _around(rule: TextRule) -> str | None:
    """What a rule's pattern is for any digits; ``None`` where that is not known."""
    if rule.pattern is None:
        return None
    needle = re.escape(rule.needle)
    before, _, then = rule.pattern.partition(needle)
    if re.search(r"\d", _QUANTIFIED.sub("", before + then)):
        return None
    return before + re.sub(r"\d", "[0-9]", needle) + then


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
    needles, classes = _needles_alike()
    if any(name[0] in classes or _unlisted(name[0]) for name in _NAME.finditer(page.text)):
        return False
    grams = {lower[at : at + size] for size in range(1, _GRAM + 1) for at in range(len(lower))}
    return not any(
        around is None or _compiled(around).search(page.text)
        for gram in needles.keys() & grams
        for needle, around in needles[gram]
        if needle in lower
    )


# Exception classes named in a text, where they stand as something that was raised.

_NAME = re.compile(
    r"(?<![A-Za-z0-9_])(?:[A-Z][A-Za-z0-9_]{2,60}|gaierror|herror|timeout)(?![A-Za-z0-9_])"
)
_MENTIONED = re.compile(
    r"(?:\bimport |\bexcept \(?|\bclass |\b(?:name|attribute|named) ['\"]?"
    r"|isinstance\(\w{1,40}, \(?|\bcatch \(?"
    r"|[a-z], |\bhandle |pytest\.raises\(|assertRaises\()(?:[\w.]{1,60}\.)?$"
)
_RAISED = re.compile(r"\s?(?:[:(\]}'\"`<|]|$|- |-> |<- )")
_NO_CONNECTION = Clue(OTHER, 30)
_TIMED_OUT = Clue(TIMEOUT, BARE)
_NOT_CONNECTED = Clue("unknown", 6)
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
)
_LOWER_CASE = frozenset({"timeout", "gaierror", "herror"})


def named_classes(page: Page) -> Iterator[PlacedClue]:
    """Known classes, and classes known to name another failure."""
    for match in _NAME.finditer(page.text):
        name = match[0]
        clue = CLASSES.get(name) or _unlisted(name)
        if clue is None:
            continue
        found = _as_raised(page, match.start(), match.end(), clue)
        if found is not None:
            yield found


def _unlisted(name: str) -> Clue | None:
    """Classes of libraries that the table does not list, by the last word of their name."""
    if name in OTHER_CLASSES:
        return _NO_CONNECTION
    if name.endswith(_TIMEOUTS):
        return _TIMED_OUT
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


def numbers(page: Page) -> Iterator[PlacedClue]:
    """What the first 200 numbers say, with the words they stand beside."""
    lower = page.lower
    if not _has_number(lower):
        return
    pattern = _NUMBER if "rror(" in lower else _NUMBER_UNCALLED
    for count, match in enumerate(pattern.finditer(page.text)):
        if count >= _MAX_NUMBERS:
            return
        clue = _read(match)
        if clue is not None:
            yield PlacedClue(match.start(), _end(match), clue)
    for pattern in (_WINSOCK, _BARE) if _MAY_BE_BARE.search(page.text) else ():
        for match in islice(pattern.finditer(page.text), 20):
            clue = _by_number(int(match["n"]), "", "", loose=False)
            if clue is not None:
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
    name = _name_of_words(words.lower())
    if name is not None:
        # "Error 522: connection timed out" is an HTTP status, "error 28" one of curl's codes
        return _named(name, EXACT) if match["d"] is None or number in _NUMBERS_OF[name] else None
    if match["c"] or words.strip(" :'\"").lower().startswith(_LINUX_ALONE):
        return None
    return _by_number(number, match["tag"] or "", match["cls"] or "", loose=match["d"] is not None)


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
