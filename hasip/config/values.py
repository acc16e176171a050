"""Values as the files write them: addresses, networks, numbers. Errors say what would be right."""
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_interface, ip_network
from urllib.parse import urlsplit

from hasip.domain.trunk import Network

HOST_NAME = re.compile(r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.?")
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")       # half of a surrogate pair is no text either
NUMBER = re.compile(r"[A-Za-z0-9+\-_.!~'()&=$,;?/]{1,40}\*?|\*")
USERNAME_BYTES_MAX, CALLER_ID_BYTES_MAX = 63, 31            # as dataplane/routing has room for: users.pxd, snapshot.pxd
WANTED_ADDRESS = "write 192.0.2.1:5060 or [2001:db8::1]:5060"


def read_host_port(text: str) -> tuple[str, int]:
    """Return host (a name, or a numeric address without brackets) and port. Errors: ValueError."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f'"{text}": an IPv6 address needs brackets: {WANTED_ADDRESS}')
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535 or not (is_numeric(host) or is_host_name(host)):
        raise ValueError(f'"{text}" is no address and port: {WANTED_ADDRESS}')
    return host, int(port)


def read_numeric_host_port(text: str) -> tuple[str, int]:
    """Return address and port; names are refused. Errors: ValueError."""
    host, port = read_host_port(text)
    if not is_numeric(host):
        raise ValueError(f'"{text}": a name can\'t be bound: {WANTED_ADDRESS}')
    return host, port


def read_target(text: str) -> tuple[str, int]:
    """Return host and port of a place to call; a name may stand without a port, which the DNS then tells (0). Errors: ValueError."""
    if is_host_name(text):
        return text, 0
    return read_host_port(text)


def read_interface(text: str) -> str:
    """Return the name of a network interface, as the kernel allows it; empty is none. Errors: ValueError."""
    if not re.fullmatch(r"[^\s/:]{0,15}", text):
        raise ValueError(f'"{text}" is no interface: write eth1 or eth1.100, up to 15 characters, without blanks, / and :')
    return text


def read_source(text: str) -> IPv4Address | IPv6Address:
    """Return an address to send from. Errors: ValueError."""
    try:
        return ip_address(text)
    except ValueError:
        raise ValueError(f'"{text}" is no address: write 192.0.2.1 or 2001:db8::1, without brackets or port') from None


def read_dns_server(text: str) -> str:
    """Return a name server: an address, with or without a port. Errors: ValueError."""
    if not is_numeric(text):
        read_numeric_host_port(text)
    return text


def read_text(text: str) -> str:
    """Return a text for people or for SIP. Errors: ValueError for what neither a header nor a database takes."""
    if found := CONTROL.search(text):
        raise ValueError(f"has the control character {found[0]!r}: remove it")
    return text


def read_username(text: str) -> str:
    """Return a username. Errors: ValueError for one that the data plane has no room for: no world with it could be published."""
    return read_within(text, USERNAME_BYTES_MAX)


def read_caller_id(text: str) -> str:
    """Return a caller ID. Errors: ValueError, as for a username."""
    return read_within(text, CALLER_ID_BYTES_MAX)


def read_within(text: str, bytes_max: int) -> str:
    """Return a text of so many bytes at the most. Errors: ValueError."""
    if len(read_text(text).encode()) > bytes_max:
        raise ValueError(f"is too long: it has {bytes_max} bytes at the most")
    return text


def read_store_url(text: str) -> str:
    """Return a store's URL. Errors: ValueError, which does not show it: it may hold a password."""
    parts = urlsplit(text)
    if parts.scheme not in ("sqlite", "postgresql") or not parts.path.strip("/"):
        raise ValueError('is no store: write "postgresql://user@host/name", or "sqlite:////var/lib/hasip/hasip.db" with the file\'s whole path')
    if parts.scheme == "sqlite" and (parts.netloc or not parts.path.startswith("//")):
        raise ValueError('"sqlite:" wants the file\'s whole path: "sqlite:////var/lib/hasip/hasip.db"')
    return text


def is_numeric(host: str) -> bool:
    """True for an IPv4 or IPv6 address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_host_name(host: str) -> bool:
    """True for a name that could stand in the DNS; its last label is not a number."""
    return HOST_NAME.fullmatch(host) is not None


def read_network(text: str) -> Network:
    """Return a network in CIDR form; an address alone is one host. Errors: ValueError."""
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        network = ip_interface(text).network
    except ValueError:
        raise ValueError(f'"{text}" is no network: write 192.0.2.0/24, 192.0.2.7/32 or 2001:db8::/32') from None
    whole = f"{text.partition('/')[0]}/{32 if isinstance(network, IPv4Network) else 128}"
    raise ValueError(f'"{text}" has bits behind its prefix: write {network} for the network, or {whole} for the address')


def read_number(text: str) -> str:
    """Return a number or a prefix that ends in *. Errors: ValueError."""
    if not NUMBER.fullmatch(text):
        raise ValueError(f'"{text}" is no number: write it as it is dialled, up to 40 characters, with * at the end for a prefix ("+656124*")')
    return text


