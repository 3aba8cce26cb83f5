"""Drivers and clients, each of which stores an id once, over a connection of its own with TLS."""

import asyncio
import inspect
import ssl
import time
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec

import ringback

WAITS = 3
"""Seconds that a driver waits for anything."""
_ARRIVES = 0.05
"""Seconds until what was sent before an end counts as arrived."""


@dataclass(frozen=True)
class Driver:
    """How an id is stored."""

    server: str  # Of `SERVERS`
    module: str  # What is called
    store: object  # A function of the module, a port and an id, or a coroutine function
    retries: bool = False  # It tries again by itself, over another connection

    @property
    def installed(self):
        return find_spec(self.module.partition(".")[0]) is not None


def call(driver, retry, port, key):
    """Store an id by a call that is tried again; return its failure, or None, and its attempts."""
    attempts = []
    store = partial(driver.store, import_module(driver.module), port, key)

    def attempt():
        attempts.append(1)
        return store()

    async def attempt_async():
        attempts.append(1)
        return await store()

    failure = None
    try:
        if inspect.iscoroutinefunction(driver.store):
            asyncio.run(retry.call(attempt_async))
        else:
            retry.call(attempt)
    except Exception as error:  # noqa: BLE001 - whatever a driver raises
        time.sleep(_ARRIVES)
        failure = getattr(error, "failure", None) or ringback.classify(error)
    return failure, len(attempts)


INSERT = "INSERT INTO orders VALUES (%s)"


def _unverified():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _libpq(port):
    return (
        f"host=127.0.0.1 port={port} user=lab dbname=postgres sslmode=require gssencmode=disable"
        f" connect_timeout={WAITS}"
    )


def psycopg(driver, port, key):
    with driver.connect(_libpq(port), autocommit=True) as connection:
        connection.execute(INSERT, (key,))


async def psycopg_async(driver, port, key):
    async with await driver.AsyncConnection.connect(_libpq(port), autocommit=True) as connection:
        await connection.execute(INSERT, (key,))


def psycopg2(driver, port, key):
    connection = driver.connect(_libpq(port))
    try:
        connection.autocommit = True
        connection.cursor().execute(INSERT, (key,))
    finally:
        connection.close()


async def asyncpg(driver, port, key):
    limits = {"timeout": WAITS, "command_timeout": WAITS}
    connection = await driver.connect(
        host="127.0.0.1", port=port, user="lab", database="postgres", ssl=_unverified(), **limits
    )
    try:
        await connection.execute("INSERT INTO orders VALUES ($1)", key)
    finally:
        connection.terminate()


def pg8000(driver, port, key):
    settings = {"ssl_context": _unverified(), "timeout": WAITS, "database": "postgres"}
    connection = driver.connect("lab", host="127.0.0.1", port=port, **settings)
    connection.autocommit = True
    connection.cursor().execute(INSERT, (key,))
    connection.close()


def sqlalchemy(library, port, key):
    url = f"postgresql+psycopg://lab@127.0.0.1:{port}/postgres?sslmode=require&gssencmode=disable"
    engine = library.create_engine(
        f"{url}&connect_timeout={WAITS}",
        isolation_level="AUTOCOMMIT",
        poolclass=library.pool.NullPool,
    )
    with engine.connect() as connection:
        connection.execute(library.text("INSERT INTO orders VALUES (:key)"), {"key": key})


_MYSQL = {"host": "127.0.0.1", "user": "lab", "password": "lab", "database": "lab"}


def pymysql(driver, port, key):
    limits = {"connect_timeout": WAITS, "read_timeout": WAITS, "autocommit": True}
    connection = driver.connect(port=port, **_MYSQL, **limits, ssl=_unverified())
    try:
        connection.cursor().execute(INSERT, (key,))
    finally:
        connection._force_close()  # no goodbye over what was cut


def mysql_connector(driver, port, key):
    limits = {"connection_timeout": WAITS, "autocommit": True, "use_pure": True}
    connection = driver.connect(port=port, **_MYSQL, **limits)
    connection.cursor().execute(INSERT, (key,))
    connection.close()


_REDIS = {"host": "127.0.0.1", "ssl": True, "ssl_cert_reqs": "none"}
_REDIS |= {"socket_timeout": WAITS, "socket_connect_timeout": WAITS}


def redis(driver, port, key):
    with driver.Redis(port=port, **_REDIS, retry=None) as client:
        client.incr(key)


async def redis_async(driver, port, key):
    async with driver.Redis(port=port, **_REDIS, retry=None) as client:
        await client.incr(key)


def _body(key):
    return f"{key} {'x' * 500}".encode()


def requests(library, port, key):
    library.post(f"https://127.0.0.1:{port}/", data=_body(key), timeout=WAITS, verify=False)


def session(library, port, key):
    once = library.Policy(attempts=1, patience=0)
    with library.Session(policy=once, sinks=[]) as client:
        client.post(f"https://127.0.0.1:{port}/", data=_body(key), timeout=WAITS, verify=False)


def urllib(library, port, key):
    request = library.Request(f"https://127.0.0.1:{port}/", data=_body(key))
    library.urlopen(request, timeout=WAITS, context=_unverified()).read()


def http_client(library, port, key):
    client = library.HTTPSConnection("127.0.0.1", port, timeout=WAITS, context=_unverified())
    try:
        client.request("POST", "/", _body(key))
        client.getresponse().read()
    finally:
        client.close()


def urllib3(library, port, key):
    settings = {"cert_reqs": "CERT_NONE", "retries": False, "timeout": WAITS}
    with library.PoolManager(**settings) as pool:
        pool.request("POST", f"https://127.0.0.1:{port}/", body=_body(key))


def httpx(library, port, key):
    library.post(f"https://127.0.0.1:{port}/", content=_body(key), timeout=WAITS, verify=False)


async def httpx_async(library, port, key):
    async with library.AsyncClient(timeout=WAITS, verify=False) as client:
        await client.post(f"https://127.0.0.1:{port}/", content=_body(key))


async def aiohttp(library, port, key):
    async with library.ClientSession(timeout=library.ClientTimeout(WAITS)) as client:
        url = f"https://127.0.0.1:{port}/"
        async with client.post(url, data=_body(key), ssl=False) as answer:
            await answer.read()


async def httpx2(library, port, key):
    async with library.AsyncClient(timeout=WAITS, verify=False, http2=True) as client:
        await client.post(f"https://127.0.0.1:{port}/", content=_body(key))


def pika(driver, port, key):
    settings = {"ssl_options": driver.SSLOptions(_unverified()), "socket_timeout": WAITS}
    settings |= {"stack_timeout": WAITS, "blocked_connection_timeout": WAITS, "heartbeat": WAITS}
    connection = driver.BlockingConnection(
        driver.ConnectionParameters("127.0.0.1", port, **settings)
    )
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish("", "orders", key.encode(), mandatory=True)
    connection.close()


async def aio_pika(driver, port, key, connect="connect"):
    url = f"amqps://127.0.0.1:{port}/?heartbeat={WAITS}"
    connection = await getattr(driver, connect)(url, ssl_context=_unverified(), timeout=WAITS)
    async with asyncio.timeout(WAITS), connection:
        channel = await connection.channel()
        message = driver.Message(key.encode())
        await channel.default_exchange.publish(message, "orders", timeout=WAITS)


def amqp(driver, port, key):
    limits = dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), WAITS)
    limits |= {"ssl": {"cert_reqs": ssl.CERT_NONE}, "confirm_publish": True}
    with driver.Connection(f"127.0.0.1:{port}", **limits) as connection:
        connection.channel().basic_publish(driver.Message(key), "", "orders", timeout=WAITS)


def _grpc(library, port):
    own = [("grpc.use_local_subchannel_pool", 1)]
    return f"127.0.0.1:{port}", library.ssl_channel_credentials(), own


def grpc(library, port, key):
    with library.secure_channel(*_grpc(library, port)) as channel:
        channel.unary_unary("/orders/Store")(key.encode(), timeout=WAITS)


async def grpc_async(library, port, key):
    async with library.aio.secure_channel(*_grpc(library, port)) as channel:
        await channel.unary_unary("/orders/Store")(key.encode(), timeout=WAITS)


_MONGO = {"tls": True, "tlsAllowInvalidCertificates": True, "loadBalanced": True}
_MONGO |= dict.fromkeys(("connectTimeoutMS", "socketTimeoutMS"), WAITS * 1000)


def mongo(driver, port, key, **more):
    with driver.MongoClient("127.0.0.1", port, **_MONGO, **more) as client:
        client.lab.orders.insert_one({"id": key})


async def mongo_async(driver, port, key):
    async with driver.AsyncMongoClient("127.0.0.1", port, **_MONGO) as client:
        await client.lab.orders.insert_one({"id": key})


DRIVERS = {
    "psycopg": Driver("postgres", "psycopg", psycopg),
    "psycopg-async": Driver("postgres", "psycopg", psycopg_async),
    "psycopg2": Driver("postgres", "psycopg2", psycopg2),
    "asyncpg": Driver("postgres", "asyncpg", asyncpg),
    "pg8000": Driver("postgres", "pg8000.dbapi", pg8000),
    "sqlalchemy": Driver("postgres", "sqlalchemy", sqlalchemy),
    "pymysql": Driver("mariadb", "pymysql", pymysql),
    "mysql-connector": Driver("mariadb", "mysql.connector", mysql_connector),
    "redis": Driver("redis", "redis", redis),
    "redis-async": Driver("redis", "redis.asyncio", redis_async),
    "requests": Driver("https", "requests", requests),
    "session": Driver("https", "ringback", session),
    "urllib": Driver("https", "urllib.request", urllib),
    "http.client": Driver("https", "http.client", http_client),
    "urllib3": Driver("https", "urllib3", urllib3),
    "httpx": Driver("https", "httpx", httpx),
    "httpx-async": Driver("https", "httpx", httpx_async),
    "aiohttp": Driver("https", "aiohttp", aiohttp),
    "httpx-http2": Driver("http2", "httpx", httpx2),
    "pika": Driver("rabbitmq", "pika", pika),
    "aio-pika": Driver("rabbitmq", "aio_pika", aio_pika),
    "aio-pika-robust": Driver("rabbitmq", "aio_pika", partial(aio_pika, connect="connect_robust")),
    "py-amqp": Driver("rabbitmq", "amqp", amqp),
    "grpc": Driver("grpc", "grpc", grpc),
    "grpc-async": Driver("grpc", "grpc", grpc_async),
    "pymongo": Driver("mongo", "pymongo", mongo, retries=True),
    "pymongo-once": Driver("mongo", "pymongo", partial(mongo, retryWrites=False)),
    "pymongo-async": Driver("mongo", "pymongo", mongo_async, retries=True),
}
"""Name → driver."""
