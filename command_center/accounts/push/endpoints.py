"""Which addresses a browser may name for its push service. Pure."""

from urllib.parse import urlsplit

from kernel.settings import LOOPBACK, Settings


def is_allowed(settings: Settings, endpoint: str) -> bool:
    """Whether it is an https address at a host of `CC_PUSH_HOSTS`, on the usual port.

    In demo mode also the labelled simulator: loopback over http, where the setting names it.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or not _is_named(settings, host):
        return False
    if settings.is_demo and parts.scheme == "http":
        return host in LOOPBACK
    return parts.scheme == "https" and port in (None, 443)


def _is_named(settings: Settings, host: str) -> bool:
    named = [one.strip().lower() for one in settings.push_hosts.split(",")]
    return any(host == one or (one[:1] == "." and host.endswith(one)) for one in named if one)
