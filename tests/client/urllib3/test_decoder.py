import gzip
import zlib

import pytest
import urllib3.response

from ringback.client.urllib3.response import Decoder

TEXT = b'{"ok": true}' * 200


def raw_deflate(data):
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


CODINGS = {"gzip": gzip.compress, "deflate": zlib.compress, "deflate, raw": raw_deflate}


def decoder(coding):
    return Decoder(urllib3.response._get_decoder(coding.partition(", raw")[0]))


@pytest.mark.parametrize("coding", CODINGS)
def test_a_whole_stream_is_not_truncated(coding):
    one = decoder(coding)
    assert one.decompress(CODINGS[coding](TEXT)) + one.flush() == TEXT
    assert not one.truncated


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("missing", [1, 5, 20])
def test_a_stream_without_its_end_is(coding, missing):
    one = decoder(coding)
    one.decompress(CODINGS[coding](TEXT)[:-missing])
    assert one.truncated


@pytest.mark.parametrize("coding", CODINGS)
def test_no_stream_at_all_is_not(coding):
    one = decoder(coding)
    assert not one.truncated
    one.decompress(b"")
    one.flush()
    assert not one.truncated


def test_byte_by_byte_it_is_truncated_until_the_last():
    whole, one = gzip.compress(TEXT), decoder("gzip")
    for at in range(len(whole)):
        one.decompress(whole[at : at + 1])
        assert one.truncated == (at < len(whole) - 1)


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


def test_of_several_codings_each_must_end():
    twice = zlib.compress(gzip.compress(TEXT))
    one = decoder("gzip, deflate")
    assert one.decompress(twice) == TEXT
    assert not one.truncated
    one = decoder("gzip, deflate")
    one.decompress(twice[:-6])
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


def test_all_else_is_the_inner_ones():
    assert decoder("gzip").flush() == b""
    assert hasattr(urllib3.response._get_decoder("gzip"), "has_unconsumed_tail") == hasattr(
        decoder("gzip"), "has_unconsumed_tail"
    )
