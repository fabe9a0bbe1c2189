"""Tools for those who write tests and transports."""
