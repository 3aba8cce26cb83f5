import pytest
from monitor.web.asking import Asking


@pytest.mark.parametrize(
    "path", ["/", "/endpoints/api", "/api/v1/endpoints", "/static/page.css", "/metrics"]
)
def test_gzip_is_sent_to_whom_takes_it_and_nothing_to_whom_has_it(asking, path):
    packed = asking.get(path, headers={"accept-encoding": "br, gzip"})
    plain = asking.get(path, headers={"accept-encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text  # httpx unpacks it
    if path == "/metrics":
        assert "content-length" not in packed.headers  # it is streamed
        return
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert "accept-encoding" in plain.headers["vary"]

    tag = plain.headers["etag"]
    again = asking.get(path, headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag == packed.headers["etag"]
    assert asking.get(path, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        *(("/", taken) for taken in ("", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip-like")),
        ("/healthz", "gzip"),  # it is small
        ("/endpoints/nobody", "gzip"),
    ],
)
def test_response_stays_as_it_is_where_gzip_is_not_taken_or_worth_it(asking, path, taken):
    found = asking.get(path, headers={"accept-encoding": taken})

    assert "content-encoding" not in found.headers
    assert ("etag" in found.headers) is (found.status_code == 200)


def test_a_page_changes_its_tag_with_what_it_shows():
    asking = Asking()
    tags = [asking.get("/").headers["etag"] for _ in range(2)]
    asking.service.open = []
    assert tags[0] == tags[1] != asking.get("/").headers["etag"]
