"""The tunnel through a proxy: what is said to it, and what it answers."""
