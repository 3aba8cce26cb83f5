"""Notifying people and programs of incidents: who, in which words, and until it arrives."""
