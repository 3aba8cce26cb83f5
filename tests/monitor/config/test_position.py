import tomllib

from hypothesis import given
from hypothesis import strategies as st

from ringback.monitor.config.source import Positions

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


bare = st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True)
loose = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
keys = st.one_of(
    bare,
    loose.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    loose.filter(lambda text: "'" not in text).map(lambda text: f"'{text}'"),
)
blanks = st.sampled_from(["", " ", "  ", "\t"])
gaps = st.sampled_from(["", " ", "\n", " # note ]}\"'\n", "\n\n  "])
scalars = st.one_of(
    st.integers(-(2**40), 2**40).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["true", "false", "inf", "-inf", "0xff", "1_000"]),
    st.sampled_from(["1979-05-27 07:32:00Z", "1979-05-27T07:32:00", "07:32:00", "1979-05-27"]),
    keys.filter(lambda key: key[0] in "\"'"),
    st.sampled_from(
        ['"""a\n]"x" \\""" """', "'''\n[[x]]\n'it''s'''", '"""q"""""', '"""\\\n  x"""']
    ),
)


@st.composite
def arrays(draw, values):
    items = draw(st.lists(values, max_size=3))
    gap = draw(gaps)
    return "[" + gap + ("," + gap).join(f"{item}{gap}" for item in items) + "]"


@st.composite
def inline_tables(draw, values):
    pairs = draw(st.dictionaries(keys, values, max_size=3))
    blank = draw(blanks)
    inside = ", ".join(f"{key}{blank}={blank}{value}" for key, value in pairs.items())
    return "{" + blank + inside + blank + "}"


values = st.recursive(scalars, lambda inner: arrays(inner) | inline_tables(inner), max_leaves=8)


@st.composite
def lines(draw):
    kind = draw(st.sampled_from(["pair", "pair", "pair", "table", "array", "comment"]))
    indent = draw(blanks)
    if kind == "comment":
        return indent + '# [[a]] = "'
    name = f"{draw(blanks)}.{draw(blanks)}".join(draw(st.lists(keys, min_size=1, max_size=3)))
    if kind == "pair":
        blank = draw(blanks)
        return f"{indent}{name}{blank}={blank}{draw(values)}{draw(blanks)}"
    return indent + (f"[{name}]" if kind == "table" else f"[[{name}]]")


def parsed(text):
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


@st.composite
def documents(draw):
    """Lines that make a document together; a line that would break it is left out."""
    end = draw(st.sampled_from(["\n", "\n\n", " # end\n"]))
    text = ""
    for line in draw(st.lists(lines(), max_size=10)):
        if parsed(text + line + end) is not None:
            text += line + end
    return text


def paths_in(data, path=()):
    children = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in children:
        yield (*path, key), value
        if isinstance(value, dict | list):
            yield from paths_in(value, (*path, key))


@given(documents())
def test_every_path_that_tomllib_reads_is_found_with_its_value(text):
    read = dict(paths_in(tomllib.loads(text)))
    spots = Positions(text).spots

    assert set(spots) == set(read)
    for path, value in read.items():
        if not isinstance(value, dict | list):
            written = text[spots[path].value : spots[path].end]
            assert tomllib.loads(f"x = {written}\n")["x"] == value
