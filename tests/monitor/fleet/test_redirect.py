import pytest

from ringback.monitor.fleet.redirect import lead_url

PATH = "/api/v1/agent/plan?since=1"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("https://hub-1", "https://hub-2:8480/ringback"),
        ("http://127.0.0.1:8480", "http://localhost:8481"),
        ("http://127.0.0.1:8480", "https://hub-2"),
        ("http://hub-1:8480", "http://hub-2:8480"),
    ],
)
def test_a_lead_is_believed_where_the_way_is_as_safe(asked, said):
    assert lead_url(asked, said + PATH, PATH) == said


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("https://hub-1", f"http://hub-2{PATH}"),
        ("https://hub-1", f"http://127.0.0.1{PATH}"),
        ("http://127.0.0.1:8480", f"http://hub-2{PATH}"),
        ("https://hub-1", f"https://user@hub-2{PATH}"),
        ("https://hub-1", "https://hub-2/other"),
        ("https://hub-1", f"ftp://hub-2{PATH}"),
        ("https://hub-1", f"https://hub-2:x{PATH}"),
        ("https://hub-1", PATH),
        ("https://hub-1", ""),
    ],
)
def test_another_way_is_not_taken(asked, location):
    assert lead_url(asked, location, PATH) is None
