"""The permissions module's address file: `group ip_addr[/mask] mask port tag`, an address or a network a line."""
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

from hasip.config.kamailio.lines import LineError, Remark, check_characters, read_lines, read_number
from hasip.domain.trunk import Network


@dataclass(frozen=True, slots=True)
class AllowedNetwork:
    """One line of the file."""

    line: int
    group: int
    network: Network
    port: int = 0               # 0: any
    tag: str = ""


def read_address_list(file: Path) -> tuple[list[AllowedNetwork], list[Remark]]:
    """Return the networks, and what there is to say of lines. Errors: OSError."""
    networks: list[AllowedNetwork] = []
    remarks: list[Remark] = []
    for line, fields in read_lines(file):
        try:
            allowed = allowed_network_of(line, fields)
        except LineError as error:
            remarks.append(Remark(file, line, str(error)))
            continue
        networks.append(allowed)
        if allowed.port:
            remarks.append(Remark(file, line, f"port {allowed.port} is not taken over: allow is for addresses, so any port of {allowed.network} gets in",
                                  is_left_out=False))
    return networks, remarks


def allowed_network_of(line: int, fields: Sequence[str]) -> AllowedNetwork:
    """Return a line as a network. Errors: LineError."""
    check_characters(fields)
    group = read_number(fields[0], "group")
    if len(fields) == 1:
        raise LineError(f"group {group} without an address")
    text, slash, mask = fields[1].partition("/")
    mask = mask if slash else fields[2] if len(fields) > 2 else "0"
    port = read_number(fields[3], "port") if len(fields) > 3 else 0
    return AllowedNetwork(line, group, network_of(text, read_number(mask, "mask"), bool(slash)), port, fields[4].strip('"') if len(fields) > 4 else "")


def network_of(text: str, mask: int, is_in_address: bool) -> Network:
    """Return address and mask as a network; mask 0 is one address, as the module has it. Errors: LineError."""
    try:
        address = ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise LineError(f'"{text}" is no address: allow takes no names, write the addresses it stands for') from None
    if mask == 0 and is_in_address:
        raise LineError(f'"{text}/0" would let everybody in: write the networks that are meant')
    if mask > address.max_prefixlen:
        raise LineError(f'"{mask}" is no mask of an IPv{address.version} address: at most {address.max_prefixlen}')
    if "%" in str(address):
        raise LineError(f'"{text}": an address of one link only')
    return ip_network((address, mask or address.max_prefixlen), strict=False)
