"""The service that watches endpoints: it probes, listens, keeps, decides and notifies."""
