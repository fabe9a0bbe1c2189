"""``corechat cassette``: show, check, redact, convert, merge, import and serve cassettes."""

from corechat_replay.cli.group import cassette

__all__ = ["cassette"]
