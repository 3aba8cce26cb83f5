import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.monitor.config.naming import slug


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("Shop front", "shop-front"),
        ("https://a.example:8443/x", "https-a-example-8443-x"),
        ("Café Zürich", "cafe-zurich"),
        ("nightly_backup (2)", "nightly-backup-2"),
    ],
)
def test_a_slug_can_be_read(name, id_):
    assert slug(name) == id_


@given(st.text())
def test_a_slug_is_safe_and_the_slug_of_itself(name):
    found = slug(name)

    assert found
    assert len(found) <= 80
    assert set(found) <= {*string.ascii_lowercase, *string.digits, "-"}
    assert slug(found) == found


def test_names_that_differ_in_other_letters_are_told_apart():
    assert len({slug(name) for name in ("店", "館", "店 a", "館 a", "a")}) == 5
