from ringback.failure.text.explain import read_message


def test_the_words_of_a_driver():
    assert read_message("OperationalError", "could not connect: Connection refused").kind == (
        "tcp.refused"
    )


def test_words_that_say_nothing_leave_it_open():
    assert read_message("OperationalError", "no idea").kind is None
    assert read_message("KeyError", "'x'").kind is None
