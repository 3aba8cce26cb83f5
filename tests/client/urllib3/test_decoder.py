import gzip

import pytest
import urllib3.response

from ringback.client.urllib3.response import Decoder

TEXT = b'{"ok": true}' * 200


def decoder(coding):
    return Decoder(urllib3.response._get_decoder(coding.partition(", raw")[0]))


@pytest.mark.parametrize("garbage", [b"\n", b"\0", b"\0" * 9, b"\x1f", b"junk", b"<!-- x -->"])
def test_garbage_behind_the_stream_is_not_a_truncated_one(garbage):
    one = decoder("gzip")
    assert one.decompress(gzip.compress(TEXT) + garbage) == TEXT
    assert not one.truncated


def test_the_second_of_two_members_counts_too():
    two = gzip.compress(TEXT) * 2
    one = decoder("gzip")
    assert one.decompress(two) == TEXT * 2
    assert not one.truncated
    one = decoder("gzip")
    one.decompress(two[:-30])
    assert one.truncated


@pytest.mark.parametrize(("finished", "truncated"), [(True, False), (False, True)])
def test_a_stream_that_says_so_is_believed(finished, truncated):
    class Stream:
        def is_finished(self):
            return finished

    class Brotli:
        _obj = Stream()

        def decompress(self, data):
            return data

    one = Decoder(Brotli())
    one.decompress(b"x")
    assert one.truncated is truncated


def test_a_stream_that_does_not_say_is_taken_for_whole():
    class Unknown:
        def decompress(self, data):
            return data

    one = Decoder(Unknown())
    one.decompress(b"x")
    assert not one.truncated
