import tomllib

import pytest

from ringback.monitor.config.source import Positions
from ringback.monitor.config.starter import starter

TEXT = """\
# a comment with [brackets] and = signs
vantage = "here"
include = [
  "a.toml", # one
  'b.toml',
]

[[endpoint]]
name = "shop"
expect.status = 204
labels = { team = "web", "odd key" = 'x' }

  [[endpoint]]
  url = '''
[[endpoint]]
'''
  [endpoint.expect]
  status = [200, "300-399"]
[group."the shop"]
every = "1m"
"""


def test_a_key_and_its_value_have_their_places():
    found = Positions(TEXT)

    assert found.of_key(("vantage",)) == (2, 1)
    assert found.of_value(("vantage",)) == (2, 11)
    assert found.of_value(("include", 1)) == (5, 3)
    assert found.of_key(("endpoint", 0)) == (8, 1)
    assert found.of_key(("endpoint", 0, "expect", "status")) == (10, 8)
    assert found.of_key(("endpoint", 0, "labels", "odd key")) == (11, 26)
    assert found.of_key(("endpoint", 1)) == (13, 3)
    assert found.of_value(("endpoint", 1, "expect", "status", 1)) == (18, 18)
    assert found.of_key(("group", "the shop")) == (19, 1)


def test_what_is_not_there_is_at_the_table_that_lacks_it():
    found = Positions(TEXT)

    assert found.of_key(("endpoint", 1, "name")) == (13, 3)
    assert found.of_value(("endpoint", 1, "expect", "latency")) == (17, 3)
    assert found.of_key(("nowhere",)) == (1, 1)


TRICKY = """
a . "b c" . 'd' = 1 # note ]}"'
"quoted \\"key\\"" = "text with = and [x]" # end
  dates = [1979-05-27 07:32:00Z, 1979-05-27T07:32:00, 07:32:00, 1979-05-27]
numbers = [inf, -inf, 0xff, 1_000, -1.5e10, true]
long = \"\"\"a
]"x" \\\"\"\" \"\"\"
ends = \"\"\"q\"\"\"\"\"
folded = \"\"\"\\
  x\"\"\"
nested = [ # one
  [ "a", 'b', ],
  { a = { "b c" = [1, 2] }, d.e = 'x' }, # two

  {},
]
[ "table" . 'of' . keys ]
x = { }
[[ list ]]
[[list]]
y = []
[list.inner]
z = ""
"""


def paths_in(data, path=()):
    children = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in children:
        yield (*path, key), value
        if isinstance(value, dict | list):
            yield from paths_in(value, (*path, key))


@pytest.mark.parametrize("text", [TEXT, TRICKY, starter()], ids=["text", "tricky", "starter"])
def test_every_path_that_tomllib_reads_is_found_with_its_value(text):
    read = dict(paths_in(tomllib.loads(text)))
    spots = Positions(text).spots

    assert set(spots) == set(read)
    for path, value in read.items():
        if not isinstance(value, dict | list):
            written = text[spots[path].value : spots[path].end]
            assert tomllib.loads(f"x = {written}\n")["x"] == value
