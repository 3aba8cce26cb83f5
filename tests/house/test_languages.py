"""The script that makes the table of translated wordings, on catalogues made here."""

import json
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import languages  # noqa: E402 - stands among the scripts


def catalogue(messages):
    """A catalogue as gettext's manual describes it."""
    pairs = sorted({"": "Content-Type: text/plain; charset=utf-8\n", **messages}.items())
    strings = [text.encode() for pair in zip(*pairs, strict=True) for text in pair]
    at, entries, content = 28 + 8 * len(strings), [], b""
    for string in strings:
        entries.append(struct.pack("<2I", len(string), at + len(content)))
        content += string + b"\0"
    ids, texts = 28, 28 + 8 * len(pairs)
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), ids, texts, 0, at)
    return head + b"".join(entries) + content


@pytest.fixture
def made(tmp_path):
    def make(language, domain, messages):
        path = tmp_path / language / f"{domain}.mo"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(catalogue(messages))
        return languages.wordings(tmp_path)

    return make


def test_a_message_is_known_by_what_it_means(made):
    assert made("de", "libc", {"Connection refused": "Verbindungsaufbau abgelehnt"}) == {
        "ECONNREFUSED": ["verbindungsaufbau abgelehnt"]
    }


def test_a_placeholder_stands_for_whatever_is_there(made):
    found = made("de", "apt", {"Could not resolve '%s'": "»%s« konnte nicht aufgelöst werden"})
    assert found == {"dns.name_not_resolved": ["konnte nicht aufgelöst werden"]}
    found = made("nl", "apt", {"Unable to connect to %s:%s:": "Kan %s op %s niet bereiken:"})
    assert found["tcp.failed"] == ["kan%op%niet bereiken"]


def test_what_means_two_things_is_left_out(made):
    made("xx", "libc", {"Connection refused": "Netz entzwei ganz"})
    assert made("yy", "libc", {"Network is down": "Netz entzwei ganz"}) == {}


def test_what_says_more_than_another_is_marked(made):
    made("xx", "libc", {"Connection refused": "verbindung weg"})
    found = made("xx2", "libc", {"Network is down": "verbindung weg und netz weg"})
    assert found == {
        "+ENETDOWN": ["verbindung weg und netz weg"],
        "ECONNREFUSED": ["verbindung weg"],
    }


def test_english_and_what_is_too_short_are_left_out(made):
    assert made("en_GB", "libc", {"Connection refused": "Connection refused"}) == {}
    assert made("xx", "libc", {"Connection refused": "nein"}) == {}


def test_the_table_has_the_languages_of_linux():
    table = json.loads(languages.TARGET.read_text("utf-8"))
    assert len(table["ECONNREFUSED"]) > 25
    assert all(said == said.lower() for wordings in table.values() for said in wordings)
