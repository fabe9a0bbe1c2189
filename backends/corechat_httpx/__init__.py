"""Backends ``httpx`` and ``httpx2``: one code over two libraries of one API.

Both libraries are a client on top of an engine, httpcore and httpcore2. corechat needs none of what
the client adds (cookies, redirects, decoding, its own models), so it drives the engine: it connects
(TCP, TLS, the tunnels of proxies) and it speaks HTTP/2. One exchange over HTTP/1.1, the request out
and the whole response in, is done here, with a deadline on every read; that halves a call's CPU
time. Responses are read as h11 reads them, which a property test compares.

The way of a call: `transport` > `connections` (borrows one) > `connection` (sends) >
`response_reader` > `response_head`.
"""
