import json

from ringback.failure.kinds import KINDS


def test_lists_every_kind_once(ringback):
    names = [line.strip() for line in ringback("kinds").stdout.splitlines()]
    assert [name for name in names if name in KINDS] == sorted(KINDS, key=names.index)
    assert set(KINDS) <= set(names)


def test_json_is_one_kind_per_line(ringback):
    lines = ringback("kinds", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == list(KINDS)
