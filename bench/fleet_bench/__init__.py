"""What `bench/fleet.py` measures with: a hub, agents and what they use."""
