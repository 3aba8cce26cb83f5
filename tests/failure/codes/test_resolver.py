import socket
import sys

import pytest

from ringback.failure import codes


@pytest.mark.skipif(sys.platform != "linux", reason="compares the table with this Linux")
def test_the_numbers_are_this_machines():
    here = {n: name for n, name in codes.EAI_NAME_OF_NUMBER.items() if n < 0}

    assert {n: name for n, name in here.items() if getattr(socket, name, n) != n} == {}
