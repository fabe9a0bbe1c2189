"""TOKEN: what names of fields and of methods are made of."""

TOKEN = r"[-!#$%&'*+.^_`|~0-9A-Za-z]+"  # noqa: S105 - the word of RFC 9110 §5.6.2
"""A regular expression."""
