"""What Linux's C library, wget, apt, libpq and git say in other languages.

The table is made by ``scripts/languages.py``; a wording of it is a literal part of a message, with
``%`` where something stands between two of them.
"""

import json
import re
from importlib.resources import files
from typing import Final

from ringback.failure.clue import GENERIC, SPECIFIC, TEXT, Clue, ClueKind
from ringback.failure.codes import KIND_OF_EAI, KIND_OF_ERRNO
from ringback.failure.kinds import KINDS
from ringback.failure.text.rule import PHRASE, SENTENCE, TextRule

_GAP: Final = ".{1,200}?"
_UMBRELLAS: Final = {"tcp.failed": GENERIC, "dns.failed": PHRASE, "tls.failed": PHRASE}
"""What a program says before it gives the system's word for the cause."""
_ALSO_OF_FILES: Final = frozenset({"EPIPE", "EMFILE", "ENFILE"})


def _clue(code: str) -> Clue:
    if code == "EAI_MEMORY":
        return Clue("client.resources_exhausted", TEXT, needs_socket=True)
    if code.startswith(("EAI_", "dns.")):
        kind: ClueKind = KIND_OF_EAI.get(code, "dns.failed") if code.isupper() else KINDS[code].name
        return Clue(kind, _UMBRELLAS.get(code, SPECIFIC), "dns")
    if code.isupper():
        return Clue(KIND_OF_ERRNO[code], TEXT, needs_socket=code in _ALSO_OF_FILES)
    return Clue(KINDS[code].name, _UMBRELLAS.get(code, SENTENCE))


def _rule(wording: str, clue: Clue) -> TextRule:
    needle = max(wording.split("%"), key=len)
    before, _, then = wording.partition(needle)
    return TextRule(
        needle, clue, *(_GAP.join(map(re.escape, part.split("%"))) for part in (before, then))
    )


def _rules() -> list[TextRule]:
    table = files("ringback.failure.text").joinpath("languages.json").read_text("utf-8")
    rules = []
    for code, wordings in json.loads(table).items():
        clue = _clue(code.removeprefix("+"))
        clue = clue._replace(rank=clue.rank + code.startswith("+"))
        rules += [_rule(wording, clue) for wording in wordings]
    return rules


TRANSLATED: list[TextRule] = _rules()
