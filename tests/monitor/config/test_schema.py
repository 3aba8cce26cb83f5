import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

import ringback.monitor.config as room
from ringback.monitor.config.load import load
from ringback.monitor.config.schema import config_schema, keys_of, table_at
from ringback.monitor.config.starter import starter

SHIPPED = Path(room.__file__).with_name("schema.json")


def test_the_shipped_schema_is_current():
    written = json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"

    assert SHIPPED.read_text("utf-8") == written, "write it anew: see this test"


def test_it_is_a_schema():
    of_schemas = jsonschema.Draft202012Validator.META_SCHEMA

    assert jsonschema.Draft202012Validator(of_schemas).is_valid(config_schema())


EXAMPLE = re.compile(r"^# (\[+[\w.]+\]+|[\w.]+ = .*)$", re.MULTILINE)


def with_all_examples():
    """The starter with everything in it: also what is commented out as an example."""
    return EXAMPLE.sub(r"\1", starter()).replace('["conf.d/*.toml"]', "[]")


def test_the_starter_is_a_configuration(tmp_path):
    path = tmp_path / "ringback.toml"
    path.write_text(starter(), "utf-8")

    (endpoint,) = load(path, {}).endpoints

    assert endpoint.id == "ringback"
    jsonschema.validate(tomllib.loads(starter()), config_schema())


def test_every_example_in_the_starter_is_right(tmp_path):
    text = with_all_examples()
    path = tmp_path / "ringback.toml"
    path.write_text(text, "utf-8")
    names = ("SHOP_TOKEN", "MAIL_PASSWORD", "HOOK_SECRET", "RINGBACK_TOKEN", "HC_ID")

    found = load(path, dict.fromkeys(names, "00112233445566778899aabbccddeeff"))

    assert len(found.endpoints) == 8
    assert len(found.notifiers) == 4
    assert len(found.maintenance) == 2
    assert found.web.tokens
    document = json.loads(json.dumps(tomllib.loads(text), default=lambda one: one.isoformat()))
    jsonschema.validate(document, config_schema())


@pytest.mark.parametrize("section", list(keys_of(table_at((), {}))))
def test_the_starter_explains_every_section(section):
    assert any(
        line.startswith("# ") and (f"[{section}" in line or f"{section} = " in line)
        for line in starter().splitlines()
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": [{"name": "a", "url": "x", "timout": 1}]},
        {"endpoint": {"name": "a"}},
        {"endpoint": [{"every": []}]},
        {"notifier": [{"name": "a", "type": "webhook"}]},
        {"web": {"port": 99999}},
        {"colour": 1},
    ],
)
def test_the_schema_refuses_what_loading_refuses(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, config_schema())


def test_it_takes_a_variable_of_the_environment_where_a_text_is():
    right = {"notifier": [{"name": "a", "type": "webhook", "url": "${URL}"}]}

    assert jsonschema.Draft202012Validator(config_schema()).is_valid(right)
