"""The manual pages, from the command line's own definitions: ``ringback(1)`` and one per command.

They are written with the macros of man(7), which every formatter knows.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator

import click

from ringback.cli.run import COMMANDS, ringback

SECTIONS = {"Examples": "EXAMPLES", "Exit status": "EXIT STATUS"}
"""Title within a help text → its section, which follows the options."""

STATUSES = {
    "0": "All is well, or what was asked for was done.",
    "1": "Something is broken, down or cannot be written: the page of the command says what.",
    "2": "Wrong usage, an invalid input, or something that is not installed.",
    "3": "Something else, which the page of the command says.",
    "130": "Interrupted by Ctrl-C.",
    "141": "Nobody reads the output any more.",
}

_CHARACTERS = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "~": r"\(ti", "^": r"\(ha", '"': r"\(dq"}
)
_SENTENCE_END = re.compile(r"(?<=[.]) (?=[A-Z])")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_CODE = re.compile(r"``?([^`]+)``?")
_STATUS = re.compile(r"(\d+)  +(\S.*?)(?=\s{2,}\d+  |$)")
"""A status and its meaning; a line may have two of them."""


def man_pages() -> dict[str, str]:
    """Return every manual page by its name."""
    root = click.Context(ringback, info_name="ringback", **ringback.context_settings)
    pages = {"ringback.1": "\n".join(overview(root))}
    for context in contexts(root):
        name = context.command_path.replace(" ", "-")
        pages[f"{name}.1"] = "\n".join(command_page(name, context))
    return pages


def contexts(parent: click.Context) -> Iterator[click.Context]:
    """Yield a context for each command of a group."""
    assert isinstance(parent.command, click.Group)
    for name in parent.command.list_commands(parent):
        command = parent.command.get_command(parent, name)
        assert command is not None
        yield click.Context(command, parent=parent, info_name=name)


def overview(root: click.Context) -> Iterator[str]:
    """Yield the lines of ringback(1)."""
    command = root.command
    yield from head("ringback", "what happens when a connection fails", root)
    yield from description(command.help or "")
    yield ".SH COMMANDS"
    for name, entry in COMMANDS.items():
        yield from (".TP", rf".BR {words(f'ringback-{name}')} (1)", *lines(entry.summary))
    yield from options(root)
    yield ".SH EXIT STATUS"
    yield from statuses(STATUSES.items())
    yield from blocks(command.epilog or "")
    yield ".SH SEE ALSO"
    yield from lines("`ringback COMMAND --help` says what the page of a command says.")
    yield ""


def command_page(name: str, context: click.Context) -> Iterator[str]:
    """Yield the lines of the page of one command, with those below it."""
    text = context.command.help or ""
    summary = COMMANDS[context.info_name or ""].summary.rstrip(".")
    yield from head(name, summary[0].lower() + summary[1:], context)
    yield from description(text)
    yield from options(context)
    if isinstance(context.command, click.Group):
        yield ".SH COMMANDS"
        for below in contexts(context):
            pieces = [below.command_path, *below.command.collect_usage_pieces(below)]
            yield f".SS {words(' '.join(pieces))}"
            yield from below_command(below)
    yield from blocks(text)
    yield from (".SH SEE ALSO", ".BR ringback (1)", "")


def below_command(context: click.Context) -> Iterator[str]:
    """Yield what stands of a command below another's, whose page has the sections."""
    text = context.command.help or ""
    yield from paragraphs(text)
    yield from option_list(context)
    for title, found in titled(text):
        yield from (".PP", words(f"{title}:"))
        yield from listed(title, found)


def head(name: str, summary: str, context: click.Context) -> Iterator[str]:
    """Yield the title, the name and the synopsis."""
    yield r""".\" Written by "python docs/generate.py" from the command's own help; edit that."""
    yield f'.TH {words(name.upper())} 1 "" ringback "ringback manual"'
    yield from (".SH NAME", rf"{words(name)} \- {words(summary)}")
    following = words(" ".join(context.command.collect_usage_pieces(context)))
    yield from (".SH SYNOPSIS", rf".B {words(context.command_path)}", following)


def description(text: str) -> Iterator[str]:
    """Yield the section of what a command does."""
    yield ".SH DESCRIPTION"
    yield from paragraphs(text)


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text that have no title, each sentence a line."""
    plain = [part for part in text.split("\n\n") if not part.startswith("\b")]
    for number, part in enumerate(plain):
        if number:
            yield ".PP"
        yield from lines(part)


def options(context: click.Context) -> Iterator[str]:
    """Yield the section of the options."""
    yield ".SH OPTIONS"
    yield from option_list(context)


def option_list(context: click.Context) -> Iterator[str]:
    """Yield the options of a command, as its help lists them."""
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record and isinstance(parameter, click.Option):
            yield from (".TP", rf".B {words(record[0])}", *lines(record[1]))


def blocks(text: str) -> Iterator[str]:
    """Yield the sections of a help text that have a title."""
    for title, found in sorted(titled(text), reverse=True):
        yield f".SH {SECTIONS[title]}"
        yield from listed(title, found)


def titled(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what stands in a help text under a title."""
    for part in text.split("\n\n"):
        if part.startswith("\b"):
            title, *found = part.removeprefix("\b\n").splitlines()
            yield title.rstrip(":"), [text.strip() for text in found]


def listed(title: str, found: list[str]) -> Iterator[str]:
    """Yield the lines under a title: statuses as a list, examples as they stand."""
    if title == "Exit status":
        pairs = [pair for text in found for pair in _STATUS.findall(text)]
        yield from statuses(sorted(pairs, key=lambda pair: int(pair[0])))
    else:
        yield from (".nf", *map(words, found), ".fi")


def statuses(meanings: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a list of exit statuses."""
    for number, meaning in meanings:
        yield from (".TP", f".B {number}", *lines(meaning))


def lines(text: str) -> Iterator[str]:
    """Yield the lines of a text, each sentence begun anew; what stands in backticks is bold."""
    escaped = escape(" ".join(text.split())).replace(r"\(ga", "`")
    for sentence in _SENTENCE_END.split(_CODE.sub(r"\\fB\1\\fR", escaped)):
        yield from map(guarded, textwrap.wrap(sentence, 78, break_on_hyphens=False))


def words(text: str) -> str:
    """Return a text in which nothing is a request or an escape."""
    return guarded(escape(text))


def escape(text: str) -> str:
    """Return a text as each formatter takes it, in ASCII."""
    return _BEYOND_ASCII.sub(lambda found: rf"\[u{ord(found[0]):04X}]", text.translate(_CHARACTERS))


def guarded(text: str) -> str:
    """Return a line that is no request, whatever it begins with."""
    return rf"\&{text}" if text.startswith(".") else text
