import tomllib

import pytest

from ringback.monitor.config.source import Positions
from ringback.monitor.config.starter import starter

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
plain = '''
[[table]]
'''
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


@pytest.mark.parametrize("text", [TRICKY, starter()], ids=["tricky", "starter"])
def test_every_path_that_tomllib_reads_is_found_with_its_value(text):
    read = dict(paths_in(tomllib.loads(text)))
    spots = Positions(text).spots

    assert set(spots) == set(read)
    for path, value in read.items():
        if not isinstance(value, dict | list):
            written = text[spots[path].value : spots[path].end]
            assert tomllib.loads(f"x = {written}\n")["x"] == value
