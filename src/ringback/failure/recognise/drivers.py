"""Exceptions of drivers, which keep in a sentence what a socket had told them."""

import re
from typing import Any

from ringback.failure import codes
from ringback.failure.clue import GENERIC, SPECIFIC, TEXT, TIMEOUT, UMBRELLA, Clue

# Mail and directories: smtplib, ldap3.


def mail_server(exc: Any, by_name: Clue) -> Clue:
    """``SMTPServerDisconnected``: ``smtplib`` raises it for a timeout as well."""
    return Clue(TIMEOUT, UMBRELLA, "wait") if str(exc).endswith("timed out") else by_name


def not_a_reply(exc: Any, by_name: Clue) -> Clue:
    """``SMTPConnectError``: ``smtplib`` gives the code -1 to what is no reply of SMTP."""
    if getattr(exc, "smtp_code", None) == -1:
        return Clue("http.response.invalid.not_http", SPECIFIC, "wait", final=True)
    return by_name


def directory_server(exc: Any, by_name: Clue) -> Clue:
    """``LDAPSocketOpenError``: without an address ldap3 says no more than that it has none."""
    text = str(exc)
    if text.endswith("invalid server address"):
        return Clue("dns.failed", GENERIC, "dns", final=True)
    if text.startswith("socket ssl wrapping error: certificate") and "doesn't match" in text:
        return Clue("tls.cert.name_invalid", SPECIFIC, "tls", final=True)
    return by_name


# Databases: MySQL's, libpq, pg8000, pymongo.


def mysql_server(exc: Any, by_name: Clue) -> Clue:
    """``DatabaseError`` and what derives from it: MySQL's drivers keep the server's number."""
    if not any(_OF_MYSQL.match(base.__module__) for base in type(exc).__mro__):
        return by_name
    number = getattr(exc, "errno", None) or exc.args[0]
    refused = number in codes.MYSQL_REFUSALS
    return Clue("service.rejected", SPECIFIC, "wait") if refused else by_name


_OF_MYSQL = re.compile(r"(?:pymysql|MySQLdb|_mysql_exceptions|mysql\.connector|asyncmy|mariadb)\b")


def sql_client(exc: Any, by_name: Clue) -> Clue:
    """``OperationalError``, also of libpq, whose ``connect_timeout`` ends with the login only."""
    if _LOGIN_TIMED_OUT.search(str(exc)[:1000]):
        return Clue("client.deadline_exceeded", TEXT, "connect", final=True)
    return mysql_server(exc, by_name)


_LOGIN_TIMED_OUT = re.compile(r"\b(?:connection timeout expired|failed: timeout expired)")


def postgres_in_python(exc: Any, by_name: Clue) -> Clue:
    """``InterfaceError`` of pg8000: "refuses SSL" is also said of a server that closes at once."""
    if not type(exc).__module__.startswith("pg8000."):
        return by_name
    if str(exc) == "network error":
        return Clue("tcp.closed", TEXT)
    if str(exc) == "Server refuses SSL":
        raised = exc.__traceback__
        while raised.tb_next is not None:
            raised = raised.tb_next
        closed = raised.tb_frame.f_locals.get("resp") == ""
        return Clue("tcp.closed" if closed else codes.TLS_NOT_SPOKEN, SPECIFIC, "tls", final=True)
    return by_name


def lost_again(exc: Any, by_name: Clue) -> Clue:
    """``AutoReconnect`` of pymongo: what its socket calls closed already was closed by the peer."""
    if _CLOSED_BY_PEER.search(str(exc)[:1000]):
        return Clue("tcp.closed", TEXT, final=True)
    return by_name


_CLOSED_BY_PEER = re.compile(r": [Cc]onnection is (?:already )?closed\b")


def no_server(exc: Any, by_name: Clue) -> Clue:
    """``ServerSelectionTimeoutError`` of pymongo: "timed out" is of connecting or of reading.

    What it was to do, nobody was asked.
    """
    text = str(exc)[:1000]
    if text.startswith("No servers found yet") or ": timed out (configured timeouts" in text:
        return Clue("client.deadline_exceeded", TEXT, "connect")
    return lost_again(exc, by_name)


# Brokers: librdkafka, aiormq.


def no_broker(exc: Any, by_name: Clue) -> Clue:
    """``KafkaException`` of librdkafka: that no broker is left says neither why nor since when."""
    text = str(exc)
    if "brokers are down" in text or text.endswith('Local: Broker transport failure"}'):
        return Clue("unknown", UMBRELLA)
    return by_name


def another_frame(exc: Any, by_name: Clue) -> Clue:
    """``InvalidFrameError`` of aiormq: also where the broker closes in place of letting one in."""
    if "got <Connection.Close" in str(exc):
        return Clue("service.rejected", SPECIFIC, "wait", final=True)
    return by_name


DRIVER_RECOGNISERS = {
    "SMTPServerDisconnected": mail_server,
    "SMTPConnectError": not_a_reply,
    "LDAPSocketOpenError": directory_server,
    "DatabaseError": mysql_server,
    "OperationalError": sql_client,
    "InterfaceError": postgres_in_python,
    "AutoReconnect": lost_again,
    "ServerSelectionTimeoutError": no_server,
    "KafkaException": no_broker,
    "InvalidFrameError": another_frame,
}
