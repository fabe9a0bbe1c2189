"""Endpoints by name: where requests go, with which key, through which proxy, and their quirks."""
