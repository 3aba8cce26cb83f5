"""Drivers of services other than HTTP: each connects, logs in and asks once.

A driver is called with the least that a program sets: whom to call, as whom, and its timeouts. What
it would try again by itself is switched off where it can be, so that a test takes as long as one
call.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import smtplib
import ssl

from ringback.testing.clients import Client

USER = PASSWORD = "lab"
MAX_CHOOSING = 3.0
"""Seconds that a driver may look for a server that takes all of them, whatever goes wrong."""


def over_tls(call):
    return call.provoke == "tls"


def context(call):
    """TLS settings as a program has them: the authority that it trusts, and nothing else."""
    return ssl.create_default_context(cafile=call.endpoint.verify) if over_tls(call) else None


def login(call):
    """Whom most drivers are told to call, and as whom."""
    return {
        "host": call.endpoint.host,
        "port": call.endpoint.port,
        "user": USER,
        "password": PASSWORD,
    }


def trusted(call, name):
    """The authority, under a driver's name for it; what is not given is the system's affair."""
    known = over_tls(call) and call.endpoint.verify
    return {name: call.endpoint.verify} if known else {}


def in_a_loop(function):
    """Run a driver of asyncio in a loop of its own."""

    @functools.wraps(function)
    def run(call):
        asyncio.run(function(call))

    return run


def _psycopg(name):
    def function(call):
        trust = trusted(call, "sslrootcert")
        connection = importlib.import_module(name).connect(
            **login(call),
            dbname="lab",
            connect_timeout=max(2, int(call.timeout)),  # libpq makes 2 of less
            sslmode=("verify-full" if trust else "require") if over_tls(call) else "disable",
            gssencmode="disable",
            **trust,
        )
        with contextlib.closing(connection):
            connection.cursor().execute("SELECT 1")

    return function


@in_a_loop
async def asyncpg(call):
    library = importlib.import_module("asyncpg")
    connection = await library.connect(
        **login(call),
        database="lab",
        ssl=context(call) or False,
        timeout=call.timeout,
        command_timeout=call.timeout,
    )
    try:
        await connection.execute("SELECT 1")
    finally:
        connection.terminate()


def _redis(call, module):
    library = importlib.import_module(module)
    retry = importlib.import_module(f"{module}.retry").Retry
    backoff = importlib.import_module("redis.backoff").NoBackoff
    return library.Redis(
        host=call.endpoint.host,
        port=call.endpoint.port,
        password=PASSWORD,
        socket_timeout=call.timeout,
        socket_connect_timeout=call.timeout,
        ssl=over_tls(call),
        retry=retry(backoff(), 0),
        **trusted(call, "ssl_ca_certs"),
    )


def redis(call):
    """Redis, without the retries that it makes by default."""
    with contextlib.closing(_redis(call, "redis")) as client:
        client.ping()


@in_a_loop
async def redis_async(call):
    client = _redis(call, "redis.asyncio")
    try:
        await client.ping()
    finally:
        await client.aclose()


def _mongo(call):
    seconds = min(call.timeout, MAX_CHOOSING)
    return {
        "host": call.endpoint.host,
        "port": call.endpoint.port,
        "serverSelectionTimeoutMS": int(seconds * 1000),
        "connectTimeoutMS": int(seconds * 500),
        "socketTimeoutMS": int(call.timeout * 1000),
        "retryReads": False,
        "retryWrites": False,
        "username": USER,
        "password": PASSWORD,
        "authMechanism": "PLAIN",
        "tls": over_tls(call),
        **trusted(call, "tlsCAFile"),
    }


def pymongo(call):
    """PyMongo, with a short time to choose a server: it takes all of it, whatever goes wrong."""
    library = importlib.import_module("pymongo")
    with contextlib.closing(library.MongoClient(**_mongo(call))) as client:
        client.admin.command("ping")


@in_a_loop
async def pymongo_async(call):
    client = importlib.import_module("pymongo").AsyncMongoClient(**_mongo(call))
    try:
        await client.admin.command("ping")
    finally:
        await client.close()


def grpc(call):
    library = importlib.import_module("grpc")
    address = f"{call.endpoint.host}:{call.endpoint.port}"
    options = (("grpc.enable_retries", 0), ("grpc.enable_http_proxy", 0))
    if over_tls(call):
        roots = None
        if call.endpoint.verify:
            with open(call.endpoint.verify, "rb") as file:  # noqa: PTH123 - short
                roots = file.read()
        channel = library.secure_channel(
            address, library.ssl_channel_credentials(roots), options=options
        )
    else:
        channel = library.insecure_channel(address, options=options)
    with channel:
        channel.unary_unary("/lab.Lab/Ask")(b"", timeout=call.timeout)


def pymysql(call):
    trust = {"ssl_ca": call.endpoint.verify, "ssl_verify_identity": True}
    connection = importlib.import_module("pymysql").connect(
        **login(call),
        connect_timeout=call.timeout,
        read_timeout=call.timeout,
        **(trust if over_tls(call) else {"ssl_disabled": True}),
    )
    with contextlib.closing(connection):
        connection.cursor().execute("SELECT 1")


def mysql_connector(call):
    """MySQL Connector/Python, the one in Python."""
    trust = {
        "ssl_ca": call.endpoint.verify,
        "ssl_verify_cert": call.endpoint.verify is not None,
        "ssl_verify_identity": call.endpoint.verify is not None,
    }
    connection = importlib.import_module("mysql.connector").connect(
        **login(call),
        connection_timeout=max(1, int(call.timeout)),
        read_timeout=max(1, int(call.timeout)),
        use_pure=True,
        **(trust if over_tls(call) else {"ssl_disabled": True}),
    )
    with contextlib.closing(connection):
        connection.cursor().execute("SELECT 1")


def pika(call):
    library = importlib.import_module("pika")
    tls = context(call)
    connection = library.BlockingConnection(
        library.ConnectionParameters(
            host=call.endpoint.host,
            port=call.endpoint.port,
            credentials=library.PlainCredentials(USER, PASSWORD),
            socket_timeout=call.timeout,
            stack_timeout=call.timeout,
            blocked_connection_timeout=call.timeout,
            connection_attempts=1,
            heartbeat=max(1, int(call.timeout)),
            ssl_options=library.SSLOptions(tls, call.endpoint.host) if tls else None,
        )
    )
    with contextlib.closing(connection):
        connection.channel()


@in_a_loop
async def aio_pika(call):
    library = importlib.import_module("aio_pika")
    tls = context(call)
    connection = await library.connect(
        host=call.endpoint.host,
        port=call.endpoint.port,
        login=USER,
        password=PASSWORD,
        ssl=tls is not None,
        ssl_context=tls,
        timeout=call.timeout,
    )
    try:
        await asyncio.wait_for(connection.channel(), call.timeout)
    finally:
        await connection.close()


def kafka(call):
    library = importlib.import_module("kafka")
    milliseconds = int(min(call.timeout, MAX_CHOOSING) * 1000)
    client = library.KafkaAdminClient(
        bootstrap_servers=f"{call.endpoint.host}:{call.endpoint.port}",
        bootstrap_timeout_ms=milliseconds,
        request_timeout_ms=milliseconds,
        security_protocol="SASL_SSL" if over_tls(call) else "SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username=USER,
        sasl_plain_password=PASSWORD,
        ssl_context=context(call),
    )
    with contextlib.closing(client):
        client.list_topics()


def confluent(call):
    """Confluent's: what it hands to ``error_cb`` is raised, as its own page says."""
    library = importlib.import_module("confluent_kafka")
    admin = importlib.import_module("confluent_kafka.admin")
    met = []
    client = admin.AdminClient(
        {
            "bootstrap.servers": f"{call.endpoint.host}:{call.endpoint.port}",
            "error_cb": met.append,
            "log_level": 0,
            "security.protocol": "sasl_ssl" if over_tls(call) else "sasl_plaintext",
            "sasl.mechanism": "PLAIN",
            "sasl.username": USER,
            "sasl.password": PASSWORD,
            "socket.timeout.ms": max(1000, int(min(call.timeout, MAX_CHOOSING) * 1000)),
            "socket.connection.setup.timeout.ms": 1000,
            **trusted(call, "ssl.ca.location"),
        }
    )
    try:
        client.list_topics(timeout=min(call.timeout + 1, MAX_CHOOSING))
    except library.KafkaException as error:
        client.poll(0.1)
        if met:
            raise library.KafkaException(met[0]) from error
        raise


def cassandra(call):
    cluster = importlib.import_module("cassandra.cluster")
    auth = importlib.import_module("cassandra.auth")
    tls = context(call)
    connected = cluster.Cluster(
        [call.endpoint.host],
        port=call.endpoint.port,
        auth_provider=auth.PlainTextAuthProvider(USER, PASSWORD),
        connect_timeout=min(call.timeout, MAX_CHOOSING),
        control_connection_timeout=min(call.timeout, MAX_CHOOSING),
        protocol_version=4,
        ssl_context=tls,
        ssl_options={"server_hostname": call.endpoint.host} if tls else None,
    )
    try:
        connected.connect().execute("SELECT 1", timeout=call.timeout)
    finally:
        connected.shutdown()


def ldap(call):
    library = importlib.import_module("ldap3")
    tls = library.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=call.endpoint.verify)
    server = library.Server(
        call.endpoint.host,
        call.endpoint.port,
        use_ssl=over_tls(call),
        tls=tls if over_tls(call) else None,
        get_info=library.NONE,
        connect_timeout=call.timeout,
    )
    connection = library.Connection(
        server,
        "cn=lab",
        PASSWORD,
        auto_bind=True,
        receive_timeout=max(1, int(call.timeout)),
        raise_exceptions=True,
    )
    with contextlib.closing(connection.strategy):
        connection.search("dc=lab", "(objectClass=*)")


def mail(call):
    tls = {"context": context(call)} if over_tls(call) else {}
    kind = smtplib.SMTP_SSL if tls else smtplib.SMTP
    with kind(call.endpoint.host, call.endpoint.port, timeout=call.timeout, **tls) as client:
        client.login(USER, PASSWORD)
        client.sendmail("lab@lab.test", "lab@lab.test", "")


def shell(call):
    library = importlib.import_module("paramiko")
    with library.SSHClient() as client:
        client.set_missing_host_key_policy(library.AutoAddPolicy())
        client.connect(
            call.endpoint.host,
            call.endpoint.port,
            USER,
            PASSWORD,
            timeout=call.timeout,
            banner_timeout=call.timeout,
            auth_timeout=call.timeout,
            channel_timeout=call.timeout,
            look_for_keys=False,
            allow_agent=False,
        )
        client.exec_command("true", timeout=call.timeout)


def _elastic(call):
    scheme = "https" if over_tls(call) else "http"
    return {
        "hosts": f"{scheme}://{call.endpoint.host}:{call.endpoint.port}",
        "basic_auth": (USER, PASSWORD),
        "request_timeout": call.timeout,
        "max_retries": 0,
        **trusted(call, "ca_certs"),
    }


def elasticsearch(call):
    library = importlib.import_module("elasticsearch")
    with contextlib.closing(library.Elasticsearch(**_elastic(call))) as client:
        client.info()


@in_a_loop
async def elasticsearch_async(call):
    """The same with asyncio, over aiohttp."""
    client = importlib.import_module("elasticsearch").AsyncElasticsearch(**_elastic(call))
    try:
        await client.info()
    finally:
        await client.close()


DRIVERS = {
    "psycopg": Client("psycopg", _psycopg("psycopg")),
    "psycopg2": Client("psycopg2", _psycopg("psycopg2")),
    "asyncpg": Client("asyncpg", asyncpg),
    "redis": Client("redis", redis),
    "redis-async": Client("redis", redis_async),
    "pymongo": Client("pymongo", pymongo),
    "pymongo-async": Client("pymongo", pymongo_async),
    "grpc": Client("grpc", grpc),
    "pymysql": Client("pymysql", pymysql),
    "mysql-connector": Client("mysql.connector", mysql_connector),
    "pika": Client("pika", pika),
    "aio-pika": Client("aio_pika", aio_pika),
    "kafka": Client("kafka", kafka),
    "confluent-kafka": Client("confluent_kafka", confluent),
    "cassandra": Client("cassandra", cassandra),
    "ldap3": Client("ldap3", ldap),
    "smtplib": Client("smtplib", mail),
    "paramiko": Client("paramiko", shell),
    "elasticsearch": Client("elasticsearch", elasticsearch),
    "elasticsearch-async": Client("elasticsearch", elasticsearch_async),
}
"""Name → driver."""
