import json

import jsonschema
from monitor.notify.made import REPORT, message, story

from ringback.monitor.notify.document import body, document, schema

WHATS = (
    "opened",
    "reopened",
    "grown",
    "escalated",
    "reminded",
    "renamed",
    "diagnosed",
    "acknowledged",
    "closed",
    "brief",
)


def test_it_is_what_the_schema_says():
    jsonschema.Draft202012Validator.check_schema(schema())
    stories = [story(what, number=number) for number, what in enumerate(WHATS)]
    stories.append(story("closed", state="closed", closed_at=1.0, diagnosis=REPORT, kind=None))

    found = document(message(*stories, test=True))

    jsonschema.Draft202012Validator(schema()).validate(json.loads(json.dumps(found)))
    assert set(found) == set(schema()["required"])
    assert set(found["incidents"][0]) == set(schema()["$defs"]["incident"]["required"])


def test_a_diagnosis_comes_without_what_was_read():
    told = document(message(story(diagnosis=REPORT)))["incidents"][0]

    assert told["diagnosis"]["verdict"]["kind"] == "tcp.refused"
    assert set(told["diagnosis"]) == {"format", "target", "verdict"}


def test_credentials_do_not_leave():
    url = "https://user:secret@shop.invalid/?token=secret"

    assert b"secret" not in body(message(story(summary=f"no {url}", evidence=(url,))))
