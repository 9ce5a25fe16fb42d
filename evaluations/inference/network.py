"""Where the product may connect to: one policy, checked for every resolved address.

The table of networks is our own. The standard library's ``is_private`` calls 100.64.0.0/10, 64:ff9b::/96,
2002::/16 and fec0::/10 public although each can lead into a private network.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import SplitResult, urlsplit

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class AddressError(ValueError):
    """The URL or one of its addresses may not be called; the message says why and what is expected."""


def _networks(*rows: str) -> tuple[IPNetwork, ...]:
    return tuple(ipaddress.ip_network(row) for row in rows)


NEVER: Final = _networks(
    "0.0.0.0/8",  # "this host": reaches the own machine on Linux
    "169.254.0.0/16",  # link-local, with the metadata services of most clouds
    "100.100.100.200/32",  # metadata, Alibaba Cloud
    "168.63.129.16/32",  # platform service, Azure
    "192.0.0.192/32",  # metadata, Oracle Cloud
    "224.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "fe80::/10",
    "fd00:ec2::/32",  # metadata, Amazon
    "fd20:ce::/32",  # metadata, Google
    "fd00:c1::/32",  # metadata, Oracle Cloud
    "ff00::/8",
)
"""Never called, not even when the operator lists them."""

FORBIDDEN: Final = _networks(
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT, also used inside clouds
    "127.0.0.0/8",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",  # 6to4 relay
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "240.0.0.0/4",
    "::/96",  # loopback and the retired IPv4-compatible form
    "::ffff:0:0:0/96",  # IPv4-translated
    "64:ff9b::/96",  # NAT64 leads to any IPv4 address
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",  # Teredo, ORCHID and other special purposes
    "2001:db8::/32",
    "2002::/16",  # 6to4 carries an IPv4 address
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fec0::/10",  # retired site-local
)
"""Called only when the operator's allow-list names them with the port."""

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_TRANSLATED: Final = ipaddress.IPv6Network("::ffff:0:0:0/96")
_NETLOC: Final = re.compile(r"(\[[^\[\]@]*\]|[^:\[\]@]*)(:[0-9]+)?")
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port that an endpoint key is bound to; ``path`` has no trailing slash."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def url(self) -> str:
        """The base URL, always with its port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def literal(self) -> IPAddress | None:
        """The address when the host is one, else ``None``."""
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


def parse_origin(url: str) -> Origin:
    """The origin of a base URL.

    Raises :class:`AddressError` on every form that two parsers may read differently.
    """
    if any(ord(char) <= 0x20 or ord(char) >= 0x7F for char in url) or "\\" in url:
        raise AddressError(
            f"URL {url[:200]!r}: found a space, a backslash, a control or a non-ASCII character; "
            "expected a plain ASCII URL"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"URL {url[:200]!r} cannot be read: {error}") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise AddressError(f"URL scheme {parts.scheme!r}: expected http or https")
    if "@" in parts.netloc:
        raise AddressError(
            "URL carries a user name or password; expected the host only. Enter the key in its own field"
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise AddressError(
            f"URL {url[:200]!r} has a query or fragment; expected the base URL only, such as https://host/v1"
        )
    if not _NETLOC.fullmatch(parts.netloc) or port == 0:
        raise AddressError(
            f"URL {url[:200]!r} has no usable host and port; "
            "expected such as host:8000, with a port from 1 to 65535"
        )
    host = _host(parts)
    return Origin(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], parts.path.rstrip("/"))


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    if not host:
        raise AddressError("URL has no host; expected one such as https://host/v1")
    if "[" in parts.netloc:
        try:
            return str(ipaddress.IPv6Address(host if "%" not in host else "zone ids are not accepted"))
        except ValueError:
            raise AddressError(f"host [{host}] is not a plain IPv6 address without a zone") from None
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]) or (labels[-1] == "" and len(labels) > 1):
        # The resolver of the system would read 2130706433, 0x7f.1 or 0177.0.0.1 as 127.0.0.1.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise AddressError(
                f"host {host!r}: expected four decimal numbers (such as 203.0.113.7) "
                "or a name without a trailing dot"
            ) from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressError(f"host {host!r} is not a host name of letters, digits and hyphens")
    return host


def embedded(address: IPAddress) -> tuple[IPAddress, ...]:
    """``address`` and every IPv4 address that it carries inside (mapped, 6to4, Teredo, NAT64, compatible)."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    inner: list[IPAddress] = [address]
    if address.sixtofour is not None:
        inner.append(address.sixtofour)
    if address.teredo is not None:
        inner.extend(address.teredo)
    if any(address in network for network in (_NAT64, _COMPATIBLE, _TRANSLATED)) and int(address) > 1:
        inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(inner)


def _inside(address: IPAddress, networks: Iterable[IPNetwork]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


@dataclass(frozen=True)
class NetworkPolicy:
    """Which addresses may be called.

    ``allow``: the operator's ``host-or-CIDR:port`` entries (IPv6 in brackets) for wanted private servers.
    ``forbidden_ports``: ports of our own database and broker; never called on any address.
    Raises ``ValueError`` on an entry that cannot be read.
    """

    allow: tuple[str, ...] = ()
    forbidden_ports: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        _ = self._allowed

    @cached_property
    def _allowed(self) -> tuple[tuple[str | IPNetwork, int], ...]:
        return tuple(_allow_entry(entry) for entry in self.allow)

    def check_port(self, port: int) -> None:
        """Raises :class:`AddressError` for a port of our own services."""
        if port in self.forbidden_ports:
            raise AddressError(
                f"port {port} belongs to this installation's own database or broker and is never called"
            )

    def check_address(self, host: str, port: int, address: str) -> None:
        """Raises :class:`AddressError` unless ``address``, which ``host`` resolved to, may be called."""
        self.check_port(port)
        try:
            outer = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            raise AddressError(f"host {host!r} resolved to {address!r}, which is not an IP address") from None
        found = embedded(outer)
        where = f"{host}:{port}" if host == address else f"{host}:{port} (resolved to {address})"
        if any(_inside(item, NEVER) for item in found):
            raise AddressError(
                f"{where} is a link-local, metadata, multicast or unspecified address; these are never called"
            )
        if not any(_inside(item, FORBIDDEN) for item in found):
            return
        if not self._is_listed(host, port, found[0]):
            raise AddressError(
                f"{where} is a private or reserved address that is not on the allow-list; "
                f"expected a public address, or ask the operator to allow {host}:{port}"
            )

    def is_private(self, address: str) -> bool:
        """Whether ``address`` is private or reserved, listed or not."""
        return any(
            _inside(item, FORBIDDEN) for item in embedded(ipaddress.ip_address(address.partition("%")[0]))
        )

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Every address must pass: one private address among public ones refuses them all."""
        found = tuple(addresses)
        if not found:
            raise AddressError(f"host {host!r} resolved to no address")
        for address in found:
            self.check_address(host, port, address)

    def _is_listed(self, host: str, port: int, address: IPAddress) -> bool:
        for item, allowed_port in self._allowed:
            if allowed_port != port:
                continue
            if item == host if isinstance(item, str) else _inside(address, (item,)):
                return True
        return False


def _allow_entry(entry: str) -> tuple[str | IPNetwork, int]:
    head, colon, port_text = entry.strip().rpartition(":")
    if not (colon and head and re.fullmatch(r"[0-9]{1,5}", port_text) and 0 < int(port_text) < 65536):
        raise ValueError(
            f"allow-list entry {entry!r}: expected host-or-CIDR:port, "
            "such as 10.0.0.0/24:8000 or [fd00::/64]:8000"
        )
    inner = head[1:-1] if head.startswith("[") and head.endswith("]") else head
    try:
        return ipaddress.ip_network(inner), int(port_text)
    except ValueError:
        pass
    labels = inner.lower().split(".")
    if "/" in inner or _NUMERIC_LABEL.fullmatch(labels[-1]) or not all(_LABEL.fullmatch(x) for x in labels):
        raise ValueError(
            f"allow-list entry {entry!r}: {inner!r} is neither a host name "
            "nor a network with its host bits zero"
        )
    return inner.lower(), int(port_text)
