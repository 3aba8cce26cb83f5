import json
import math
import sys
from typing import get_args

import jsonschema
import pytest
from diagnosis.values import diagnosis, reading, refused, verdict
from hypothesis import given
from hypothesis import strategies as st

from ringback.diagnosis import model
from ringback.diagnosis.record import jsonable, moment, record_of, record_schema
from ringback.failure.kind import Layer


def check(record):
    jsonschema.Draft202012Validator(record_schema()).validate(json.loads(json.dumps(record)))
    return record


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(record_schema())


@pytest.mark.parametrize("one", [diagnosis(), refused(), diagnosis(reading())])
def test_a_record_is_as_the_schema_says(one):
    check(record_of(one))


def test_a_record_says_everything():
    record = record_of(refused())

    assert list(record) == [
        *("format", "target", "at", "elapsed", "complete"),
        *("verdict", "readings", "host", "ringback", "redacted"),
    ]
    assert record["at"] == "2026-11-21T10:50:25.123Z"
    assert record["complete"] is False
    assert record["verdict"]["alternatives"][0]["cause"] == "overloaded"
    assert record["readings"][1]["facts"]["outcome"] == "timeout"
    assert record["host"]["python"] == sys.version.split()[0]


def test_the_machine_is_not_named():
    assert set(record_of(refused())["host"]) == {"python", "openssl", "platform"}


@pytest.mark.parametrize(
    ("definition", "key", "values"),
    [
        ("reading", "layer", model.STAGES),
        ("reading", "state", get_args(model.State)),
        ("verdict", "layer", get_args(Layer)),
    ],
)
def test_the_schema_knows_every_word(definition, key, values):
    assert record_schema()["$defs"][definition]["properties"][key]["enum"] == list(values)


def test_the_schema_knows_every_place():
    assert record_schema()["$defs"]["where"]["enum"] == list(get_args(model.Where))


def test_a_record_never_holds_credentials_or_queries():
    url = "https://alice:secret@api.example.com/a?token=secret"
    record = record_of(
        diagnosis(
            reading("http", "redirect", url, result=f"to {url}", facts={"location": [{"a": url}]}),
            target=url,
            found=verdict(summary=f"{url} works", advice=(url,), beside=(url,)),
        )
    )

    assert "secret" not in json.dumps(record)
    assert record["target"] == "https://api.example.com/a"
    check(record)


def test_what_json_cannot_have_becomes_what_it_can():
    odd = {1: {2.5}, "t": (b"x", math.inf), "nan": math.nan}

    assert jsonable(odd) == {"1": [2.5], "t": ["b'x'", None], "nan": None}


def test_what_is_nested_without_end_ends():
    endless = []
    endless.append(endless)

    assert len(json.dumps(jsonable(endless))) < 100


@given(st.floats(0, 4e9))
def test_a_moment_is_in_utc(at):
    assert moment(at).endswith("Z")
    assert len(moment(at)) == len("2026-11-21T10:50:25.123Z")
