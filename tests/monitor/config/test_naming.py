import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.monitor.config.naming import slug


@pytest.mark.parametrize(
    ("name", "id_"),
    [("Café (2) Zürich", "cafe-2-zurich"), ("https://a.example:8443/x", "https-a-example-8443-x")],
)
def test_slug_can_be_read(name, id_):
    assert slug(name) == id_


@given(st.text())
def test_slug_is_safe_and_the_slug_of_itself(name):
    found = slug(name)

    assert 0 < len(found) <= 80
    assert set(found) <= {*string.ascii_lowercase, *string.digits, "-"}
    assert slug(found) == found


def test_names_that_differ_in_other_letters_are_told_apart():
    assert len({slug(name) for name in ("店", "館", "店 a", "館 a", "a")}) == 5
