"""Functions under a retry or a circuit breaker, as their manuals show it."""

# ruff: noqa: PLC0415 - a peer may not be installed, and the other rows do not load it

from client_bench.interleave import NotThereError


def bare(function, _errors):
    """The function itself."""
    return function


def with_ringback(function, _errors):
    """Under ringback's default policy: retries, budget, breaker, events."""
    import ringback

    if not callable(getattr(ringback, "retry", None)):
        raise NotThereError("not there yet: ringback.retry is no function")
    return ringback.retry(function)


def with_tenacity(function, errors):
    """Three attempts with exponential jitter."""
    import tenacity

    return tenacity.retry(
        stop=tenacity.stop_after_attempt(3),
        wait=tenacity.wait_random_exponential(max=10),
        retry=tenacity.retry_if_exception_type(errors),
        reraise=True,
    )(function)


def with_stamina(function, errors):
    """Three attempts."""
    import stamina

    return stamina.retry(on=errors, attempts=3)(function)


def with_backoff(function, errors):
    """Three attempts with exponential jitter."""
    import backoff

    return backoff.on_exception(backoff.expo, errors, max_tries=3)(function)


def with_pybreaker(function, _errors):
    """A breaker, and no retries."""
    import pybreaker

    return pybreaker.CircuitBreaker(fail_max=5)(function)


def with_pybreaker_and_tenacity(function, errors):
    """Both, which is what ringback's default policy does."""
    return with_tenacity(with_pybreaker(function, errors), errors)


PEERS = {
    "tenacity": with_tenacity,
    "stamina": with_stamina,
    "backoff": with_backoff,
    "pybreaker": with_pybreaker,
    "tenacity + pybreaker": with_pybreaker_and_tenacity,
}
