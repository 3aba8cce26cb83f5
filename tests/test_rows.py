import pytest
from rows import each


@pytest.fixture
def limit():
    return 2


def test_every_row_that_fails_is_named():
    @each("number, word", [(1, "a"), (2, "b"), (3, "c")])
    def check(number, word, limit):
        assert number < limit
        assert word

    with pytest.raises(pytest.fail.Exception) as caught:
        check(limit=2)
    said = caught.value.msg
    assert said.startswith("2 of 3 rows\n")
    assert "number=2, word='b': AssertionError" in said
    assert "number=3, word='c': AssertionError" in said
    assert "'a'" not in said


def test_an_empty_table_is_refused():
    with pytest.raises(AssertionError, match="checks nothing"):
        each("number", [])


@each("number", [0, 1])
def test_a_test_has_its_fixtures(number, limit):
    assert number < limit
