"""The library's debug log stays quiet for the whole of a call, whatever ends inside it."""

import logging

from corechat_httpx.quiet import is_of_others, quiet


def test_a_close_inside_a_call_does_not_end_the_quiet() -> None:
    record = logging.LogRecord("httpcore.http11", logging.DEBUG, "", 0, "", None, None)
    assert is_of_others(record)
    with quiet():
        with quiet():
            assert not is_of_others(record)
        assert not is_of_others(record)
    assert is_of_others(record)
