"""What further web servers of the worlds answer, beside ``e2e.handlers`` and ``e2e.talk``."""

from ringback.testing.lab.message import head

_OK = head(200, "Content-Length: 2") + b"ok"


def ends_within(start, *, pause=0.2):
    """Return a handler that begins an answer and resets the connection a little later."""

    def handler(connection):
        if connection.read_request():
            connection.send(start)
            if connection.hold(pause):
                connection.reset()

    return handler


def hints_then(ending):
    """Return a handler that gives early hints (RFC 8297), and then does something else."""

    def handler(connection):
        if connection.read_request():
            connection.send(head(103, "Link: </a.css>; rel=preload"))
            if connection.hold(0.1):
                ending(connection)

    return handler


def too_late(connection):
    """Say 408 before anything was asked, as to a connection that was idle."""
    connection.send(head(408, "Connection: close", "Content-Length: 0"))
    connection.finish(linger=True)


def slow_header_lines(connection):
    """Pause behind the status line."""
    if connection.read_request():
        connection.send(b"HTTP/1.1 200 OK\r\n")
        connection.hold(2.5)
        connection.send(b"Content-Length: 2\r\n\r\nok")
        connection.finish(linger=True)


def two_answers(connection):
    """Answer each request twice."""
    while connection.read_request():
        connection.send(_OK + _OK)


def old_404(connection):
    """Answer as HTTP/1.0 does that there is nothing."""
    if connection.read_request():
        connection.send(b"HTTP/1.0 404 Not Found\r\n\r\ngone")
        connection.finish(linger=True)


def browsers_only(connection):
    """Forbid it to whoever is no browser."""
    while request := connection.read_request():
        good = request.headers.get("user-agent", "").startswith("Mozilla")
        connection.send(head(200 if good else 403, "Content-Length: 0", "Server: cloudflare"))


def cookie_each_time(connection):
    """Redirect to the same place each time, with another cookie."""
    number = 0
    while connection.read_request():
        number += 1
        connection.send(head(302, "Location: /", f"Set-Cookie: n={number}", "Content-Length: 0"))


def cookie_wall(cookie):
    """Return a handler that redirects to itself until its cookie comes back."""

    def handler(connection):
        while request := connection.read_request():
            if "seen=1" in request.headers.get("cookie", ""):
                connection.send(_OK)
            else:
                fields = ("Location: /", f"Set-Cookie: {cookie}", "Content-Length: 0")
                connection.send(head(302, *fields))

    return handler
