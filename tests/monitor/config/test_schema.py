import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

import ringback.monitor.config as room
from ringback.monitor.config.load import load
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


def with_all_examples():
    """The starter with everything in it: also what is commented out as an example."""
    return EXAMPLE.sub(r"\1", starter()).replace('["conf.d/*.toml"]', "[]")


def test_starter_is_a_configuration(tmp_path, validator):
    path = tmp_path / "ringback.toml"
    path.write_text(starter(), "utf-8")

    (endpoint,) = load(path, {}).endpoints

    assert endpoint.id == "ringback"
    validator.validate(tomllib.loads(starter()))


def test_every_example_in_the_starter_is_right(tmp_path, validator):
    text = with_all_examples()
    path = tmp_path / "ringback.toml"
    path.write_text(text, "utf-8")
    names = ("SHOP_TOKEN", "MAIL_PASSWORD", "HOOK_SECRET", "RINGBACK_TOKEN", "HC_ID")

    found = load(path, dict.fromkeys(names, "00112233445566778899aabbccddeeff"))

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
