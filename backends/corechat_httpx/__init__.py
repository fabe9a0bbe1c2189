"""Backends ``httpx`` and ``httpx2``: requests sent by these libraries' own `HTTPTransport`.

What patches or wraps that sees them. The deadline is kept where httpcore has a place for it, in the
network below: `connection`.
"""
