"""The reference page of a kind."""

import re

from ringback.failure.kind import Kind
from ringback.failure.kinds import KINDS
from ringback.failure.page import reference_page

BARE = Kind(name="tcp.odd", layer="tcp", delivered="no", retry="backoff", meaning="It is odd.")


def test_a_page_has_every_section_in_order() -> None:
    headings = [
        line for line in reference_page(KINDS["tcp.refused"]).splitlines() if line.startswith("#")
    ]
    assert headings == [
        "# tcp.refused",
        "## What it looks like",
        "## Usual causes",
        "## What to do",
        "## What not to do",
        "## How to reproduce it",
        "## Often confused with",
        "## Also known as",
    ]


def test_a_page_says_everything_that_is_known_of_the_kind() -> None:
    kind = KINDS["http.response.timed_out"]
    text = reference_page(kind)
    for part in (kind.meaning, *kind.looks_like.values(), *kind.causes, *kind.do, *kind.dont):
        assert part in text
    for number, advice in enumerate(kind.do, 1):
        assert f"{number}. {advice}\n" in text
    for name in kind.related:
        assert f"[{name}]({name}.md)" in text


def test_the_table_says_layer_delivery_and_retry_in_words() -> None:
    text = reference_page(BARE)
    assert "| Layer | connection (TCP or Unix socket) |" in text
    assert "| Delivered | no, the service has not processed the request |" in text
    assert "| Retry | yes, after a wait, any method |" in text


def test_every_page_is_tidy_markdown() -> None:
    pages = {kind.name: reference_page(kind) for kind in KINDS.values()}
    untidy = re.compile(r"\n\n\n|[ \t]$|\n\n\Z", re.MULTILINE)
    assert [name for name, text in pages.items() if untidy.search(text)] == []
    assert [name for name, text in pages.items() if not text.startswith(f"# {name}\n\n")] == []
    assert [name for name, text in pages.items() if not text.endswith("\n")] == []
