"""Sessions: tests on every Python here, lint, and each client in an environment of its own."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "tests"]
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13"]

PYTEST = (
    *("pytest>=9", "pytest-cov>=5", "pytest-randomly>=3.16", "pytest-timeout>=2.3"),
    *("pytest-xdist>=3.6", "hypothesis>=6.100"),
)

MATRIX = ("tests/integrations", "tests/client/contract")
"""Every client against every fault, and what every integration must do."""

SESSION = (
    "tests/client/test_requests_session.py",
    "tests/client/test_requests_policy.py",
    "tests/client/test_requests_plain.py",
    "tests/client/test_requests_messages.py",
    "tests/client/urllib3",
)
OURS = {
    "requests-urllib3_1": SESSION,
    "requests-urllib3_2": SESSION,
    "httpx2": ("tests/client/httpx",),
    "httpx_0_27": ("tests/client/httpx",),
    "httpx_0_28": ("tests/client/httpx", "tests/client/httpcore"),
    "aiohttp_3_12": ("tests/client/aiohttp",),
    "aiohttp_newest": ("tests/client/aiohttp", "tests/client/install/test_sdks.py"),
    "botocore_websockets": ("tests/client/install/test_botocore.py",),
}
"""Environment → the tests of what is special of its libraries."""

CLIENTS: dict[str, tuple[tuple[str, ...], str]] = {
    "requests-urllib3_1": (
        ("requests==2.31.*", "urllib3<2", "PySocks>=1.7"),
        "requests urllib3",
    ),
    "requests-urllib3_2": (("requests", "urllib3>=2", "PySocks>=1.7"), "requests urllib3 pip"),
    "urllib3_future": (("niquests[socks]",), "niquests urllib3-future"),
    "httpx2": (("httpx2[http2,socks]", "trio"), "httpx2 httpx2-async"),
    "httpx_0_27": (
        ("httpx[http2,socks]==0.27.*", "anyio==4.10.*", "trio"),
        "httpx httpx-async",
    ),
    "httpx_0_28": (("httpx[http2,socks]==0.28.*", "anyio", "trio"), "httpx httpx-async"),
    "aiohttp_3_12": (("aiohttp==3.12.*", "multidict<7"), "aiohttp"),
    "aiohttp_newest": (
        # Beside it what tries its own requests again; aiobotocore wants a botocore of its own.
        (
            *("aiohttp", "aiobotocore[httpx2]", "botocore<2"),
            *("elastic-transport", "httpx", "opensearch-py"),
        ),
        "aiohttp",
    ),
    "botocore_websockets": (("botocore", "websockets"), "botocore websockets"),
    "drivers": (
        (
            *("psycopg[binary]", "psycopg2-binary", "asyncpg", "PyMySQL", "mysql-connector-python"),
            *("redis", "pymongo", "cassandra-driver", "elasticsearch[async]", "ldap3", "paramiko"),
            *("grpcio", "pika", "aio-pika", "kafka-python", "confluent-kafka"),
        ),
        (
            "psycopg psycopg2 asyncpg redis redis-async pymongo pymongo-async grpc pymysql "
            "mysql-connector pika aio-pika kafka confluent-kafka cassandra ldap3 smtplib paramiko "
            "elasticsearch elasticsearch-async"
        ),
    ),
}
"""Environment → what is installed, and the clients that must be there (see tests/integrations)."""

MOCKS = (
    "aiohttp==3.13.*",  # aioresponses knows no newer one
    "multidict<7",
    "aioresponses",
    "boto3",
    "CacheControl",
    "hishel[async]",
    "httpx",
    "httpx2",
    "moto[s3,sts]",
    "pytest-httpx",
    "requests-cache",
    "requests-mock",
    "responses",
    "respx",
    "vcrpy",
)
"""Tools that answer, record or keep what a server would, and the clients that they do it for."""

PROJECT = nox.project.load_toml(Path(__file__).parent / "pyproject.toml")
RECIPES = nox.project.dependency_groups(PROJECT, "recipes")
"""The frameworks of the recipes, from the group of that name."""

FAST = {
    "oldest": ("requests==2.32.3", "urllib3==2.0.2"),
    "newest": ("requests==2.34.2", "urllib3==2.8.0"),
    "pre": ("--pre", "--upgrade", "requests", "urllib3"),
}
"""Environment → what the fast path is tried with: the ends of what it knows (see
``client/requests/fast/fingerprints.json``), and whatever is out, pre-releases included."""


CONSTRAINTS = Path(__file__).parent / ".ci" / "constraints.txt"
"""The releases of everything, but for what an environment above wants older."""


def older(packages: tuple[str, ...]) -> set[str]:
    """The names of packages of which an environment wants an older release than the newest."""
    bound = [re.match(r"[\w.-]+", wish) for wish in packages if "<" in wish or "==" in wish]
    return {name[0].lower().replace("_", "-") for name in bound if name}


def constraints(packages: tuple[str, ...]) -> str:
    """The constraints of an environment, as a text."""
    lines = CONSTRAINTS.read_text("utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.partition("==")[0] not in older(packages))


def install(session: nox.Session, *packages: str) -> None:
    """Install what CI pins; with ``RINGBACK_NEWEST`` set, the newest (see .ci/newest)."""
    session.env["PIP_CONSTRAINT"] = ""  # of who calls: an environment wants releases of its own
    if os.environ.get("RINGBACK_NEWEST"):
        session.install("--upgrade", "--upgrade-strategy=eager", "-e", *packages)
        return
    file = Path(session.create_tmp()) / "constraints.txt"
    file.write_text(constraints(packages), "utf-8")
    session.install("-c", str(file), "-e", *packages)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole test suite."""
    install(session, ".[test]")
    session.run("pytest", "-q", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types and the contracts between the rooms."""
    install(session, ".[test]", "ruff", "mypy", "import-linter", "types-PyYAML", "types-requests")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
@nox.parametrize("env", list(CLIENTS))
def clients(session: nox.Session, env: str) -> None:
    """The matrix of clients and faults, and ringback's integrations, in one environment.

    A client that is missing there is a failure, not a skip.
    """
    packages, names = CLIENTS[env]
    install(session, ".[lab]", *PYTEST, *packages)
    tests = ("-m", "", *MATRIX, *OURS.get(env, ()))
    session.run("pytest", "-q", *tests, *session.posargs, env={"RINGBACK_TEST_CLIENTS": names})


@nox.session
def mocks(session: nox.Session) -> None:
    """Mocking tools, recorders and caches, with each integration; the examples of their page.

    A tool that is missing is a failure, not a skip.
    """
    install(session, ".[lab]", *PYTEST, *MOCKS)
    required = {"RINGBACK_TEST_MOCKS": "1"}
    session.run("pytest", "-q", "-m", "", "tests/mocks", *session.posargs, env=required)


@nox.session
def recipes(session: nox.Session) -> None:
    """The program of each recipe, with its framework, against real servers.

    A framework or a server that is missing is a failure, not a skip.
    """
    install(session, ".[lab,otel,postgres]", *PYTEST, *RECIPES)
    required = {"RINGBACK_TEST_RECIPES": "1", "CI": "true"}
    session.run("pytest", "-q", "-m", "", "tests/recipes", *session.posargs, env=required)


@nox.session
@nox.parametrize("env", list(FAST))
def fast(session: nox.Session, env: str) -> None:
    """The Session both ways, with the fast path and without, and the two compared.

    A release that is not known yet must work, through its own code; that the fast path does not
    fit it is reported, and no failure.
    """
    session.install("-e", ".[lab]", *PYTEST, "PySocks>=1.7")
    session.install(*FAST[env])
    tests = ("-m", "", *(test for test in SESSION if "urllib3" not in test))
    session.run("pytest", "-q", *tests, env={"RINGBACK_FAST": "0"})
    session.run("pytest", "-q", *tests)
    known = "--ignore-glob=*/test_fingerprints.py" if env == "pre" else "-q"
    codes = [0, 1] if env == "pre" else [0]
    session.run("python", "conformance/fingerprints.py", success_codes=codes)
    session.run("pytest", "-q", "-m", "", "tests/client/requests", known, success_codes=codes)
