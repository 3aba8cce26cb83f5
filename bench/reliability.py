"""How often what is said with a confidence is right: a row for each band of confidence."""

from bisect import bisect_right

BANDS = (0.0, 0.6, 0.8, 0.9, 0.95)
"""The least confidence of each band."""


def reliability(said):
    """Return the rows of pairs of a confidence and whether what was said is right."""
    rows = [{"from": least, "said": 0, "right": 0} for least in BANDS]
    for confidence, is_right in said:
        row = rows[bisect_right(BANDS, confidence) - 1]
        row["said"] += 1
        row["right"] += bool(is_right)
    return rows


def lines(rows):
    """The rows as text, the surest first."""
    for row in reversed(rows):
        share = f"{row['right'] / row['said']:.1%}" if row["said"] else ""
        told = f"{row['right']:>6} right of {row['said']:<6}{share}"
        yield f"  said at {row['from']:.2f} and more {told}"
