"""The engine's debug log stays quiet for the whole of a call, whatever ends inside it."""

import logging

from corechat_httpx.quiet import Quiet


def test_a_close_inside_a_call_does_not_end_the_quiet() -> None:
    quiet = Quiet()
    record = logging.LogRecord("httpcore.http11", logging.DEBUG, "", 0, "", None, None)
    assert quiet.filter(record)
    with quiet:
        with quiet:
            assert not quiet.filter(record)
        assert not quiet.filter(record)
    assert quiet.filter(record)
