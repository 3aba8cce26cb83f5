"""Reference data: a Unix socket could not be opened."""

from ringback.failure.kind import Kind

UNIX = (
    Kind(
        name="unix.not_found",
        layer="tcp",
        delivered="no",
        retry="backoff",
        meaning="The Unix socket's path does not exist.",
        looks_like={
            "linux": "`FileNotFoundError: [Errno 2] No such file or directory`",
            "mysql": "`(2002, \"Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)\")`",
            "psycopg": '`connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory`',
            "docker": "`Error while fetching server API version: ('Connection aborted.', FileNotFoundError(2, 'No such file or directory'))`; on Windows `(2, 'CreateFile', …)`",
        },
        causes=(
            "The daemon (Docker, PostgreSQL, MySQL) is not running.",
            "The daemon puts its socket elsewhere: the path differs between distributions and versions.",
            "The socket of the host is not mounted into the container.",
            "`localhost` makes the MySQL client use a socket where TCP was meant.",
        ),
        do=(
            "See whether the daemon runs and where its socket is: `ss -lx`, then `systemctl status SERVICE`.",
            "Correct the path, or mount the socket into the container.",
            "To use TCP with MySQL, give `127.0.0.1` instead of `localhost`.",
            "If the daemon is just starting, retry after a wait.",
        ),
        dont=("Do not create the path by hand: only the daemon can make a socket that answers.",),
        related=("unix.forbidden", "tcp.refused", "config.tls_files_invalid"),
        also_known_as={"curl": "7"},
    ),
    Kind(
        name="unix.forbidden",
        layer="tcp",
        delivered="no",
        retry="no",
        meaning="This account may not open the Unix socket.",
        looks_like={
            "linux": "`PermissionError: [Errno 13] Permission denied`",
            "docker": "`Error while fetching server API version: ('Connection aborted.', PermissionError(13, 'Permission denied'))`",
            "redis": "`Error 13 connecting to unix socket: /run/redis/redis.sock. Permission denied.`",
        },
        causes=(
            "The account is not in the group that owns the socket, such as `docker` or `redis`.",
            "The account was added to the group, but its session started before that.",
            "A directory on the path is closed to the account.",
            "SELinux or AppArmor forbids it.",
        ),
        do=(
            "Compare the owner with your groups: `ls -l PATH` and `id`.",
            "Add the account to the group, then log in again: `sudo usermod -aG GROUP USER`.",
            "Check every directory on the path: `namei -l PATH`.",
            "Look for denials: `journalctl -k | grep -i denied`.",
        ),
        dont=(
            "Do not `chmod 666` the socket: whoever can write to Docker's socket is root.",
            "Do not run the whole program as root for this.",
        ),
        related=("unix.not_found", "tcp.address_unreachable.prohibited", "service.rejected"),
        also_known_as={"curl": "7", "ooni": "permission_denied"},
    ),
)
