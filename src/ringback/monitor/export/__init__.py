"""What the monitor has kept, for other programs and for reports: streamed, in bounded memory."""
