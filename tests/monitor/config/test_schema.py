import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

import ringback.monitor.config as room
from ringback.monitor.config.schema import config_schema
from ringback.monitor.config.starter import starter

SHIPPED = Path(room.__file__).with_name("schema.json")


def test_shipped_schema_is_current():
    written = json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"

    assert SHIPPED.read_text("utf-8") == written, "write it anew: see this test"


@pytest.fixture(scope="module")
def validator():
    schema = config_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


EXAMPLE = re.compile(r"^# (\[+[\w.]+\]+|[\w.]+ = .*)$", re.MULTILINE)


def test_starter_is_a_configuration(loaded, validator):
    assert [endpoint.id for endpoint in loaded(starter()).endpoints] == ["ringback"]
    validator.validate(tomllib.loads(starter()))


def test_every_example_in_the_starter_is_right(loaded, validator):
    """Also of what is commented out."""
    text = EXAMPLE.sub(r"\1", starter()).replace('["conf.d/*.toml"]', "[]")
    names = ("SHOP_TOKEN", "MAIL_PASSWORD", "HOOK_SECRET", "RINGBACK_TOKEN", "HC_ID")

    found = loaded(text, dict.fromkeys(names, "00112233445566778899aabbccddeeff"))

    assert found.endpoints
    assert found.notifiers
    assert found.maintenance
    assert found.web.tokens
    validator.validate(json.loads(json.dumps(tomllib.loads(text), default=str)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": [{"name": "a", "url": "x", "timout": 1}]},
        {"endpoint": {"name": "a"}},
        {"notifier": [{"name": "a", "type": "webhook"}]},
        {"web": {"port": 99999}},
    ],
)
def test_schema_refuses_what_loading_refuses_and_takes_a_variable(validator, wrong):
    assert not validator.is_valid(wrong)
    assert validator.is_valid({"notifier": [{"name": "a", "type": "webhook", "url": "${URL}"}]})
