"""The format on disk: cassettes are read, written, compared and matched here."""
