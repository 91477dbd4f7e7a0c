"""Where the desk is found, and what that says of who may speak to it."""

from __future__ import annotations

import ipaddress
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from grader.model.errors import UsageError

LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_PORTS: Final = {"http": 80, "https": 443}


class DeskSettings(NamedTuple):
    """What the desk must know of its own address."""

    origins: frozenset[str]
    """`scheme://host:port`, as browsers write them: no other page may send a form."""
    secure: bool
    """Whether browsers reach it by TLS, its own or a proxy's."""

    @property
    def hosts(self) -> frozenset[str]:
        """What a request may call this machine; any other name is of one who rebinds DNS."""
        return frozenset(origin.partition("://")[2] for origin in self.origins)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def settings_for(host: str, port: int, *, tls: bool = False, public: str = "") -> DeskSettings:
    """The settings of a desk that listens there.

    Args:
        host: the address that it listens on.
        port: of that address.
        tls: whether it has a certificate.
        public: the URL by which browsers reach it, where that is another one.

    Raises:
        UsageError: others could listen to what passes, or `public` is not such a URL.
    """
    if public:
        origin = _origin(public)
        return DeskSettings(frozenset({origin}), secure=origin.startswith("https:"))
    if not is_loopback(host) and not tls:
        raise UsageError(
            f"On {host} everybody in between could read passwords and grades.",
            hint="Give --certificate and --key, or --behind-proxy URL if a proxy does TLS.",
        )
    names = LOOPBACK if is_loopback(host) else (f"[{host}]" if ":" in host else host,)
    scheme = "https" if tls else "http"
    return DeskSettings(frozenset(_written(scheme, name, port) for name in names), secure=tls)


def _origin(public: str) -> str:
    try:
        parts = urlsplit(public)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.username:
        hint = "Expected such as https://desk.example.org, without a path."
        raise UsageError(f"{public[:80]!r} is not the address of a desk.", hint=hint)
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise UsageError(f"{public[:80]}: expected https, since passwords pass.")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return _written(parts.scheme, name, port)


def _written(scheme: str, name: str, port: int) -> str:
    return f"{scheme}://{name.lower()}" + ("" if port == _PORTS[scheme] else f":{port}")
