"""Fuzz `ringback.explain` with coverage guidance: no exception, a known kind, bounded time.

    pip install atheris
    python bench/fuzz_explain.py -max_total_time=60

Takes libFuzzer's options. Ends with a non-zero status and the input on the first failure.
"""

import sys
import time

import atheris

with atheris.instrument_imports(include=["ringback"]):
    from ringback.failure import KINDS
    from ringback.failure.text.explain import explain
    from ringback.failure.text.rules import RULES

NEEDLES = [rule.needle for rule in RULES]
SLOWEST = 1.0  # seconds, instrumented


def one_input(data):
    """Text made of raw pieces and of the words the rules look for."""
    provider = atheris.FuzzedDataProvider(data)
    pieces = []
    while provider.remaining_bytes():
        if provider.ConsumeBool():
            pieces.append(NEEDLES[provider.ConsumeIntInRange(0, len(NEEDLES) - 1)])
        pieces.append(provider.ConsumeUnicode(40))
    text = "".join(pieces)
    start = time.perf_counter()
    explanation = explain(text)
    taken = time.perf_counter() - start
    begin, end = explanation.span
    if explanation.kind not in KINDS or explanation.evidence != text[begin:end]:
        raise AssertionError(repr(explanation))
    if taken > SLOWEST:
        raise AssertionError(f"{taken:.2f} s for {len(text)} characters")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
