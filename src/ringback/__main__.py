"""``python -m ringback`` is the program ``ringback``."""

from ringback.cli import main

if __name__ == "__main__":
    main()
