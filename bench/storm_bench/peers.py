"""The recipes in use, as what a client does: how many attempts, and how long it waits."""

from tenacity import RetryCallState, Retrying, wait_random_exponential
from urllib3.util.retry import Retry

from ringback import Backoff, Policy
from ringback.retry import OriginState, Repeatable

SAFE = Repeatable(idempotent=True)
PATIENT = 3600.0


class OurClient:
    """A client with a policy of ringback's, run by the product's own objects."""

    def __init__(self, policy):
        self.policy = policy
        self.guard = OriginState(policy.breaker, policy.budget, 0.0)

    def start(self, now):
        return self.policy.start(now, self.guard)

    def begin(self, run, now):
        return run.begin(now)

    def succeeded(self, run, now):
        run.after(None, now)

    def failed(self, run, failure, now, random):
        return getattr(run.after(failure, now, SAFE, random=random()), "delay", None)


class RecipeClient:
    """A client that waits as a list or function says; ``None`` ends the call."""

    def __init__(self, waits):
        self.waits = waits

    def start(self, now):
        return [0]

    def begin(self, run, now):
        return True

    def succeeded(self, run, now):
        pass

    def failed(self, run, failure, now, random):
        run[0] += 1
        return self.waits(run[0], random)


def fixed(attempts, seconds):
    return lambda tried, random: seconds if tried < attempts else None


def exponential(attempts, base, cap, *, jitter):
    def wait(tried, random):
        if tried >= attempts:
            return None
        ceiling = min(cap, base * 2 ** (tried - 1))
        return random() * ceiling if jitter else ceiling

    return wait


def of_tenacity(attempts):
    """``wait_random_exponential(multiplier=0.2, max=10)``, asked as tenacity asks it."""
    chosen = wait_random_exponential(multiplier=0.2, max=10)
    asked = RetryCallState(Retrying(), None, (), {})

    def wait(tried, random):
        asked.attempt_number = tried
        return chosen(asked) if tried < attempts else None

    return wait


def of_urllib3(total, factor):
    """``Retry(total, backoff_factor)``: what its own objects say, attempt by attempt."""
    waits, retry = [], Retry(total, backoff_factor=factor)
    for _ in range(total):
        retry = retry.increment("GET", "/", error=ConnectionResetError())
        waits.append(retry.get_backoff_time())
    return lambda tried, random: waits[tried - 1] if tried <= total else None


class AwsStyleClient(RecipeClient):
    """The retry quota of the AWS SDKs' standard mode: 500 tokens, 5 for a retry, 10 for a timeout.

    A retry that gets through gives its price back, a call without one earns a token.
    """

    def __init__(self):
        super().__init__(exponential(3, 1.0, 20.0, jitter=True))
        self.tokens = 500

    def start(self, now):
        return [0, 0]

    def succeeded(self, run, now):
        self.tokens = min(500, self.tokens + (run[1] or 1))

    def failed(self, run, failure, now, random):
        price = 5 if failure.delivered == "no" else 10
        delay = super().failed(run, failure, now, random)
        if delay is None or self.tokens < price:
            return None
        self.tokens -= price
        run[1] = price
        return delay


NO_LIMITS = Policy(
    attempts=8, backoff=Backoff(0.2, 10), breaker=None, budget=None, deadline=PATIENT
)

CLIENTS = {
    "one attempt": lambda: RecipeClient(fixed(1, 0)),
    "naive: 4 attempts at once": lambda: RecipeClient(fixed(4, 0)),
    "fixed: 4 attempts, 1 s": lambda: RecipeClient(fixed(4, 1)),
    "exponential x4, no jitter": lambda: RecipeClient(exponential(4, 0.2, 10, jitter=False)),
    "full jitter x8, no budget": lambda: OurClient(NO_LIMITS),
    "tenacity x4, random exponential": lambda: RecipeClient(of_tenacity(4)),
    "urllib3 Retry(3, 0.5)": lambda: RecipeClient(of_urllib3(3, 0.5)),
    "AWS-style quota": AwsStyleClient,
    "ringback, budget only": lambda: OurClient(Policy(breaker=None)),
    "ringback, the default": lambda: OurClient(Policy()),
}
