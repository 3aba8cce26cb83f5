"""How a call through requests ends that was given up: a response, or an exception."""

import requests
from requests import PreparedRequest

from ringback.client.call import Ended
from ringback.client.raising import error_of, raise_prepared
from ringback.client.requests.refused import refused


def result_of(ended: Ended[requests.Response], request: PreparedRequest) -> requests.Response:
    """Return the response that a call ended with, or raise how it ended without one.

    Args:
        ended: How the call ended.
        request: What it was for.
    """
    if ended.told is None or ended.told.result is None:
        raise_prepared(exception_of(ended, request))
    response = ended.told.result
    vars(response)["retry_at"] = ended.retry_at
    return response


def exception_of(ended: Ended[requests.Response], request: PreparedRequest | None) -> BaseException:
    """Return the exception to raise for a call that ended without a response.

    Args:
        ended: How the call ended.
        request: What it was for, if it came that far.
    """
    return error_of(ended, refused(ended.decision.failure, request))
