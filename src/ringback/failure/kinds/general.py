"""Reference data: refusals in a service's own protocol, and what is not a connection failure."""

from ringback.failure.kind import Kind

GENERAL = (
    Kind(
        name="service.rejected",
        layer="application",
        delivered="yes",
        retry="no",
        meaning="The service answered in its own protocol and refused: credentials, a database that is not there, too many clients.",
        looks_like={
            "psycopg": '`FATAL:  password authentication failed for user "app"`, `FATAL:  database "app" does not exist`, `FATAL:  sorry, too many clients already`',
            "pymysql": "`(1045, \"Access denied for user 'app'@'localhost' (using password: YES)\")`, `(1040, 'Too many connections')`",
            "redis": "`AuthenticationError: invalid username-password pair or user is disabled.`",
            "smtplib": "`SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted.')`",
            "paramiko": "`AuthenticationException: Authentication failed.`",
        },
        causes=(
            "The user name, password or key is wrong, or an environment variable is missing.",
            "The database, virtual host or mailbox does not exist.",
            "The server's limit of clients is reached.",
            "The server does not permit this user from this address (`pg_hba.conf`, grants).",
        ),
        do=(
            "Read the service's own message: network and port are fine, it names what it refused.",
            "Try the same credentials with the service's own client (`psql`, `mysql`, `redis-cli`).",
            "For “too many clients”, look for leaked connections, use a pool, then retry after a wait.",
            "Check the rights of this user from this address in the service's configuration.",
        ),
        dont=(
            "Do not retry with the same credentials: the account may be locked.",
            "Do not look at firewalls and DNS: the service answered.",
        ),
        related=("http.error.auth", "unix.forbidden", "tls.bad_client_auth_cert"),
        also_known_as={"curl": "67", "grpc": "UNAUTHENTICATED, RESOURCE_EXHAUSTED"},
    ),
    Kind(
        name="unknown",
        layer="none",
        delivered="maybe",
        retry="no",
        meaning="Nothing in the exception or text is enough to name a cause.",
        looks_like={
            "httpx": "an exception with an empty text and no cause",
            "pymongo": '`ServerSelectionTimeoutError: No servers match selector "Primary()"`',
            "pika": "`AMQPConnectionError` with an empty text",
        },
        causes=(
            "The text was cut, and the line with the reason is missing.",
            "The library kept only a summary and dropped the cause.",
            "The failure is one that has no name here yet.",
        ),
        do=(
            "Give the whole traceback, from the first line to the last: the cause is often in the middle.",
            "Pass the exception object instead of its text: `ringback.classify(error)`.",
            "Log exceptions with their traceback: `logging.exception(…)`, not `print(error)`.",
            "Report the text to the ringback project, with secrets removed, if it names a cause after all.",
        ),
        dont=(
            "Do not guess a cause, and do not repeat a POST blindly: it may have been processed.",
        ),
        related=("not_a_connection_failure", "tcp.failed", "tls.failed", "dns.failed"),
        also_known_as={"chromium": "ERR_FAILED", "grpc": "UNKNOWN"},
    ),
    Kind(
        name="not_a_connection_failure",
        layer="none",
        delivered="maybe",
        retry="no",
        meaning="The text reports something else than a failed connection.",
        looks_like={
            "python": "`ImportError: cannot import name 'ConnectionError'`, `subprocess.TimeoutExpired: Command '…' timed out after 300 seconds`",
            "selenium": "`TimeoutException: Message: Can't locate login form`",
            "torch": "`torch.cuda.OutOfMemoryError: CUDA out of memory.`",
        },
        causes=(
            "A word such as “connection” or “timeout” occurs in a message about something else.",
            "The program has a fault of its own, and the network did its part.",
            "The text reports success, or a warning.",
        ),
        do=(
            "Read the last line of the traceback: it names the fault, and it is not the network.",
            "If a connection failed as well, give the text that includes it.",
        ),
        dont=("Do not add retries: they do not mend this.",),
        related=("unknown", "service.rejected"),
    ),
)
