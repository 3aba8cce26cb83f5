"""Servers with TLS on loopback: each gives its ports, and how often it has an id."""

import collections
import contextlib
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

STARTS = 60.0
_BENCH = Path(__file__).parent.parent


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

            yield port, None, count


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

            yield port, None, count


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
        yield port, plain, lambda key: int(asking.get(key) or 0)


def tls_of(folder):
    """Settings of a server with the certificate."""
    key, cert = certificate(folder)
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(cert, key)
    settings.set_alpn_protocols(["h2", "http/1.1"])
    return settings


@contextlib.contextmanager
def rabbitmq(folder):
    pika, server = _module("pika"), "/usr/lib/rabbitmq/bin/rabbitmq-server"  # runs as anybody
    if not Path(server).exists():
        raise Missing(f"there is no {server}")
    home, port, plain = _home(folder, "rabbitmq"), _free_port(), _free_port()
    _given_to("rabbitmq", folder, home)
    settings = {"ssl_options.certfile": home / "cert.pem", "ssl_options.keyfile": home / "key.pem"}
    settings |= {"listeners.ssl.1": f"127.0.0.1:{port}", "listeners.tcp.1": f"127.0.0.1:{plain}"}
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (home / "rabbitmq.conf").write_text(lines)
    (home / "enabled_plugins").write_text("[].")
    its = {"CONFIG_FILE": home / "rabbitmq", "MNESIA_BASE": home, "LOG_BASE": home}
    its |= {"ENABLED_PLUGINS_FILE": home / "enabled_plugins", "NODENAME": f"cut{plain}@localhost"}
    its |= {"DIST_PORT": _free_port(), "NODE_PORT": plain}
    environment = {f"RABBITMQ_{name}": str(value) for name, value in its.items()}
    environment |= {"HOME": str(home), "PATH": "/usr/bin:/bin", "ERL_EPMD_PORT": str(_free_port())}
    its_own = {"user": "rabbitmq", "cwd": home, "env": environment}
    # One of ours, for the one that it starts outlives it
    with _running([_program("epmd")], **its_own), _running([server], **its_own):
        login = pika.ConnectionParameters("127.0.0.1", plain, heartbeat=0)
        with _until(lambda: pika.BlockingConnection(login)) as connection:
            asking, stored = connection.channel(), collections.Counter()
            asking.queue_declare("orders")

            def count(key):
                while (taken := asking.basic_get("orders", auto_ack=True))[0]:
                    stored[taken[2].decode()] += 1
                return stored[key]

            yield port, plain, count


@contextlib.contextmanager
def http2(folder):
    _module("hypercorn")
    key, cert = certificate(folder)
    port, plain = _free_port(), _free_port()
    binds = ("--bind", f"127.0.0.1:{port}", "--insecure-bind", f"127.0.0.1:{plain}")
    command = ["-m", "hypercorn", *binds, "--keyfile", str(key), "--certfile", str(cert)]
    with _running([sys.executable, *command, "cut_bench.programs:app"], cwd=_BENCH):

        def count(key):
            return int(urlopen(f"http://127.0.0.1:{plain}/{key}", timeout=10).read())

        _until(lambda: count("none"))
        yield port, plain, count


@contextlib.contextmanager
def grpc(folder):
    library = _module("grpc")
    port, plain = _free_port(), _free_port()
    files = [str(file) for file in certificate(folder)]
    os.environ |= {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": files[1], "GRPC_VERBOSITY": "NONE"}
    command = [sys.executable, "-m", "cut_bench.programs", str(port), str(plain), *files]
    with _running(command, cwd=_BENCH), library.insecure_channel(f"127.0.0.1:{plain}") as channel:
        ask = channel.unary_unary("/orders/Count")

        def count(key):
            return int(ask(key.encode(), timeout=10, wait_for_ready=True))

        _until(lambda: count("none"))
        yield port, plain, count


@contextlib.contextmanager
def _threads(folder, exchange):
    """A server of ours, with TLS and without: it stores by ``exchange(stream, stored)``."""
    settings, stored = tls_of(folder), collections.Counter()

    def serve(client, secure):
        with contextlib.suppress(OSError, ValueError, struct.error), client:
            client.settimeout(20)
            with settings.wrap_socket(client, server_side=True) if secure else client as stream:
                while exchange(stream, stored):
                    pass

    def accept(listener, secure):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client, secure), daemon=True).start()

    with contextlib.ExitStack() as stack:
        ports = []
        for secure in (True, False):
            listener = socket.create_server(("127.0.0.1", 0), backlog=100)
            ports.append(stack.enter_context(listener).getsockname()[1])
            threading.Thread(target=accept, args=(listener, secure), daemon=True).start()
        yield *ports, lambda key: stored[key]


def _http(stream, stored):
    with stream.makefile("rb") as sent:
        head = [sent.readline()]
        while head[-1].strip():
            head.append(sent.readline())
        length = sum(int(line[15:]) for line in head if line[:15].lower() == b"content-length:")
        body = sent.read(length)
    if body and len(body) == length:
        stored[body.split()[0].decode()] += 1
        stream.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 400\r\n\r\n" + b"z" * 400)
        return True
    return False


@contextlib.contextmanager
def https(folder):
    with _threads(folder, _http) as served:
        yield served


_OP_MSG = 2013
_IS_MONGO = {"isWritablePrimary": True, "msg": "isdbgrid", "maxWireVersion": 25}
_IS_MONGO |= {"minWireVersion": 0, "maxBsonObjectSize": 2**24, "maxMessageSizeBytes": 48000000}
_IS_MONGO |= {"maxWriteBatchSize": 100000, "logicalSessionTimeoutMinutes": 30}


def _mongo(stream, stored):
    """Answer one message of OP_MSG; an insert that a driver sends again counts once, as there."""
    bson = import_module("bson")
    with stream.makefile("rb") as sent:
        size, number, _, _, _ = struct.unpack("<iiiiI", sent.read(20))
        rest = sent.read(size - 20)
    if len(rest) < size - 20:
        return False
    first = 1 + struct.unpack_from("<i", rest, 1)[0]  # one byte, the kind, then the command
    command, more = bson.decode(rest[1:first]), rest[first:]
    answer = {"ok": 1.0}
    if "insert" in command:
        documents = bson.decode_all(more[more.index(b"\0", 5) + 1 :])  # kind, size, name, NUL
        sent_as = (command["lsid"]["id"], command.get("txnNumber"))
        stored[documents[0]["id"]] += stored[sent_as] == 0
        stored[sent_as] += 1
        answer["n"] = len(documents)
    elif "hello" in command:
        answer |= _IS_MONGO | {"serviceId": bson.ObjectId()}
    body = struct.pack("<Ib", 0, 0) + bson.encode(answer)
    stream.sendall(struct.pack("<iiii", 16 + len(body), 0, number, _OP_MSG) + body)
    return True


@contextlib.contextmanager
def mongo(folder):
    """A stand-in: no package of MongoDB is to be had. It speaks OP_MSG by pymongo's own bson."""
    _module("pymongo")
    with _threads(folder, _mongo) as served:
        yield served


SERVERS = {"postgres": postgres, "mariadb": mariadb, "redis": redis, "rabbitmq": rabbitmq}
SERVERS |= {"https": https, "http2": http2, "grpc": grpc, "mongo": mongo}
"""Name → a context of its port, a port of the same without TLS (or None), and what counts an id."""
