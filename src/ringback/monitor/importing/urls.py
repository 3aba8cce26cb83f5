"""A list of URLs: one a line, with a name behind it if there is one; ``#`` begins a comment."""

from collections.abc import Iterable

from ringback.monitor.config.address import AddressError, probe_address_of
from ringback.monitor.importing.draft import Draft, ImportedFile


def is_url_list(text: ImportedFile) -> bool:
    lines = [line.split()[0] for line in text.text.splitlines() if _content(line)]
    return bool(lines) and all("://" in line or _is_address(line) for line in lines[:50])


def convert_urls(texts: Iterable[ImportedFile], draft: Draft) -> None:
    for text in texts:
        for number, line in enumerate(text.text.splitlines(), 1):
            if content := _content(line):
                _add(content, text, number, draft)


def _content(line: str) -> str:
    """A line without its comment, which begins after a blank: a fragment of a URL does not."""
    return "" if line.lstrip().startswith("#") else line.partition(" #")[0].strip()


def _add(content: str, text: ImportedFile, number: int, draft: Draft) -> None:
    url, _, name = content.partition(" ")
    try:
        probe_address_of(url)
    except AddressError as error:
        hint = f"; use {error.hint}" if error.hint else ""
        draft.note(text, number, f"skipped: the URL {error}{hint}")
        return
    draft.endpoints.append({"name": name.strip(), "url": url} if name.strip() else {"url": url})


def _is_address(word: str) -> bool:
    try:
        address = probe_address_of(word)
    except AddressError:
        return False
    return "." in address.host or address.type == "tcp"
