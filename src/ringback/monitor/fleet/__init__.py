"""Other places that check for this monitor: who they are, what they send and are sent."""
