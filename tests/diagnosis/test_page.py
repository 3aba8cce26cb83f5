import re
from html.parser import HTMLParser

import pytest
from diagnosis.values import diagnosis, reading, refused, verdict
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis.page import report_page

VOID = {"meta", "col", "link", "br", "rect"}


class Outline(HTMLParser):
    """The elements of a page, which must close as they open."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def outline(text):
    found = Outline()
    found.feed(text)
    found.close()
    assert found.open == []
    return found


def test_a_page_says_everything():
    text = report_page([refused()])
    said = " ".join(outline(text).text)

    assert "A firewall drops what is sent" in said
    assert "tcp.timed_out (firewall_drops)" in said
    assert "The backlog is full. `ss -ltn` on the target." not in said
    assert "The backlog is full." in said
    assert "One of two resolvers is dead." in said
    assert "Interrupted" in said
    assert "<code>nc -vz 192.0.2.7 443</code>" in text
    assert text.count('<th scope="rowgroup"') == 2
    assert text.count("class=decided") == 1


def test_a_page_loads_and_runs_nothing():
    found = outline(report_page([refused(), diagnosis()]))

    assert "script" not in found.tags
    assert not [value for name, value in found.attributes if name in {"src", "style"}]
    assert all(value.startswith("#") for name, value in found.attributes if name == "href")
    policies = [value for name, value in found.attributes if name == "content"]
    assert any(policy.startswith("default-src 'none'; style-src 'sha256-") for policy in policies)


def test_several_targets_are_linked_from_the_top():
    text = report_page([refused(), diagnosis()])

    assert re.findall(r'href="#(\w+)"', text) == re.findall(r'article id="(\w+)"', text)


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x>', "\x1b[2J\u202e"])
def test_what_is_hostile_is_text(hostile):
    one = reading(subject=hostile, result=hostile, facts={"a": hostile})
    found = verdict(summary=hostile, advice=(f"`{hostile}`",), beside=(hostile,), cause=hostile)
    text = report_page([diagnosis(one, target=hostile, found=found)])

    tags = outline(text).tags
    assert "img" not in tags
    assert "script" not in tags
    assert "\x1b" not in text
    assert "\u202e" not in text


@given(st.text(), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_any_reading_can_be_shown(text, at, seconds, elapsed):
    one = reading(subject=text, result=text, at=at, seconds=seconds)

    assert outline(report_page([diagnosis(one, target=text, elapsed=elapsed)]))
    assert report_page([diagnosis(one, target=text)]).encode()
