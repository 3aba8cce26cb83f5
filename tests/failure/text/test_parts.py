from ringback.failure.text.explain import parts


def test_a_short_text_is_whole():
    assert parts("x" * 1000) == [("x" * 1000, 0)]


def test_of_a_long_text_only_telling_parts_are_read():
    quiet = "all is well. " * 20_000
    text = quiet + "Connection refused" + quiet

    found = parts(text)

    assert any("Connection refused" in part for part, _ in found)
    assert len(found) <= 2
    assert all(text.startswith(part, offset) for part, offset in found)


def test_at_most_five_parts_are_read():
    found = parts("error " * 1_000_000)

    assert len(found) == 5
    assert found[0][1] == 0


def test_a_traceback_on_the_border_of_two_parts_is_whole_in_one():
    cause = "[Errno 111] Connection refused"
    text = "error " * 16_664 + cause + " error" * 20_000

    assert any(cause in part for part, _ in parts(text))
