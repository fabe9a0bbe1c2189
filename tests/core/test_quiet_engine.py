"""The library's debug log stays quiet for the whole of a call, whatever ends inside it."""

import logging

from corechat_httpx.quiet import CARRIES_A_CALL, is_of_others


def test_a_call_inside_a_call_does_not_end_the_quiet() -> None:
    record = logging.LogRecord("httpcore.http11", logging.DEBUG, "", 0, "", None, None)
    assert is_of_others(record)
    outer = CARRIES_A_CALL.set(True)
    inner = CARRIES_A_CALL.set(True)
    assert not is_of_others(record)
    CARRIES_A_CALL.reset(inner)
    assert not is_of_others(record)
    CARRIES_A_CALL.reset(outer)
    assert is_of_others(record)
