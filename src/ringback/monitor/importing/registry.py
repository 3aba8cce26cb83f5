"""Every importer: a new one is a line here and a file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ringback.monitor.config.identity import id_of
from ringback.monitor.importing import blackbox, gatus, icinga, kuma, nagios, upptime, urls
from ringback.monitor.importing.draft import Draft, Text, together
from ringback.monitor.importing.usable import usable


class ImportRefused(Exception):  # noqa: N818 - named for what it says of the files
    """Raised for files that are of no known type, or that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Importer:
    """One tool whose configuration can be read.

    Attributes:
        summary: Which tool, and which of its files.
        recognises: Whether a file is its.
        convert: Adds what files say to a draft; raises ``ValueError`` for one that cannot be read.
    """

    summary: str
    recognises: Callable[[Text], bool]
    convert: Callable[[Iterable[Text], Draft], None]


IMPORTERS = {
    "prometheus": Importer(
        "blackbox_exporter's blackbox.yml and prometheus.yml with its targets",
        blackbox.recognises,
        blackbox.convert,
    ),
    "gatus": Importer("Gatus' config.yaml", gatus.recognises, gatus.convert),
    "upptime": Importer("Upptime's .upptimerc.yml", upptime.recognises, upptime.convert),
    "uptime-kuma": Importer("Uptime Kuma's backup (JSON)", kuma.recognises, kuma.convert),
    "nagios": Importer("Nagios' object files", nagios.recognises, nagios.convert),
    "icinga": Importer("Icinga 2's hosts and services", icinga.recognises, icinga.convert),
    "urls": Importer("a list of URLs, one a line", urls.recognises, urls.convert),
}
"""In the order in which they are asked; the least particular comes last."""


def convert(texts: Sequence[Text], kind: str | None = None) -> Draft:
    """Return the configurations of other tools as one draft.

    Every endpoint in it can be watched: what cannot is left out, with a note.

    Args:
        texts: The files.
        kind: Key of the importer; ``None``: each file says of which type it is.

    Raises:
        ImportRefused: A file is of no known type, or cannot be read.
    """
    by_kind: dict[str, list[Text]] = {}
    for text in texts:
        by_kind.setdefault(kind or kind_of(text), []).append(text)
    parts = [_part(name, own) for name, own in by_kind.items()]
    draft = parts[0] if len(parts) == 1 else together(parts)
    draft.endpoints = usable(draft, texts[0])
    _mend_names(draft)
    draft.notes.sort()
    return draft


def _part(kind: str, texts: Sequence[Text]) -> Draft:
    draft = Draft()
    try:
        IMPORTERS[kind].convert(texts, draft)
    except ValueError as error:
        raise ImportRefused(f"{texts[0].file} {error}") from error
    return draft


def kind_of(text: Text) -> str:
    """Return the key of the importer that a file is for.

    Args:
        text: The file.

    Raises:
        ImportRefused: There is none.
    """
    for name, importer in IMPORTERS.items():
        if importer.recognises(text):
            return name
    raise ImportRefused(
        f"{text.file} is of no known type; --from says which: {', '.join(IMPORTERS)}"
    )


def _mend_names(draft: Draft) -> None:
    """Leave out names of endpoints that were left out themselves."""
    ids = {id_of(str(one.get("name", "")), str(one.get("url", ""))) for one in draft.endpoints}
    for tables, key in ((draft.endpoints, "parents"), (draft.routes, "endpoints")):
        for table in tables:
            known = [name for name in table.pop(key, ()) if id_of(name, "") in ids]
            if known:
                table[key] = known
    draft.routes = [route for route in draft.routes if "endpoints" in route]
