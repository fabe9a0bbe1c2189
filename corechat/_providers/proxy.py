"""Proxies: which one the environment names, by the variables that curl and httpx read."""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from corechat._errors.before import ConfigurationError
from corechat._providers.base_url import is_loopback

_PORTS = {"http": 80, "https": 443}
_SCHEMES = ("http", "https", "socks5", "socks5h")
_RULE = re.compile(r"\*?\.?(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d{1,5}))?")


def find_proxy(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy that the environment names for an endpoint, or None.

    Read are ``https_proxy`` or ``http_proxy`` by the URL's scheme, else ``all_proxy``; ``no_proxy``
    names the hosts that go without. Lower case wins over upper case; ``HTTP_PROXY`` is not read in
    a CGI process, where a client can set it. Plain http to loopback, which may carry a key, is not
    handed to a proxy on another machine.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    if _bypassed(host, port, _read("no_proxy", environ)):
        return None
    name = next((n for n in (f"{parts.scheme}_proxy", "all_proxy") if _read(n, environ)), None)
    if name is None:
        return None
    proxy = _read(name, environ)
    scheme, found, rest = proxy.partition("://")
    proxy = f"{scheme.lower()}://{rest}" if found else f"http://{proxy}"
    proxy_host = _host(proxy)
    if parts.scheme == "http" and is_loopback(host) and not is_loopback(proxy_host):
        return None
    if not proxy_host:
        raise ConfigurationError(
            f"What {name} holds is not the URL of a proxy. Give one of the kind http://host:port "
            f"({', '.join(_SCHEMES)})."
        )
    return proxy


def without_credentials(proxy: str) -> str:
    """Return a proxy's URL for a log, without user and password."""
    parts = urlsplit(proxy)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"


def _host(proxy: str) -> str:
    """Return the host of a proxy's URL; ``""`` where it is not one that can be used."""
    try:
        parts = urlsplit(proxy)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    known = parts.scheme in _SCHEMES and proxy.isprintable() and " " not in proxy
    return host if known else ""


def _read(name: str, environ: Mapping[str, str]) -> str:
    if name in environ:
        return environ[name].strip()
    if name == "http_proxy" and "REQUEST_METHOD" in environ:  # CVE-2016-5385, "httpoxy"
        return ""
    return environ.get(name.upper(), "").strip()


def _bypassed(host: str, port: int | None, no_proxy: str) -> bool:
    return any(_fits(rule.strip().lower(), host, port) for rule in no_proxy.split(","))


def _fits(rule: str, host: str, port: int | None) -> bool:
    if rule == "*" or _in_network(host, rule):
        return True
    parts = _RULE.fullmatch(rule)
    if parts is None or (parts["port"] and int(parts["port"]) != port):
        return False
    name = parts["v6"] or parts["name"]
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _in_network(host: str, rule: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False
