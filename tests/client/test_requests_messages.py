"""What is printed is what plain requests prints: people search for it."""

import re

import pytest
import requests

from ringback import Policy, Session

ADDRESS = re.compile(r"<[\w.]+ object at 0x[0-9a-f]+>")  # of a connection, in urllib3 1


@pytest.mark.parametrize(
    "fault",
    [
        "tcp.refused",
        "tcp.reset:after_request",
        "http.response.invalid.empty",
        "tls.cert.date_invalid.expired",
        "http.response.timed_out:silent",
    ],
)
def test_the_message_is_that_of_requests(lab, fault):
    endpoint, said = lab.start(fault), []
    for session in (requests.Session(), Session(policy=Policy(attempts=1), sinks=[])):
        session.trust_env = False
        with session, pytest.raises(requests.RequestException) as caught:
            session.get(
                endpoint.url,
                verify=endpoint.verify,
                timeout=(60, 0.05 if "timed_out" in fault else 60),
            )
        said.append(ADDRESS.sub("<it>", str(caught.value)))
    assert said[0] == said[1]
