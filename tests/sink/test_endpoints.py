from concurrent.futures import ThreadPoolExecutor

from ringback.failure import Target
from ringback.sink.formatting import OTHER_ENDPOINT, EndpointNames, endpoint_of_target


def test_an_endpoint_is_scheme_host_and_port():
    assert endpoint_of_target(Target(scheme="http", host="::1", port=80)) == "http://[::1]:80"
    assert endpoint_of_target(Target(host="h")) == "h"
    assert endpoint_of_target(Target(address="10.0.0.1", port=1)) == "10.0.0.1:1"


def test_many_threads_admit_no_more_than_the_limit():
    endpoints = EndpointNames(10)
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda n: endpoints.name(Target(host=f"h{n % 100}")), range(2000)))
    assert len(names - {OTHER_ENDPOINT}) == 10
