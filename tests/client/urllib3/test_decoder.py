import pytest

from ringback.client.urllib3.response import Decoder


class Plain:
    def decompress(self, data):
        return data


@pytest.mark.parametrize("finished", [True, False])
def test_a_stream_that_says_so_is_believed(finished):
    class Brotli(Plain):
        _obj = type("", (), {"is_finished": lambda _: finished})()

    one = Decoder(Brotli())
    one.decompress(b"x")
    assert one.truncated is not finished


def test_a_stream_that_does_not_say_is_taken_for_whole():
    one = Decoder(Plain())
    one.decompress(b"x")
    assert not one.truncated
