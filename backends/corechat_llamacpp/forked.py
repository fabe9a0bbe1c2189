"""Let a forked child exit, though llama.cpp's threads are not in it."""

import ctypes
import functools
import os


@functools.cache
def let_children_exit() -> None:
    """Make children that are forked from now on end without llama.cpp's exit handlers.

    One of them destroys a condition variable on which, at the fork, a thread was waiting. In the
    child that thread is gone, and glibc waits for it to wake, for ever. So the child leaves by
    ``_exit`` when Python is done, as multiprocessing's children do anyway.
    """
    library = ctypes.CDLL(None)
    on_exit = getattr(library, "on_exit", None)  # glibc's; elsewhere nothing waits
    if on_exit is not None:
        leave = ctypes.cast(getattr(library, "_exit"), ctypes.c_void_p)  # noqa: B009 - C's name
        on_exit.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        os.register_at_fork(after_in_child=lambda: on_exit(leave, None))
