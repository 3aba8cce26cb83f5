"""Servers with TLS on loopback: each gives its port, and how often it has an id."""

import collections
import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

STARTS = 30.0


class Missing(Exception):  # noqa: N818 - nothing went wrong
    """A server cannot be run here; the text says why."""


def _program(name):
    newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(newest[-1]) if newest else None)
    if found is None:
        raise Missing(f"there is no {name}")
    return found


def _module(name):
    if find_spec(name) is None:
        raise Missing(f"{name} is needed to ask it")
    return import_module(name)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(*command, **options):
    subprocess.run(command, check=True, capture_output=True, **options)


def certificate(folder):
    """A key and a certificate for localhost, made once."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    if not cert.exists():
        names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        made = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        _run("openssl", "req", "-x509", *made, "-subj", "/CN=localhost", "-addext", names,
             "-keyout", str(key), "-out", str(cert))  # fmt: skip
    return key, cert


def _given_to(user, folder, home):
    """The key and the certificate, as files of a user's in their home."""
    for source in certificate(folder):
        target = home / source.name
        shutil.copy(source, target)
        shutil.chown(target, user, user)
        target.chmod(0o600)


@contextlib.contextmanager
def _running(command, **options):
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _until(ask):
    end = time.monotonic() + STARTS
    while True:
        try:
            return ask()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _home(folder, user):
    home = folder / user
    home.mkdir()
    shutil.chown(home, user, user)
    return home


@contextlib.contextmanager
def postgres(folder):
    psycopg, initdb, server = _module("psycopg"), _program("initdb"), _program("postgres")
    home, port = _home(folder, "postgres"), _free_port()
    data = home / "data"
    _run(initdb, "-D", str(data), "-A", "trust", "-U", "lab", user="postgres", cwd="/")
    _given_to("postgres", folder, data)
    settings = {"ssl": "on", "ssl_key_file": "key.pem", "ssl_cert_file": "cert.pem", "fsync": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [server, "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", *options]
    with _running(command, user="postgres", cwd="/"):
        login = f"host=127.0.0.1 port={port} user=lab dbname=postgres"
        with _until(lambda: psycopg.connect(login, autocommit=True)) as asking:
            asking.execute("CREATE TABLE orders (id text)")

            def count(key):
                found = asking.execute("SELECT count(*) FROM orders WHERE id = %s", (key,))
                return found.fetchone()[0]

            yield port, count


@contextlib.contextmanager
def mariadb(folder):
    pymysql, server = _module("pymysql"), _program("mariadbd")
    home, port = _home(folder, "mysql"), _free_port()
    data, path = home / "data", home / "socket"
    _run(_program("mariadb-install-db"), f"--datadir={data}", "--user=mysql",
         "--auth-root-authentication-method=normal")  # fmt: skip
    _given_to("mysql", folder, data)
    files = [f"--ssl-key={data}/key.pem", f"--ssl-cert={data}/cert.pem", f"--socket={path}"]
    command = [server, "--no-defaults", f"--datadir={data}", f"--port={port}", *files]
    with _running([*command, "--bind-address=127.0.0.1"], user="mysql", cwd="/"):
        login = {"unix_socket": str(path), "user": "root", "autocommit": True}
        with _until(lambda: pymysql.connect(**login)) as connection:
            asking = connection.cursor()
            for statement in (
                "CREATE DATABASE lab",
                "CREATE TABLE lab.orders (id varchar(99))",
                "CREATE USER lab IDENTIFIED BY 'lab'",
                "GRANT ALL ON lab.* TO lab",
                "DROP USER IF EXISTS ''@'localhost'",
            ):
                asking.execute(statement)

            def count(key):
                asking.execute("SELECT count(*) FROM lab.orders WHERE id = %s", (key,))
                return asking.fetchone()[0]

            yield port, count


@contextlib.contextmanager
def redis(folder):
    client, server = _module("redis"), _program("redis-server")
    key, cert = certificate(folder)
    port, plain = _free_port(), _free_port()
    files = ["--tls-key-file", str(key), "--tls-cert-file", str(cert), "--tls-auth-clients", "no"]
    command = [server, "--bind", "127.0.0.1", "--save", "", "--port", str(plain)]
    with _running([*command, "--tls-port", str(port), *files]):
        asking = client.Redis(port=plain)
        _until(asking.ping)
        yield port, lambda key: int(asking.get(key) or 0)


@contextlib.contextmanager
def https(folder):
    key, cert = certificate(folder)
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(cert, key)
    stored, lock = collections.Counter(), threading.Lock()

    def serve(client):
        with contextlib.suppress(OSError, ValueError), client:
            client.settimeout(20)
            with (
                settings.wrap_socket(client, server_side=True) as secured,
                secured.makefile("rb") as sent,
            ):
                while head := list(iter(sent.readline, b"\r\n")):
                    if head[-1] == b"":
                        return
                    length = next(
                        int(line[15:]) for line in head if line[:15].lower() == b"content-length:"
                    )
                    body = sent.read(length)
                    if len(body) < length:
                        return
                    with lock:
                        stored[body.split()[0].decode()] += 1
                    secured.sendall(
                        b"HTTP/1.1 201 Created\r\nContent-Length: 400\r\n\r\n" + b"z" * 400
                    )

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1], lambda key: stored[key]


SERVERS = {"postgres": postgres, "mariadb": mariadb, "redis": redis, "https": https}
