"""What the integrations of httpx and httpx2 have in common; neither library is loaded here."""
