"""Texts about failures that report none: source code, tests that passed, change logs, manuals.

Told by the line in which a failure is named, as it stands in the original text. A line of source
or of a change log reports nothing, whatever it names. A sentence that explains reports nothing
either, but may stand in a message; so what names only one kind is believed there, and less.
"""

import re

from ringback.failure.clue import SPECIFIC
from ringback.failure.text.fold import Page
from ringback.failure.text.rule import PlacedClue

_MAX_LINE = 300
"""Characters of a line before and after a place that are looked at."""
_SOURCE = (
    r"(?:\d{1,5}[:|]?\s{1,8})?(?:raise [\w.]{1,80}(?:\(|$)|throw (?:new )?[\w.:]{1,80}\("
    r"|except(?: [\w.]{1,80}| ?\([\w., ]{1,160}\))?(?: as \w{1,30})?:|\}? ?catch ?\(|rescue [A-Z]"
    r"|Err\([A-Z]\w{1,40}::|from [\w.]{1,80} import |(?:\}? ?else )?if (?:\(|err\b|not |e\.)"
    r"|defp? \w{1,60}[(?!]"
    r"|return [\w.]{0,60}(?:\(|['\"])|(?:self|this)\.\w{1,60}[.(]|case ['\"\w.:]{1,80}:(?:\s|$)"
    r"|(?:log|logger|LOG|logging|console|_logger|slog|log4j)\.\w{1,20}\("
    r"|(?:print|println|printf|fprintf|fmt\.\w{1,12}|System\.\w{1,5}\.\w{1,10})\("
    r"|#(?:define|include|if|ifdef) |//\s|/\*|<!--|[A-Z_]{4,30} ?= ?-?\d{1,5}[,;]? {0,8}(?://|#|$)"
    r"|(?:(?:public|private|protected|export|abstract|final|static) ){0,3}"
    r"(?:class|interface|enum|struct) \w{1,80}(?: ?[({<:]| extends | implements |$)"
    r"|(?:it|test|describe|expect)\(|with (?:pytest|self)\.|self\.assert|assert (?:isinstance|not )"
    r"|[\w./\-]{1,120}\.[a-z]{1,4}:\d{1,6}:\d{1,4}: (?:warning|error|note)\b)"
)
_PASSED = (
    r"(?:[✓✔√]|ok \d{1,6}\b|--- PASS|=== (?:RUN|CONT|PAUSE)|PASS(?:ED)?\b"
    r"|\[ {1,8}(?:OK|RUN|PASSED) {1,8}\])"
)
_CHANGED = (
    r"(?:(?:[-*+•]|\d{1,3}\.) {1,4}(?:\*\*)?"
    r"\[?(?:fix|add|handl|improv|avoid|remov|support|prevent|bump)(?:e?s|e?d|e)?\b"
    r"|(?:fix|feat|chore|refactor|docs|perf)(?:\([^)\n]{1,40}\))?!?: "
    r"|v?\d{1,3}\.\d{1,4}(?:\.\d{1,5})?:? {1,3}fixed "
    r"|fix(?:es|ed)? [a-z'\"`])"
)
_OPTION = (
    r"-{1,2}[a-z][\w\-]{1,40}(?:[ =][\w<>\[\]]{1,30})?(?:,? -{1,2}[\w\-]{1,40})? {2,40}[A-Za-z]"
)
_BEGINS = re.compile(rf"\s{{0,40}}(?:{_SOURCE}|{_PASSED}|{_OPTION})")
_BEGINS_CHANGE = re.compile(rf"\s{{0,40}}{_CHANGED}", re.IGNORECASE)
_ENDS = re.compile(r"(?: PASSED(?: {1,20}\[ {0,3}\d{1,3}%\])?| \.\.\. ok)\s{0,4}$")
_EXPLAINS = re.compile(
    r"\bmeans (?:that|the|there)\b|\b(?:raises|throws) (?:an? )?[`'\"]?[A-Z]\w"
    r"|\bis (?:raised|thrown|returned|shown|passed) (?:to|when|if|by|instead)\b"
    r"|\bhow (?:long|many|often) \w"
    r"|\b(?:option|setting|parameter|flag|property) (?:controls|specifies|sets|defines)\b"
    r"|\b(?:by default|the default is|defaults? (?:to|is|of))\b"
    r"|\byou (?:should|can|may|must|might) (?:catch|handle|retry|set|use|want|wrap|also)\b"
    r"|\b(?:we recommend|for example,|in this (?:example|section|chapter)|e\.g\.)"
    r"|\bthe following table\b|\bto (?:change|disable|enable|avoid) this\b"
    r"|^(?!.{0,250}(?:timed out|exceed|expired|fail|error)).{0,200}\btimeout (?:is |was )?set to \d"
    r"|^\s{0,20}# (?:set|if|when|how|whether|the|use)\b|\b(?:TODO|FIXME)\b",
    re.IGNORECASE,
)
_DATED = re.compile(r"\[?(?:\d{4}[-/.]\d\d|\d\d:\d\d)")
"""A line that says when it was written is a log's."""
_EXPLAINING = (
    "means ", " raise", " throw", "is raised", "is thrown", "is returned", "is shown", "is passed",
    "ow long", "ow many", "ow often", "controls", "specifies", "sets", "defines", "default",
    "ou ", "recommend", "following table", " this", "set to ",
    "example", "section", "chapter", "e.g.", "# ", "TODO", "FIXME",
)  # fmt: skip
"""One of these is in each; they are found sooner."""


def reports_nothing(page: Page, text: str, finding: PlacedClue) -> bool:
    """Whether a failure is named in a line that is about failures."""
    place = page.origin(finding.start), page.origin(finding.end - 1) + 1
    return is_about(text, *place, explained=finding.clue.rank < SPECIFIC)


def is_about(text: str, begin: int, end: int, *, explained: bool = True) -> bool:
    """Whether a line is source code or the like, or a sentence that explains."""
    first = max(text.rfind("\n", 0, begin) + 1, begin - _MAX_LINE)
    last = text.find("\n", end, end + _MAX_LINE)
    line = text[first : last if last >= 0 else end + _MAX_LINE]
    if _DATED.match(line):
        return False
    if _BEGINS.match(line) or _BEGINS_CHANGE.match(line) or _ENDS.search(line):
        return True
    if not explained or not any(word in line for word in _EXPLAINING):
        return False
    return _EXPLAINS.search(line) is not None
