"""The ordinary recipe: httpx-retries around every transport (httpx has timeouts of its own)."""

from httpx_retries import Retry, RetryTransport

from swap.httpx_around import use

use(
    lambda inner: RetryTransport(inner, retry=Retry(3)),
    lambda inner: RetryTransport(inner, retry=Retry(3)),
)
