"""Calls that nobody answers, with as many attempts as are asked for and no waits."""

# ruff: noqa: PLC0415 - a peer may not be installed, and the other rows do not load it

import logging
import os
from contextlib import asynccontextmanager, contextmanager
from functools import partial

from client_bench.clients.sessions import plain

ATTEMPTS = 4


def client(make):
    """A client whose call fails as it should.

    Args:
        make: Returns a session and a function that makes the call with it, of a URL.
    """

    @contextmanager
    def opened(bench):
        session, call = make()
        with session:
            yield lambda: failing(call, bench.site.refused)

    return opened


def failing(call, url):
    """The exception of a call.

    Raises:
        RuntimeError: It did not fail.
    """
    try:
        call(url)
    except Exception as error:
        if "refused" in str(error):  # each library has errors of its own
            return error
        raise
    raise RuntimeError("somebody answered")


def once():
    """requests, one attempt."""
    session = plain()
    return session, session.get


def ringback_once():
    """ringback, one attempt."""
    session = unguarded(1)
    return session, session.get


def ringback():
    """ringback's session; nobody listens to its log."""
    session = unguarded(ATTEMPTS)
    return session, session.get


def ringback_logged():
    """ringback's session, writing its log."""
    from ringback.sink import LogSink

    session = unguarded(ATTEMPTS, sinks=[LogSink(_log().name)])
    return session, session.get


def unguarded(attempts, **options):
    """Our session without waits, and without what would stop the attempts: budget, breaker."""
    from ringback import Backoff, Policy, Session

    policy = Policy(attempts, Backoff(0.0, 0.0), budget=None, breaker=None, patience=0)
    return Session(policy=policy, **options)


def of_httpx(**options):
    """httpx, one attempt."""
    from client_bench.clients.httpx_sync import bare

    session = bare(**options)
    return session, session.get


def of_httpx_ours():
    """httpx with our transport, one attempt."""
    from ringback.client.httpx import Transport

    return of_httpx(transport=Transport(policy=_one_attempt()))


def of_urllib3():
    """urllib3, one attempt; ``retries=False`` would leave out the exception that ours is, too."""
    import urllib3 as library

    pools = library.PoolManager(retries=0)
    return pools, partial(pools.request, "GET")


def of_urllib3_ours():
    """urllib3 with our pool manager, one attempt."""
    from ringback.client.urllib3 import PoolManager

    pools = PoolManager(policy=_one_attempt())
    return pools, partial(pools.request, "GET")


@asynccontextmanager
async def of_aiohttp(bench, **options):
    """aiohttp, one attempt."""
    import aiohttp

    async with aiohttp.ClientSession(**options) as session:

        async def call():
            try:
                async with session.get(bench.site.refused):
                    pass
            except OSError:
                return
            raise RuntimeError("somebody answered")

        yield call


def of_aiohttp_ours(bench):
    """aiohttp with our middleware, one attempt."""
    from ringback.client.aiohttp import Middleware

    return of_aiohttp(bench, middlewares=[Middleware(_one_attempt())])


def _one_attempt():
    from ringback import Policy

    return Policy(1, budget=None, breaker=None, patience=0)


def _log():
    """A logger that formats and writes; nobody else listens."""
    logger = logging.getLogger("bench")
    if not logger.handlers:
        handler = logging.FileHandler(os.devnull)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
        logger.addHandler(handler)
        logger.propagate = False
    return logger


def tenacity(**options):
    """tenacity around requests."""
    from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_none

    session = plain()
    call = retry(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_none(),
        retry=retry_if_exception_type(OSError),
        reraise=True,
        **options,
    )(session.get)
    return session, call


def tenacity_logged():
    """tenacity around requests, writing a line before each wait."""
    from tenacity import before_sleep_log

    return tenacity(before_sleep=before_sleep_log(_log(), logging.WARNING))


def stamina():
    """stamina around requests."""
    from stamina import retry

    logging.getLogger("stamina").addHandler(logging.NullHandler())  # else it prints each retry
    session = plain()
    none = {"wait_initial": 0, "wait_max": 0, "wait_jitter": 0, "timeout": None}
    return session, retry(on=OSError, attempts=ATTEMPTS, **none)(session.get)


def backoff():
    """backoff around requests."""
    from backoff import constant, on_exception

    session = plain()
    again = on_exception(constant, OSError, max_tries=ATTEMPTS, interval=0, jitter=None)
    return session, again(session.get)


def urllib3():
    """requests with urllib3's retries."""
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    session = plain()
    session.mount("http://", HTTPAdapter(max_retries=Retry(ATTEMPTS - 1, backoff_factor=0)))
    return session, session.get
