"""Which proxy the environment names for an endpoint, by the variables that curl and httpx read."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit


def find_proxy(url: str, environ: Mapping[str, str]) -> str | None:
    """Find the proxy of an endpoint.

    Args:
        url: the endpoint's URL.
        environ: the environment: ``https_proxy`` or ``http_proxy`` by the URL's scheme, else
            ``all_proxy``; ``no_proxy`` names the hosts that go without. Lower case wins over
            upper case; ``HTTP_PROXY`` is not read in a CGI process, where a client can set it.

    Returns:
        The proxy's URL, or None.
    """
    parts = urlsplit(url)
    if _bypassed(parts.hostname or "", parts.port, _read("no_proxy", environ)):
        return None
    proxy = _read(f"{parts.scheme}_proxy", environ) or _read("all_proxy", environ)
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def without_credentials(proxy: str) -> str:
    """Write a proxy's URL for a log.

    Args:
        proxy: the URL, perhaps with user and password.
    """
    parts = urlsplit(proxy)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}"


def _read(name: str, environ: Mapping[str, str]) -> str:
    if name in environ:
        return environ[name].strip()
    if name == "http_proxy" and "REQUEST_METHOD" in environ:  # CVE-2016-5385, "httpoxy"
        return ""
    return environ.get(name.upper(), "").strip()


def _bypassed(host: str, port: int | None, no_proxy: str) -> bool:
    for rule in (part.strip().lower() for part in no_proxy.split(",")):
        if not rule:
            continue
        if rule == "*" or _in_network(host, rule):
            return True
        name = rule.removeprefix("*").removeprefix(".")
        name, _, rule_port = name.partition(":") if name.count(":") == 1 else (name, "", "")
        if rule_port and rule_port != str(port):
            continue
        if host == name or host.endswith(f".{name}"):
            return True
    return False


def _in_network(host: str, rule: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(rule, strict=False)
    except ValueError:
        return False
