"""Where a text comes from: the platform and the library that wrote it."""

import re

_PLATFORM = (
    (
        "windows",
        re.compile(
            r"WinError|\[Errno 1\d{4}\]|WSA[A-Z]{4}|[A-Za-z]:\\\\?(?:Users|Python|Program|Windows)"
            r"|0x[0-9A-F]{16}>|win32|Windows"
        ),
    ),
    (
        "macos",
        re.compile(
            r"\[Errno (?:4[789]|5[1-8]|6[0145])\]|nodename nor servname|/Users/|/opt/homebrew"
            r"|/Library/|[Dd]arwin|macOS|LibreSSL|CFNetwork|error(?:\(|: )(?:54|60|61),"
        ),
    ),
    (
        "linux",
        re.compile(
            r"\[Errno (?:-\d|9[789]|1[01]\d)\]|\((?:1[01]\d), |\((?:11[013]): "
            r"|Name or service not known|Temporary failure in name|Name does not resolve"
            r"|/home/|/usr/lib|/usr/local/lib|/root/|/opt/|/var/|0x7f[0-9a-f]{10}"
            r"|[Ll]inux|[Uu]buntu|[Dd]ebian|kubectl|systemd"
        ),
    ),
)
_LIBRARY = (
    (
        "pip",
        (
            r"pip[._\\/]_vendor|pip3? (?:install|download|index)\b|Looking in indexes"
            r"|Could not find a version that satisfies|Could not fetch URL"
            r"|due to an (?:OSError|EnvironmentError)"
        ),
    ),
    ("botocore", r"botocore|boto3|endpoint URL|when calling the \w+ operation"),
    (
        "aiohttp",
        (
            r"aiohttp|ClientConnectorError|Cannot connect to host \S{1,300} ssl:"
            r"|ServerDisconnectedError|ClientPayloadError|ClientOSError|ConnectionTimeoutError"
            r"|SocketTimeoutError"
        ),
    ),
    ("httpx", r"httpx|httpcore|RemoteProtocolError|All connection attempts failed"),
    ("websockets", r"websockets?\.exceptions|no close frame received|rejected WebSocket"),
    (
        "psycopg",
        (
            r"psycopg|libpq|psql|translate host name|connection to server at"
            r"|could not connect to server|pg_hba"
        ),
    ),
    ("asyncpg", r"asyncpg"),
    ("pymongo", r"pymongo|ServerSelectionTimeout|AutoReconnect|mongodb"),
    ("redis", r"redis"),
    ("mysql", r"pymysql|_mysql_exceptions|MySQLdb|mysql\.connector|MySQL server|MySQL|aiomysql"),
    ("elasticsearch", r"elasticsearch|elastic_transport|opensearch"),
    ("grpc", r"grpc|StatusCode\.|_InactiveRpcError|failed to connect to all addresses"),
    ("kafka", r"kafka|NoBrokersAvailable"),
    ("paramiko", r"paramiko"),
    ("smtplib", r"smtplib|SMTP\w*(?:Error|Refused|Disconnected)"),
    ("amqp", r"pika\b|kombu|celery|amqp|aiormq"),
    ("docker", r"docker\.errors|[Dd]ocker daemon|docker_engine"),
    ("paho-mqtt", r"paho|MQTT"),
    ("selenium", r"selenium|WebDriverException|geckodriver|chromedriver"),
    ("playwright", r"playwright|page\.goto"),
    ("chromium", r"net::ERR_|ERR_[A-Z_]{6,}"),
    ("urllib", r"urlopen error|urllib\.error|urllib\.request|urllib2"),
    (
        "requests",
        (
            r"requests(?:\.exceptions|/|\\)|HTTPS?ConnectionPool\(|ConnectionError: \("
            r"|Connection aborted|SOCKSHTTPS?Connection|No connection adapters|No scheme supplied"
            r"|InvalidSchema|MissingSchema"
        ),
    ),
    ("urllib3", r"urllib3|MaxRetryError|NewConnectionError"),
    ("curl", r"curl\b|cURL error"),
    ("wget", r"wget\b"),
    (
        "git",
        r"fatal: (?:unable to access|Could not read)|git (?:clone|fetch|pull|push)\b|RPC failed",
    ),
    ("npm", r"npm ERR!|npm error|yarn"),
    ("node", r"\bnode:|at \S+ \(node:|ENOTFOUND|ECONNREFUSED \d|FetchError|AxiosError"),
    ("go", r"dial tcp|net/http|x509: |read tcp|proxyconnect"),
    ("java", r"java\.(?:net|io)\.|javax\.net|sun\.security|org\.apache"),
    ("rust", r"reqwest|hyper::|os error \d|rustls"),
    ("dotnet", r"System\.Net|SocketException \(|HttpRequestException"),
    ("ssh", r"ssh: |kex_exchange|ssh_exchange"),
    ("openssl", r"openssl|s_client|SSL routines:"),
    ("nginx", r"upstream|nginx"),
    ("asyncio", r"asyncio"),
    ("ssl", r"ssl\.SSL|ssl\.py|_ssl\.c"),
    ("http.client", r"http[./]client|httplib"),
    (
        "socket",
        r"socket\.(?:gaierror|timeout|error)|socket\.py|\[Errno|\[WinError|ConnectionRefusedError|ConnectionResetError",
    ),
)
_LIBRARIES = tuple((name, re.compile(pattern)) for name, pattern in _LIBRARY)
_MOST = 20000


def platform_of(text: str) -> str | None:
    """``windows``, ``macos``, ``linux``, or ``None`` where the text does not tell."""
    head = text[:_MOST]
    return next((name for name, pattern in _PLATFORM if pattern.search(head)), None)


def library_of(text: str) -> str | None:
    """The library or program that wrote the text, the most particular that is known."""
    head = text[:_MOST]
    return next((name for name, pattern in _LIBRARIES if pattern.search(head)), None)
