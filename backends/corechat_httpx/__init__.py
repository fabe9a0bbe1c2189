"""Backends ``httpx`` and ``httpx2``: one code over two libraries of one API.

Both libraries are a client on top of an engine, httpcore and httpcore2. corechat needs none of what
the client adds (cookies, redirects, decoding, its own models), so it drives the engine: less work a
call, and a network seam (``network_backend``) at which every single read obeys the deadline.
"""
