"""The suites: what each needs, and the forms in which it is run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

PLAIN = "plain"


@dataclass(frozen=True)
class Form:
    """One way of running a suite.

    Attributes:
        name: What the table calls it.
        plugins: Modules of pytest's that swap the client before collection.
        judged: Does it count as ringback's?
        environment: Variables set for it.
    """

    name: str
    plugins: tuple[str, ...] = ()
    judged: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Suite:
    """The tests of a library.

    Attributes:
        library: Name of the distribution.
        extras: Its extras that the tests need.
        needs: Further distributions that they need, pinned as the library pins them.
        forms: How they are run; the first is the library as it is.
        words: Arguments of pytest: which tests, and options in the place of the library's own.
        building: Variables set while it is installed.
        accepted: Tests that may fail with ringback, and why.
    """

    library: str
    extras: str
    needs: tuple[str, ...]
    forms: tuple[Form, ...]
    words: tuple[str, ...] = ()
    building: Mapping[str, str] = field(default_factory=dict)
    accepted: Mapping[str, str] = field(default_factory=dict)


INSTALLED = Form("ringback.install()", ("swap.proof", "swap.installed"), judged=True)

REQUESTS = Suite(
    library="requests",
    extras="socks",
    needs=("pytest>=6.2,<10", "pytest-httpbin==2.1.0", "httpbin~=0.10.0", "pytest-mock", "trustme"),
    forms=(
        Form(PLAIN),
        Form("Retry and a timeout", ("swap.requests_recipe",)),
        Form("ringback", ("swap.proof", "swap.requests_ringback"), judged=True),
        Form(
            "ringback, fast paths off",
            ("swap.proof", "swap.requests_ringback"),
            judged=True,
            environment={"RINGBACK_FAST": "0"},
        ),
        Form("ringback.Adapter alone", ("swap.proof", "swap.requests_adapter"), judged=True),
        INSTALLED,
    ),
)

HTTPX = Suite(
    library="httpx",
    extras="brotli,cli,http2,socks,zstd",
    needs=(
        "pytest==8.3.4",
        "chardet==5.2.0",
        "click==8.1.7",
        "cryptography",
        "trio==0.27.0",
        "trio-typing==0.10.0",
        "trustme==1.2.0",
        "uvicorn==0.32.1",
        "httpx-retries>=0.6,<0.7",
    ),
    forms=(
        Form(PLAIN),
        Form("httpx-retries", ("swap.httpx_recipe",)),
        Form("ringback", ("swap.proof", "swap.httpx_ringback"), judged=True),
        INSTALLED,
    ),
    accepted={
        "tests/test_timeouts.py::test_write_timeout[trio]": "fails, in plain httpx too, where the "
        "garbage collector comes in time to warn of a generator"
    },
)

_OF_AIOHTTP = (
    "client_connection",
    "client_functional",
    "client_middleware",
    "client_middleware_digest_auth",
    "client_request",
    "client_session",
    "client_ws_functional",
    "proxy",
    "proxy_functional",
)
_OF_MOCKS = {
    "allowed_protocols": ("http", "https", "ws", "wss"),
    "unix_socket_allowed_protocols": ("http", "https", "ws", "wss", "unix"),
}
_ONCE = "counts the attempts, or wants the failure that the second one mends"
_MOCK = "hands out a mock for a request, which has no URL or no headers"
_SAME = "wants the very exception object: what is raised is a copy that says more"

AIOHTTP = Suite(
    library="aiohttp",
    extras="speedups",
    needs=(
        "pytest<10",
        "pytest-mock",
        "pytest-cov",
        "pytest_codspeed",
        "blockbuster",
        "freezegun",
        "isal",
        "proxy.py>=2.4.4rc5",
        "re-assert",
        "trustme",
        "uvloop",
        "zlib_ng",
    ),
    forms=(Form(PLAIN), INSTALLED),
    words=(
        *("-o", "addopts="),  # the library's own measure coverage and spread over processes
        *(f"tests/test_{name}.py" for name in _OF_AIOHTTP),
    ),
    building={"AIOHTTP_NO_EXTENSIONS": "1"},
    accepted={
        "tests/test_client_functional.py::test_connection_timeout_error[pyloop]": _ONCE,
        "tests/test_client_functional.py::test_read_timeout_closes_connection[pyloop]": _ONCE,
        "tests/test_client_functional.py"
        "::test_upload_tracker_redirect_to_unreachable_host[pyloop]": _ONCE,
        "tests/test_client_functional.py::test_upload_tracker_connect_error[pyloop]": _ONCE,
        "tests/test_client_functional.py"
        "::test_upload_tracker_upload_error_propagated_to_caller[pyloop]": _SAME,
        "tests/test_proxy_functional.py::test_proxy_https_bad_response[pyloop]": _ONCE,
        "tests/test_proxy_functional.py"
        "::test_proxy_from_env_auth_scoped_to_redirect_selected_proxy[pyloop]": _ONCE,
        "tests/test_client_session.py::test_reraise_os_error[pyloop]": _MOCK,
        **{
            f"tests/test_client_session.py::test_ws_connect_{name}[pyloop-{scheme}]": _MOCK
            for name, schemes in _OF_MOCKS.items()
            for scheme in schemes
        },
    },
)

SUITES = (REQUESTS, HTTPX, AIOHTTP)
