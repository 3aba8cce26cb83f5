import json

from monitor.ingest.batches import NOW, body, failed, worked

from ringback.monitor.ingest.batch import read_batch
from ringback.monitor.ingest.intake import MAX_DISCOVERED, Discoveries


def seen(*events):
    discoveries = Discoveries()
    for report in read_batch(body(*events), now=NOW).checks:
        discoveries.see(report)
    return discoveries


def test_calls_and_failures_of_an_origin_are_counted():
    (only,) = seen(worked(at=NOW - 9, calls=5), failed(at=NOW - 4), worked(calls=2)).all()
    assert (only.id, only.url) == ("https-h-example-443", "https://h.example:443")
    assert (only.calls, only.failures) == (8, 1)
    assert (only.first_seen, only.last_seen) == (NOW - 9, NOW)


def test_those_called_last_come_first_and_are_the_ones_kept():
    discoveries = Discoveries()
    for number in range(MAX_DISCOVERED + 5):
        for report in read_batch(body(failed(origin=f"http://h{number}:80")), now=NOW).checks:
            discoveries.see(report)
    found = discoveries.all()
    assert len(found) == MAX_DISCOVERED
    assert (found[0].url, found[-1].url) == (f"http://h{MAX_DISCOVERED + 4}:80", "http://h5:80")


def test_what_is_kept_is_json_and_is_gone_on_from():
    discoveries = seen(failed(), worked(origin="http://b:80"))
    kept = json.loads(json.dumps(discoveries.dump()))
    other = Discoveries()
    other.load(kept)
    assert other.all() == discoveries.all()
