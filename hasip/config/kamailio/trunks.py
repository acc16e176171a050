"""Kamailio's tables as a trunks file, with the reasons beside it; what they don't tell is left to be filled in, and `hasip check` asks for it."""
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import groupby
from pathlib import Path
from typing import Any

import tomli_w

from hasip.config.kamailio.address_list import AllowedNetwork, read_address_list
from hasip.config.kamailio.dispatcher_list import Destination, read_dispatcher_list
from hasip.config.kamailio.lines import LineError, Remark
from hasip.config.kamailio.shape import Shape, shape_of
from hasip.domain.trunk import Mode, Network, Target

CALLS_MAX = 4_000_000
CORE_TARGETS_MAX = 8
NAME_MAX = 63
COMMENT_WIDTH = 120

Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the tables do not tell, and somebody does."""

    calls: int | None = None                                    # the limit of trunks whose destinations have no maxload
    core_allow: tuple[Network, ...] = ()
    core_set: int | None = None                                 # this set is the carrier's
    group_sets: Mapping[int, int] = field(default_factory=dict)     # whose an address group is; else that of the same number


@dataclass(frozen=True, slots=True)
class Imported:
    """A trunks file, and what to say of it."""

    text: str
    trunks_count: int
    remarks: tuple[Remark, ...]


def import_tables(dispatcher: Path, address: Path | None, wishes: Wishes) -> Imported:
    """Return the trunks file that two lists become. Errors: OSError; LineError for a core set that is not there."""
    destinations, remarks = read_dispatcher_list(dispatcher)
    networks: list[AllowedNetwork] | None = None
    if address is not None:
        networks, more = read_address_list(address)
        remarks += more
    sets = {set_id: list(each) for set_id, each in groupby(sorted(destinations, key=lambda each: (each.set_id, each.line)), key=lambda each: each.set_id)}
    core_destinations = sets.pop(wishes.core_set, []) if wishes.core_set is not None else []
    if wishes.core_set is not None and not core_destinations:
        raise LineError(f"{dispatcher}: no destination of set {wishes.core_set}, which --core-set names")
    owned = networks_by_set(networks, wishes)
    shapes: dict[int, Shape] = {}
    for set_id, members in sets.items():
        try:
            shapes[set_id] = shape_of(set_id, members)
        except LineError as error:
            remarks += [Remark(dispatcher, member.line, str(error)) for member in members]
    remarks += core_remarks(dispatcher, core_destinations)
    remarks += [Remark(dispatcher, shape.legs[0].line, f"no address of set {set_id} is in the address file: `allow` is empty, so calls from it are refused", is_left_out=False)
                for set_id, shape in shapes.items() if networks is not None and set_id not in owned]
    if address is not None:
        remarks += [Remark(address, network.line, f"group {network.group} belongs to no set that was taken: --group {network.group}=SET says whose it is")
                    for set_id, each in owned.items() if set_id not in shapes and set_id != wishes.core_set for network in each]
    parts = [head_text(dispatcher, address), core_text(core_destinations, owned.get(wishes.core_set, []) if wishes.core_set is not None else [], wishes)]
    parts += [trunk_text(set_id, shape, None if networks is None else owned.get(set_id, []), wishes) for set_id, shape in shapes.items()]
    return Imported("".join(parts), len(shapes), tuple(sorted(remarks, key=lambda remark: (remark.file != dispatcher, remark.line))))


def networks_by_set(networks: Iterable[AllowedNetwork] | None, wishes: Wishes) -> dict[int, list[AllowedNetwork]]:
    """Return the address file by the set that each group belongs to."""
    owned: dict[int, list[AllowedNetwork]] = {}
    for network in networks or ():
        owned.setdefault(wishes.group_sets.get(network.group, network.group), []).append(network)
    return owned


def core_remarks(file: Path, destinations: Sequence[Destination]) -> list[Remark]:
    """Return what a core has no room for."""
    return [Remark(file, each.line, f"a core has at most {CORE_TARGETS_MAX} targets") for each in in_order(destinations)[CORE_TARGETS_MAX:]]


def head_text(dispatcher: Path, address: Path | None) -> str:
    """Return the comment the file begins with."""
    return comment(f"Made by `hasip import kamailio` from {dispatcher.name}{f' and {address.name}' if address else ''}. What stands in <> is still to be filled in: "
                   "`hasip check` names each.") + "\n"


def core_text(destinations: Sequence[Destination], networks: Sequence[AllowedNetwork], wishes: Wishes) -> str:
    """Return [[core]]."""
    allow = unique([*(str(each.network) for each in networks), *map(str, wishes.core_allow)])
    told = "" if destinations else "Where customers' calls go is not in the tables: add target = [{ address = \"192.0.2.1:5060\" }], or say --core-set. " \
        "Without it calls from customers are refused."
    text = comment(f"The carrier's side. {told}".strip()) + table_text("[[core]]", {
        "name": "core", "allow": allow or ["<the networks that calls of the core come from>"]})
    for destination in in_order(destinations)[:CORE_TARGETS_MAX]:
        text += table_text("[[core.target]]", target_values(destination.target))
    return text


def trunk_text(set_id: int, shape: Shape, networks: Sequence[AllowedNetwork] | None, wishes: Wishes) -> str:
    """Return [[trunk]] with its legs. networks: None without an address file."""
    calls, calls_why = calls_of(shape, wishes)
    allow_why = "No address file: each leg may call from its own address." if networks is None else ""
    text = comment(f"Set {set_id}. {shape.why}", calls_why, allow_why) + table_text("[[trunk]]", {
        "name": f"set-{set_id}", "calls": calls, "numbers": [f"<the numbers that are dialled for set {set_id}>"], "mode": shape.mode.value,
        "add_ons": ["ip_authentication"] if shape.mode is Mode.ONLY_PRIMARY else ["high_availability", "ip_authentication"],
        **({"intra_region": "priority"} if shape.is_in_order else {})})
    allows = networks_of_legs(shape.legs, networks)
    return text + (accounts_text(shape, allows) if shape.mode.is_basic else regions_text(shape, allows))


def accounts_text(shape: Shape, allows: Sequence[Sequence[AllowedNetwork]]) -> str:
    """Return [trunk.primary] and [trunk.secondary]."""
    text = ""
    for name, leg, allow in zip(("primary", "secondary"), shape.legs, allows, strict=False):
        probe = {"probe": True} if leg.is_probed and shape.mode is Mode.AUTO_FAILOVER else {}
        label = leg.attributes.get("duid") or next((each.tag for each in allow if each.tag), "")
        text += table_text(f"[trunk.{name}]", {**({"label": label} if label else {}), "authentication": "ip", "allow": unique(str(each.network) for each in allow),
                                               **target_values(leg.target), **probe})
    return text


def regions_text(shape: Shape, allows: Sequence[Sequence[AllowedNetwork]]) -> str:
    """Return [[trunk.region]] with the zones of each."""
    text, legs, names = "", iter(allows), iter(zone_names(shape.legs))
    for place, region in enumerate(shape.regions, 1):
        text += table_text("[[trunk.region]]", {"name": f"region-{place}"})
        for leg in region:
            text += table_text("[[trunk.region.zone]]", {"name": next(names), **target_values(leg.target), "allow": unique(str(each.network) for each in next(legs))})
    return text


def zone_names(legs: Sequence[Destination]) -> list[str]:
    """Return a name for each zone: its duid if every one has another, else numbers."""
    names = [leg.attributes.get("duid", "")[:NAME_MAX] for leg in legs]
    return names if all(names) and len(set(names)) == len(names) else [f"zone-{place}" for place in range(1, len(legs) + 1)]


def calls_of(shape: Shape, wishes: Wishes) -> tuple[int | str, str]:
    """Return the pool's limit, and where it is from: maxload of the legs that carry calls, what somebody wished, or a place to fill in."""
    loads = [int(load) if load.isascii() and load.isdigit() and len(load) < 10 else 0 for load in (leg.attributes.get("maxload", "") for leg in shape.carrying)]
    if all(loads) and sum(loads) <= CALLS_MAX:
        return sum(loads), f"calls is maxload of {'the first destination' if len(loads) == 1 else 'the destinations that share calls'}; the pool is one for all legs."
    return ("<how many calls at once>", "") if wishes.calls is None else (wishes.calls, "")


def networks_of_legs(legs: Sequence[Destination], networks: Sequence[AllowedNetwork] | None) -> list[list[AllowedNetwork]]:
    """Return each leg's sources: a network goes to the first leg that is in it, else to the first of all."""
    if networks is None:
        return [[AllowedNetwork(leg.line, leg.set_id, network) for network in own_network(leg.target)] for leg in legs]
    allows: list[list[AllowedNetwork]] = [[] for _ in legs]
    for network in networks:
        allows[next((place for place, leg in enumerate(legs) if leg.target.ip is not None and leg.target.ip in network.network), 0)].append(network)
    return allows


def own_network(target: Target) -> tuple[Network, ...]:
    """Return a target's address as a network; a name has none."""
    return () if target.ip is None else (ip_network(target.ip),)


def in_order(destinations: Sequence[Destination]) -> list[Destination]:
    """Return destinations as they are tried."""
    return sorted(destinations, key=lambda destination: (-destination.priority, destination.line))


def target_values(target: Target) -> Table:
    """Return address and transport as the file has them."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return {"address": f"{host}:{target.port}" if target.port else host, "transport": target.transport}


def table_text(head: str, values: Table) -> str:
    """Return one table's text."""
    return f"{head}\n{tomli_w.dumps(values)}\n"


def comment(*sentences: str) -> str:
    """Return sentences as comment lines."""
    lines = [line for sentence in sentences if sentence for line in textwrap.wrap(printable(sentence), COMMENT_WIDTH)]
    return "".join(f"# {line}\n" for line in lines)


def printable(text: str) -> str:
    """Return text that may stand in a comment."""
    return "".join(character if character.isprintable() else "?" for character in text)


def unique(texts: Iterable[str]) -> list[str]:
    """Return texts once each, in order."""
    return list(dict.fromkeys(texts))
