import json

import pytest

GOOD = {"id": "a", "text": "[Errno 111] Connection refused"}


def lines(*records):
    return "".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in records)


def test_keeps_the_order_and_the_ids(ringback):
    texts = [
        "[Errno 104] Connection reset by peer",
        "all is well",
        "[Errno 111] Connection refused",
    ]
    ids = ["\ud800", None, {"file": "x", "line": [1, 2]}]
    given = [{"id": i, "text": t, "more": 1} for i, t in zip(ids, texts, strict=True)]
    done = ringback("explain", "--jsonl", stdin=lines(*given))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert [line["id"] for line in said] == ids
    kinds = [line["kind"] for line in said]
    assert kinds == ["tcp.reset", "not_a_connection_failure", "tcp.refused"]
    assert list(said[0])[:4] == ["id", "kind", "layer", "confidence"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object but an array"),
        ("null", "not a JSON object but null"),
        ('{"text": "x"}', 'no "id"'),
        ('{"id": 1}', 'no "text"'),
        ('{"id": 1, "text": 5}', '"text" is not a string'),
        ("[" * 100_000, "nested too deeply"),
        (b'{"id": 1, "text": "\xff"}'.decode("latin-1"), "not UTF-8"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_explained(ringback, bad, reason):
    given = lines(GOOD, "", "@", GOOD).encode().replace(b"@", bad.encode("latin-1"))
    done = ringback("explain", "--jsonl", stdin=given)
    assert done.returncode == 2
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["tcp.refused"] * 2
    assert done.stderr.startswith(f"ringback: line 3: {reason}")
    assert done.stderr.count("\n") == 1


def test_reads_a_file(ringback, one_line, tmp_path):
    path = tmp_path / "texts.jsonl"
    path.write_text(lines(GOOD) + json.dumps(GOOD))
    assert ringback("explain", "--jsonl", path).stdout.count("\n") == 2
    assert "no file" in one_line(ringback("explain", "--jsonl", tmp_path / "none"))
