"""Drivers of services other than HTTP, each connecting once."""

from __future__ import annotations

import contextlib
import importlib
import smtplib

from ringback.testing.clients import Client


def _psycopg(name):
    def function(call):
        importlib.import_module(name).connect(
            host=call.endpoint.host,
            port=call.endpoint.port,
            user="lab",
            password="lab",
            dbname="lab",
            connect_timeout=max(2, int(call.timeout)),  # libpq makes 2 of less
            sslmode="require" if call.provoke == "tls" else "prefer",
            gssencmode="disable",
        ).close()

    return function


def redis(call):
    """Redis, without the retries that it makes by default."""
    library = importlib.import_module("redis")
    retry = importlib.import_module("redis.retry").Retry
    backoff = importlib.import_module("redis.backoff").NoBackoff
    library.Redis(
        call.endpoint.host,
        call.endpoint.port,
        socket_timeout=call.timeout,
        socket_connect_timeout=call.timeout,
        ssl=call.provoke == "tls",
        retry=retry(backoff(), 0),
    ).ping()


def pymongo(call):
    """PyMongo, with a short time to choose a server: it takes all of it, whatever goes wrong."""
    seconds = min(call.timeout, 3.0)
    client = importlib.import_module("pymongo").MongoClient(
        call.endpoint.host,
        call.endpoint.port,
        serverSelectionTimeoutMS=int(seconds * 1000),
        connectTimeoutMS=int(seconds * 500),
        tls=call.provoke == "tls",
    )
    with contextlib.closing(client):
        client.admin.command("ping")


def pymysql(call):
    """PyMySQL."""
    importlib.import_module("pymysql").connect(
        host=call.endpoint.host,
        port=call.endpoint.port,
        user="lab",
        password="lab",
        connect_timeout=call.timeout,
        read_timeout=call.timeout,
    ).close()


def mail(call):
    """``smtplib``."""
    kind = smtplib.SMTP_SSL if call.provoke == "tls" else smtplib.SMTP
    with kind(call.endpoint.host, call.endpoint.port, timeout=call.timeout):
        pass


def shell(call):
    """Paramiko."""
    library = importlib.import_module("paramiko")
    with library.SSHClient() as client:
        client.set_missing_host_key_policy(library.AutoAddPolicy())
        client.connect(
            call.endpoint.host,
            call.endpoint.port,
            "lab",
            "lab",
            timeout=call.timeout,
            banner_timeout=call.timeout,
            auth_timeout=call.timeout,
            look_for_keys=False,
            allow_agent=False,
        )


DRIVERS = {
    "psycopg": Client("psycopg", _psycopg("psycopg")),
    "psycopg2": Client("psycopg2", _psycopg("psycopg2")),
    "redis": Client("redis", redis),
    "pymongo": Client("pymongo", pymongo),
    "pymysql": Client("pymysql", pymysql),
    "smtplib": Client("smtplib", mail),
    "paramiko": Client("paramiko", shell),
}
"""Name → driver."""
