"""What looks near and is none: other errors whose words or names a connection has as well."""

from typing import Final

from ringback.failure.clue import SPECIFIC
from ringback.failure.text.rule import HINT, OVERRIDE, PHRASE, SENTENCE, TextRule, says

OTHER: Final = "not_a_connection_failure"
_UNIT = r"systemd\[\d{1,9}\]: [^\n]{1,160}"
_CLOUD_FOLDER = r"(?:icloud|onedrive|dropbox|cloud[ \-](?:storage|sync)|\.venv)[^\n]{0,250}"

LOOKALIKES: list[TextRule] = [
    # MQTT's return codes, as its specification lists them
    *says(OTHER, OVERRIDE)(
        " connection refused, ", before=r"\b\d - 0x\d\d", then=r"[^\n]{1,60} - "
    ),
    # programming errors; a number of a socket outweighs them
    *says(OTHER, SENTENCE)(
        "cannot import name",
        "no module named",
        "has no attribute",
        "has no len()",
        "unexpected keyword argument",
        "missing 1 required positional argument",
        "takes 1 positional argument",
        "is not callable",
        "object is not subscriptable",
        "was never awaited",
        # warnings about what was left open
        "unclosed client session",
        "unclosed connector",
        "unclosed connection",
        "unclosed <socket",
        "deprecationwarning",
        "resourcewarning",
        "insecurerequestwarning",
        "futurewarning",
    ),
    # what a compiler or an interpreter says of a program
    *says(OTHER, OVERRIDE)(
        "' undeclared",
        "was not declared in this scope",
        "undefined reference to",
        "can't locate object method",
        "qobject::connect: no such ",
        "failure writing output to destination",
    ),
    *says(OTHER, OVERRIDE)("can't locate ", then=r"[\w/]{1,80}\.pm in @INC"),
    *says(OTHER, OVERRIDE)("[e0", before=r"\berror", then=r"\d{3}\]"),
    # a server that cannot listen, which calls nobody; a client that runs out of ports connects
    *says(OTHER, OVERRIDE)(
        "listen eaddrinuse",
        "the server socket has failed to listen on any",
        "while attempting to bind on address",
        "java.net.bindexception: address already in use",
        "error starting userland proxy: listen tcp",
    ),
    *says(OTHER, OVERRIDE)("bind: address already in use", before=r"listen (?:tcp|udp)[^\n]{1,80}"),
    *says(OTHER, OVERRIDE)("address already in use", before=r"\bbind\(\) to [^\n]{1,120}"),
    *says(OTHER, OVERRIDE)(" was already in use", before=r"failed to start\. port \d{1,5}"),
    # what a browser does not do for a page
    *says(OTHER, OVERRIDE)("it violates the following content security policy"),
    # what a program was started with, and does
    *says(OTHER, OVERRIDE)("listening on ", then=r"[^\n]{0,160}timeout[ =:]{1,3}\d"),
    *says(OTHER, OVERRIDE)("using connect timeout of ", "clearing connection timeout"),
    # what went well
    *says(OTHER, PHRASE)(
        "ssl connection using tls",
        "handshake successful",
        "certificate successfully verified",
        "verify return code: 0 (ok)",
    ),
    # what a program's own templates and texts lack
    *says(OTHER, HINT)("template error", "syntax error", "rendering error", "compilation error"),
    # a breaker for memory
    *says(OTHER, OVERRIDE)("] data too large, data for ["),
    *says(OTHER, SENTENCE)("networkonmainthreadexception"),
    # a list of what there is
    *says(OTHER, OVERRIDE)(
        "401 unauthorized",
        before=r"400 bad request.{0,60}",
        then=r".{0,80}403 forbidden.{0,60}404 not found",
    ),
    # waits of other things: processes, locks, statements, pages under test
    *says(OTHER, OVERRIDE)(
        "timeoutexpired",
        "lock wait timeout",
        "lock request time out period exceeded",
        "statement timeout",
        "canceling statement due to",
        "maximum statement execution time exceeded",
        "query execution was interrupted",
        "element not found",
        "unable to locate element",
        "waiting for selector",
        "waiting for locator",
        "waiting for element",
        "waitforselector",
        "locator.click",
        "page.goto: timeout",
    ),
    *says(OTHER, OVERRIDE)("command '", then=r"[^\n]{1,280}(?:timed out|returned non-zero)"),
    *says(OTHER, OVERRIDE)(
        "timed out", before=_UNIT + r"(?:operation|state|job|timeout)[^\n]{0,60}"
    ),
    *says(OTHER, OVERRIDE)("timed out. ", before=_UNIT, then=r"(?:terminating|killing)"),
    # what git and sshd say of what they were asked
    *says(OTHER, OVERRIDE)("failed to push some refs to", "updates were rejected because"),
    *says(OTHER, OVERRIDE)(
        "[preauth]", before=r"connection (?:closed|reset) by [^\n]{1,120}port \d{1,5} "
    ),
    # limits of tests and of jobs
    *says(OTHER, OVERRIDE)(
        "panic: test timed out after",
        "exceeded timeout of",
        "ensure the done() callback is being called",
        'ensure "done()" is called',
        "timed out retrying after",
        "testtimedoutexception",
        "has exceeded the maximum execution time",
        "execution took longer than",
        "exceeded the maximum execution time",
    ),
    *says(OTHER, OVERRIDE)("test timed out in ", "test timed out after ", then=r"\d"),
    *says(OTHER, OVERRIDE)("test timeout of ", then=r"\d{1,9} ?ms exceeded"),
    *says(OTHER, OVERRIDE)("failed: timeout >", then=r"\d"),
    *says(OTHER, OVERRIDE)("query timed out in expression evaluation", "timeout_exceeded)"),
    # what databases say of statements and data
    *says(OTHER, OVERRIDE)(
        "deadlock detected",
        "deadlock found",
        "could not serialize access",
        "transaction has been rolled back",
        "duplicate entry",
        "duplicate key value",
        "violates foreign key",
        "violates not-null",
        "violates unique",
        "violates check",
        "unique constraint failed",
        "foreign key constraint fails",
        "database is locked",
        "you have an error in your sql syntax",
    ),
    *says(OTHER, SPECIFIC)("no such table", "no such column", "undefinedtable", "undefinedcolumn"),
    *says(OTHER, SPECIFIC)(
        "does not exist",
        "doesn't exist",
        "already exists",
        before=r"(?:relation|table|column|function|index|type|schema|connection) "
        r"['\"]?[\w.\-]{1,80}['\"]?(?: of relation \"?\w{1,60}\"?)? ",
    ),
    # this machine's memory, disk and files
    *says(OTHER, OVERRIDE)("out of memory", "no space left on device"),
    *says(OTHER, OVERRIDE)(
        "too many open files: '",
        "permission denied: '",
        "no such file or directory: '",
        "file exists: '",
        "is a directory: '",
        then=r"(?![^'\n]{0,200}\.sock)",
    ),
    # what nginx says of files and of requests that it was sent
    *says(OTHER, OVERRIDE)("open() ", then=r"\"[^\"\n]{1,200}\" failed \(\d{1,3}: "),
    *says(OTHER, OVERRIDE)(
        "client intended to send too large body", "while internally redirecting to"
    ),
    # 60 is a timeout of a file system that keeps its files elsewhere
    *says(OTHER, OVERRIDE)("[errno 60]", before=_CLOUD_FOLDER),
    *says(OTHER, OVERRIDE)(
        "[errno 60]", then=r"[^\n]{0,200}(?:icloud|onedrive|dropbox|cloud storage|\.venv|evicted)"
    ),
    # the keys of a host, the settings of a program, the data of a caller
    *says(OTHER, OVERRIDE)(
        "remote host identification has changed",
        "host key verification failed",
        "bad git executable",
        "telnet> q",
    ),
    *says(OTHER, OVERRIDE)("validation error", then=r"s? for"),
    *says(OTHER, OVERRIDE)(  # of a compiler or a loader that does not know a class of that name
        "unresolved reference",
        "noclassdeffounderror",
        "classnotfoundexception",
        "cannot find symbol",
        "unresolved import",
    ),
    *says(OTHER, OVERRIDE)(  # of a script that a shell was to run
        ": permission denied",
        ": no such file or directory",
        before=r"\b(?:sh|bash|dash|zsh): (?:line )?(?:\d{1,5}: )?[^\n:]{1,200}",
    ),
    *says(OTHER, OVERRIDE)("client sent invalid host header"),
]

CLASSES = frozenset(
    {
        "AssertionError",
        "AttributeError",
        "ArithmeticError",
        "DataError",
        "DoesNotExist",
        "EOFError",
        "FileExistsError",
        "FileNotFoundError",
        "FloatingPointError",
        "ImportError",
        "ImproperlyConfigured",
        "IndentationError",
        "IndexError",
        "IntegrityError",
        "InternalError",
        "IsADirectoryError",
        "KeyError",
        "LookupError",
        "MemoryError",
        "ModuleNotFoundError",
        "NameError",
        "NotADirectoryError",
        "NotImplementedError",
        "NoSuchElementException",
        "NullPointerException",
        "OutOfMemoryError",
        "OverflowError",
        "PermissionError",
        "ProgrammingError",
        "RecursionError",
        "ReferenceError",
        "RuntimeError",
        "StaleElementReferenceException",
        "StopIteration",
        "SyntaxError",
        "SystemExit",
        "TypeError",
        "UnboundLocalError",
        "UnicodeDecodeError",
        "UnicodeEncodeError",
        "ValidationError",
        "ValueError",
        "ZeroDivisionError",
        "TimeoutException",
        "TimeoutExpired",
        "JSONDecodeError",
        "ConnectionDoesNotExist",
        "PicklingError",
        "OperationFailure",
    }
)
"""Classes that name another failure; they outweigh a bare timeout or a word in passing."""
