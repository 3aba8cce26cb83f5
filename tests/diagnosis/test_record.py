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
from ringback.diagnosis.record import (
    MAX_RECORD_BYTES,
    RecordError,
    diagnosis_from,
    diagnosis_of,
    jsonable,
    record_of,
    record_schema,
)
from ringback.failure.kind import Layer


def check(record):
    jsonschema.Draft202012Validator(record_schema()).validate(json.loads(json.dumps(record)))
    return record


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
    assert set(record["host"]) == {"python", "openssl", "platform"}


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


JSON = st.sampled_from(
    [None, True, -3, 10**40, 1e300, float("inf"), "tcp", "", [], [0], [None], [[1]], {}, {"a": []}]
)


@pytest.mark.parametrize("one", [diagnosis(), refused(), diagnosis(reading(), reading("path"))])
def test_what_is_written_is_as_the_schema_says_and_is_read_back(one):
    assert diagnosis_from(json.dumps(check(record_of(one)))) == one


def test_keys_of_later_versions_are_passed_over():
    record = record_of(refused())
    record["new"] = record["verdict"]["new"] = record["readings"][0]["new"] = {"a": 1}

    assert diagnosis_of(record) == refused()


def test_a_stage_of_a_later_version_is_passed_over_and_the_evidence_stays_right():
    record = record_of(refused())
    record["readings"].insert(0, {**record["readings"][0], "layer": "quic"})
    record["verdict"]["evidence"] = [0, 2]

    assert diagnosis_of(record) == refused()


def test_what_is_missing_is_as_by_default():
    record = {"format": 1, "target": "a:1", "verdict": {}, "readings": [{"layer": "tcp"}]}
    found = diagnosis_of(record)

    assert (found.verdict.kind, found.verdict.layer, found.at) == ("unknown", "none", 0.0)
    assert found.readings[0].state == "noted"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("hello", r"not JSON \(line 1, column 1\)"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("1" * 5000, "not JSON"),
        ("{} {}", "more than one JSON object; give one file per machine"),
        ("[]", "not a report"),
        ("{}", "not a report"),
        ('{"format": 1, "verdict": {}}', "not a report"),
        ('{"format": 2, "verdict": {}}', "newer ringback"),
        (" " * (MAX_RECORD_BYTES + 1), "larger than 8 MiB"),
        ('{"format": NaN}', "not JSON"),
    ],
)
def test_what_is_no_record_is_refused(text, said):
    with pytest.raises(RecordError, match=said):
        diagnosis_from(text)


def test_what_is_too_much_is_cut():
    record = record_of(refused())
    record["target"] = "a" * 100_000
    large = {"layer": "tcp", "facts": {"a": ["b" * 100_000] * 10_000, "deep": nested(60)}}
    record["readings"] = [large, *([{"layer": "tcp"}] * 5000)]
    found = diagnosis_of(record)

    assert len(found.target) == 4000
    assert len(found.readings) == 1000
    assert len(found.readings[0].facts["a"]) == 500
    assert len(found.readings[0].facts["a"][0]) == 4000
    assert str(found.readings[0].facts["deep"]).count("[") < 20


def nested(depth):
    return [nested(depth - 1)] if depth else []


@given(
    st.fixed_dictionaries(
        {"format": st.just(1), "target": st.text(min_size=1)},
        optional={
            "verdict": st.dictionaries(
                st.sampled_from(["kind", "layer", "where", "evidence", "alternatives", "advice"]),
                JSON,
            ),
            "readings": st.lists(
                st.dictionaries(st.sampled_from(["layer", "facts", "at", "state", "kind"]), JSON)
            ),
            "at": JSON,
            "elapsed": JSON,
            "complete": JSON,
        },
    )
)
def test_whatever_a_record_holds_it_is_read_or_refused(record):
    try:
        found = diagnosis_of(record)
    except RecordError:
        assert "verdict" not in record
    else:
        assert json.dumps(record_of(found))
