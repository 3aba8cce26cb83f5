"""Charts: numbers in, positions out; templates draw them as SVG."""
