"""How ``ringback diagnose`` and ``ringback compare`` show what was found."""
