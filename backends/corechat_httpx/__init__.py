"""Backends ``httpx`` and ``httpx2``: requests sent by these libraries' own transports.

Each call borrows an `HTTPTransport` of one connection, and its request goes through the library's
`HTTPTransport.handle_request`, so that what patches or wraps that sees it. The deadline is kept by
`connection`, in the place that httpcore has for it.
"""
