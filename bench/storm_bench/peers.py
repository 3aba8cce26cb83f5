"""The recipes in use, as what a client does: how many attempts, and how long it waits."""

from tenacity import RetryCallState, Retrying, wait_random_exponential
from urllib3.util.retry import Retry

from ringback import Backoff, Policy
from ringback.retry import OriginState, Repeatable, Wait
from storm_bench.simulation import REFUSED, WAITS

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
        decision = run.after(failure, now, SAFE, random=random())
        return WAITS if isinstance(decision, Wait) else getattr(decision, "delay", None)

    def refused(self, run, now):
        return WAITS if isinstance(run.refused(REFUSED, now), Wait) else None

    def join(self, run, wake, now, random):
        run.join(wake, now, random)

    def turn(self, run, now):
        return run.turn(now)


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


def of_stamina():
    """The defaults of stamina 26.1: 10 attempts, 0.1 s · 2^n and up to 1 s of jitter."""

    def wait(tried, random):
        return min(5.0, 0.1 * 2 ** (tried - 1) + random()) if tried < 10 else None

    return wait


class BotocoreClient(RecipeClient):
    """The defaults of botocore 1.44.5, the mode ``standard``.

    3 attempts, 0.05 s · 2^n with full jitter, and a quota of 500 tokens: 14 for a retry; one that
    gets through gives its price back, a call without one earns a token.
    """

    def __init__(self):
        super().__init__(exponential(3, 0.05, 20.0, jitter=True))
        self.tokens = 500

    def start(self, now):
        return [0, 0]

    def succeeded(self, run, now):
        self.tokens = min(500, self.tokens + (run[1] or 1))

    def failed(self, run, failure, now, random):
        delay = super().failed(run, failure, now, random)
        if delay is None or self.tokens < 14:
            return None
        self.tokens -= 14
        run[1] = 14
        return delay


NO_LIMITS = Policy(
    attempts=8, backoff=Backoff(0.2, 10), breaker=None, budget=None, patience=0, deadline=PATIENT
)

CLIENTS = {
    "one attempt": lambda: RecipeClient(fixed(1, 0)),
    "naive: 4 attempts at once": lambda: RecipeClient(fixed(4, 0)),
    "fixed: 4 attempts, 1 s": lambda: RecipeClient(fixed(4, 1)),
    "exponential x4, no jitter": lambda: RecipeClient(exponential(4, 0.2, 10, jitter=False)),
    "full jitter x8, no budget": lambda: OurClient(NO_LIMITS),
    "tenacity x4, random exponential": lambda: RecipeClient(of_tenacity(4)),
    "urllib3 Retry(2, 0.2)": lambda: RecipeClient(of_urllib3(2, 0.2)),
    "urllib3 Retry(3, 0.5)": lambda: RecipeClient(of_urllib3(3, 0.5)),
    "stamina 26.1": lambda: RecipeClient(of_stamina()),
    "botocore 1.44.5": BotocoreClient,
    "ringback, budget only": lambda: OurClient(Policy(breaker=None, patience=0)),
    "ringback, nobody waits": lambda: OurClient(Policy(patience=0)),
    "ringback, the default": lambda: OurClient(Policy()),
    "ringback, 1000 may wait": lambda: OurClient(Policy(waiting=1000)),
}
