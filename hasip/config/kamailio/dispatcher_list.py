"""The dispatcher module's list file: `setid destination flags priority attributes`, a destination a line."""
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hasip.config.kamailio.lines import NUMBER, LineError, Remark, check_characters, read_lines, read_number
from hasip.config.values import is_numeric, read_target
from hasip.domain.node import Transport
from hasip.domain.trunk import Target

INACTIVE, DISABLED, PROBING = 1, 4, 8        # bits of the flags field

URI = re.compile(r"(?:(?P<scheme>sips?):)?(?:[^@]*@)?(?P<host>\[[^\]]*\]|[^:;?]+)(?::(?P<port>[0-9]+))?(?P<parameters>;[^?]*)?(?:\?.*)?", re.IGNORECASE)
TRANSPORTS: dict[str, Transport] = {"udp": "udp", "tcp": "tcp", "tls": "tls"}
PORTS: dict[Transport, int] = {"udp": 5060, "tcp": 5060, "tls": 5061}
ATTRIBUTE = re.compile(r'([^=;"]+)=("[^"]*"|[^;]*)')

# Attributes that have no place in a trunks file, and what stands for them.
NO_PLACE = {
    "weight": "calls go to equal legs in equal parts",
    "rweight": "calls go to equal legs in equal parts",
    "socket": "the routing table chooses where calls leave; a zone can have an interface",
    "sockname": "the routing table chooses where calls leave; a zone can have an interface",
    "obproxy": "there is no outbound proxy",
    "ping_from": "probes have a From of their own",
    "latency": "latency is not weighed",
    "cc": "latency is not weighed",
}


@dataclass(frozen=True, slots=True)
class Destination:
    """One line of the list."""

    line: int
    set_id: int
    target: Target
    flags: int = 0
    priority: int = 0               # the higher one is tried first
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_probed(self) -> bool:
        """True when Kamailio sends it OPTIONS whatever ds_probing_mode says."""
        return bool(self.flags & PROBING)

    @property
    def is_in_use(self) -> bool:
        """True unless it is disabled, or inactive with nothing that would bring it back."""
        return not self.flags & DISABLED and (not self.flags & INACTIVE or self.is_probed)


def read_dispatcher_list(file: Path) -> tuple[list[Destination], list[Remark]]:
    """Return the destinations in use, and what there is to say of lines. Errors: OSError."""
    destinations: list[Destination] = []
    remarks: list[Remark] = []
    seen: set[tuple[int, Target]] = set()
    for line, fields in read_lines(file):
        try:
            destination = destination_of(line, fields)
            if not destination.is_in_use:
                raise LineError(f"switched off by its flags ({destination.flags}): give it flags 0 if it shall be called")
            if (destination.set_id, destination.target) in seen:
                raise LineError(f"is in set {destination.set_id} already")
        except LineError as error:
            remarks.append(Remark(file, line, str(error)))
            continue
        seen.add((destination.set_id, destination.target))
        destinations.append(destination)
        remarks += [Remark(file, line, sentence, is_left_out=False) for sentence in lost_attributes(destination)]
    return destinations, remarks


def destination_of(line: int, fields: list[str]) -> Destination:
    """Return a line as a destination. Errors: LineError."""
    check_characters(fields)
    set_id = read_number(fields[0], "set")
    if len(fields) == 1:
        raise LineError(f"set {set_id} without a destination")
    rest = fields[2:]
    numbers = [int(rest.pop(0)) for _ in range(2) if rest and NUMBER.fullmatch(rest[0])]       # both may be left out
    flags, priority = (*numbers, 0, 0)[:2]
    return Destination(line, set_id, target_of(fields[1]), flags, priority, attributes_of(rest[0]) if rest else {})


def target_of(uri: str) -> Target:
    """Return where a SIP URI leads; the scheme may be left out. Errors: LineError."""
    match = URI.fullmatch(uri)
    if not match:
        raise LineError(f'"{uri}" is no SIP URI: sip:192.0.2.1:5060 or sip:[2001:db8::1]:5060;transport=tcp is wanted')
    transport = transport_of(uri, match)
    host, port = match["host"], match["port"]
    if not port and is_numeric(host.strip("[]")):
        port = str(PORTS[transport])
    try:
        address, number = read_target(f"{host}:{port}" if port else host)
    except ValueError as error:
        raise LineError(str(error)) from None
    if port and number == 0:
        raise LineError(f'"{uri}": port 0 can\'t be called')
    if "%" in address:
        raise LineError(f'"{uri}": an address of one link only')
    return Target(address, number, transport)


def transport_of(uri: str, match: re.Match[str]) -> Transport:
    """Return how a URI is reached. Errors: LineError."""
    parameters = dict(part.partition("=")[::2] for part in (match["parameters"] or "").lower().split(";"))
    name = parameters.get("transport", "tls" if (match["scheme"] or "").lower() == "sips" else "udp")
    if name not in TRANSPORTS:
        raise LineError(f'"{uri}": transport {name} is not there: udp, tcp and tls are')
    return TRANSPORTS[name]


def attributes_of(text: str) -> dict[str, str]:
    """Return attributes by name: `duid=abc;weight=50`, whole or value in quotes. What has no = says nothing to the module either."""
    whole = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' and text.count('"') == 2 else text
    return {name.strip().lower(): value.strip('"') for name, value in ATTRIBUTE.findall(whole)}


def lost_attributes(destination: Destination) -> list[str]:
    """Return a sentence for each attribute that has no place in a trunks file."""
    return [f"{name}={destination.attributes[name]} is not taken over: {sentence}" for name, sentence in NO_PLACE.items() if name in destination.attributes]
