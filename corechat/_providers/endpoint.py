"""Where a client's requests go, and with which key; decided once, in its constructor."""

from collections.abc import Callable, Mapping

from corechat._providers.base_url import BaseUrl
from corechat._providers.key import ApiKey
from corechat._providers.provider import Provider
from corechat.errors import ConfigurationError


def find_base_url(
    provider: Provider,
    given: str | None,
    environ: Mapping[str, str],
    *,
    allow_insecure: bool = False,
) -> BaseUrl:
    """Decide where requests go.

    Args:
        provider: the provider named, or the default one.
        given: the caller's base URL; it wins over the provider's variable, and that over its URL.
        environ: the environment.
        allow_insecure: whether plain http may go further than loopback.

    Raises:
        ConfigurationError: there is none, or it is unusable.
    """
    text, path = given, ""
    if text is None and provider.base_url_env and environ.get(provider.base_url_env):
        text, path = environ[provider.base_url_env], provider.base_path
    if text is None:
        text = provider.base_url
    if text is None:
        variable = f" or set {provider.base_url_env}" if provider.base_url_env else ""
        raise ConfigurationError(
            f"The provider {provider.name!r} has no base URL of its own: give base_url={variable}."
        )
    return BaseUrl.parse(text, allow_insecure=allow_insecure, default_path=path)


def find_key(
    provider: Provider, given: Callable[[], str] | None, environ: Mapping[str, str]
) -> ApiKey | None:
    """Decide which key goes along.

    Args:
        provider: the provider named, or the default one.
        given: gives the caller's key; it wins over the provider's variables.
        environ: the environment.

    Returns:
        The key; None where there is none and the provider needs none.

    Raises:
        ConfigurationError: it is missing or unusable; the message names the variable and where to
            get a key.
    """
    if given is not None:
        return ApiKey(given())
    for name in provider.key_env:
        if environ.get(name):
            return ApiKey(environ[name], name)
    if not provider.needs_key:
        return None
    where = f" Get a key at {provider.key_url}." if provider.key_url else ""
    raise ConfigurationError(
        f"The provider {provider.name!r} needs an API key: set {' or '.join(provider.key_env)}, "
        f"or give api_key=.{where}"
    )
