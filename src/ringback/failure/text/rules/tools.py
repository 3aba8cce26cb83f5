"""What git says, and Java's and Rust's clients, where the words are their own."""

from ringback.failure.reading import GENERIC, SPECIFIC
from ringback.failure.text.rule import PHRASE, SENTENCE, Rule, says

TOOLS: list[Rule] = [
    # git
    *says(
        "tcp.closed",
        "the remote end hung up unexpectedly",
        "early eof",
        "unexpected disconnect while reading sideband packet",
        rank=PHRASE,
    ),
    # Node
    *says("tcp.closed", "und_err_socket", "other side closed", rank=SENTENCE),
    # Java
    *says(
        "tcp.refused",
        "connection refused: connect",
        "connection refused (connection refused)",
        rank=SPECIFIC,
        phase="connect",
    ),
    # Rust
    *says(
        "tcp.failed",
        "error trying to connect",
        "tcp connect error",
        rank=GENERIC,
        phase="connect",
    ),
]
