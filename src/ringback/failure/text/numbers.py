"""Error numbers in a text, read together with the words beside them.

The same number means different things on different platforms, so the words decide where they are
known; a number alone decides only where no two platforms disagree.
"""

import re
from collections.abc import Iterator
from itertools import islice

from ringback.failure.codes import resolver, system
from ringback.failure.codes.wording import ENGLISH, RESOLVER, TRANSLATED
from ringback.failure.reading import EXACT, SPECIFIC, TEXT, Reading
from ringback.failure.text.finding import Finding
from ringback.failure.text.fold import Page

_NUMBER = re.compile(
    r"\[(?P<tag>Errno|WinError|Error) (?P<a>-?\d{1,5})\](?P<wa>[^\n\[\]]{0,120})"
    r"|(?P<cls>[A-Za-z_]{0,40}[Ee]rror)\((?P<b>-?\d{1,5}), u?b?['\"](?P<wb>[^\n]{0,120})"
    r"|\((?P<c>\d{1,5}): (?P<wc>[A-Za-z][a-z ]{4,60})\)"
    r"|(?:\bos error|[Ee]rrno:?|[Ee]rrno ?=|[Ee]rror [Nn]umber:?|socket error:?|SO_ERROR:?"
    r"|WSA\w{0,20}\(?\)?:?|Winsock error:?|returned error|[Ee]rror code:?|\b[Ee]rror:?|[Cc]ode:"
    r"|\"code\":) ?['\"(]?(?P<d>-?\d{1,5})\b(?P<wd>[^\n]{0,80})"
)
_WORDS = {**RESOLVER, **ENGLISH, **TRANSLATED}
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
    r"|(?<!\[)Errno |errno[ =:]{1,2})(?P<n>\d{2,3})\b"
)
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
_MOST = 200


def numbers(page: Page) -> Iterator[Finding]:
    """What the first 200 numbers say, with the words they stand beside."""
    for count, match in enumerate(_NUMBER.finditer(page.text)):
        if count >= _MOST:
            return
        reading = _read(match)
        if reading is not None:
            yield Finding(match.start(), _end(match), reading)
    for pattern in (_WINSOCK, _BARE):
        for match in islice(pattern.finditer(page.text), 20):
            reading = _by_number(int(match["n"]), "", "", loose=False)
            if reading is not None:
                yield Finding(match.start("n"), match.end("n"), reading._replace(rank=TEXT + 5))


def _end(match: re.Match[str]) -> int:
    return max(match.end(group) for group in ("a", "b", "c", "d") if match[group])


def _read(match: re.Match[str]) -> Reading | None:
    words = match["wa"] or match["wb"] or match["wc"] or match["wd"] or ""
    number = int(match["a"] or match["b"] or match["c"] or match["d"])
    if _SSL.match(words) or "SSL" in (match["cls"] or ""):
        return None
    name = _name_of_words(words.lower())
    if name is not None:
        return _named(name, EXACT)
    if match["c"] or words.strip(" :'\"").lower().startswith(_LINUX_ALONE):
        return None
    return _by_number(number, match["tag"] or "", match["cls"] or "", loose=match["d"] is not None)


def _name_of_words(words: str) -> str | None:
    return next((name for part, name in _WORDS.items() if part in words), None)


def _named(name: str, rank: int) -> Reading:
    if name.startswith("EAI_"):
        return Reading(resolver.KIND_OF_NAME.get(name, "dns.failed"), rank, "dns", code=name)
    kind = system.KIND_OF_NAME[name]
    return Reading(
        kind,
        rank,
        "connect" if name in system.CONNECT_ONLY else "unknown",
        code=name,
        needs_socket=name == "EPIPE",
    )


def _by_number(number: int, tag: str, cls: str, *, loose: bool) -> Reading | None:
    if (
        cls.endswith("gaierror")
        or number in range(11001, 11005)
        or (number in range(-11, 0) and not loose)
    ):
        return _named(resolver.NAME_OF_NUMBER.get(number, "EAI_FAIL"), SPECIFIC)
    if number in system.WINDOWS:
        return _named(system.WINDOWS[number], EXACT - 10)
    if tag == "WinError" and number in system.WINDOWS_WIN32:
        name = system.WINDOWS_WIN32[number]
        return _named(name, EXACT - 10) if name in system.KIND_OF_NAME else None
    if number in _ONLY_LINUX:
        return _named(system.LINUX[number], TEXT - 12 if loose else SPECIFIC - 5)
    if number in _ONLY_MACOS and not loose:
        return _named(system.MACOS[number], TEXT - 10)
    return None
