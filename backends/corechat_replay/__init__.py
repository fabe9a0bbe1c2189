"""The backend ``replay``: answers from a cassette, and recording around any transport."""
