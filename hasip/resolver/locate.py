"""From a target to the places it can be reached at, without I/O: a generator yields what to ask next and is sent the answers.

Source: RFC 3263 §4. Our targets name their transport, so of a domain's NAPTR records those of that transport count.
A query that failed proves nothing: it never leads on to the next kind of record, or a domain's web server would get its calls.
Answers come from strangers: how many hosts and places they can make us ask for and try is bounded.
"""
import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from random import Random
from typing import Literal

from hasip.domain.node import Transport
from hasip.domain.trunk import Target
from hasip.resolver.place import Place
from hasip.resolver.records import Answer, DnsTrouble, Naptr, Query, RecordType, Srv
from hasip.resolver.weighted_order import weighted_order

Family = Literal["ipv4", "ipv6"]

ADDRESS_TYPES: dict[Family, RecordType] = {"ipv4": "A", "ipv6": "AAAA"}

MOST_RULES = 4
MOST_HOSTS = 16
MOST_PLACES = 32


@dataclass(frozen=True, slots=True)
class Service:
    """What a transport is called in DNS, and its port where DNS names none."""

    naptr: str
    srv: str
    port: int


SERVICES: dict[Transport, Service] = {
    "udp": Service("SIP+D2U", "_sip._udp", 5060),
    "tcp": Service("SIP+D2T", "_sip._tcp", 5060),
    "tls": Service("SIPS+D2T", "_sips._tcp", 5061),
}


@dataclass(frozen=True, slots=True)
class Host:
    """A name that has addresses, and the port there."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Located:
    """Where a target is, in the order to try; no place is an answer too."""

    places: tuple[Place, ...]
    ttl_s: float


Steps = Generator[tuple[Query, ...], Sequence[Answer], Located]


def locate(target: Target, families: Sequence[Family], chance: Random) -> Steps:
    """Yield the queries of each step, be sent their answers, and return where the target is. Errors: DnsTrouble."""
    service = SERVICES[target.transport]
    if target.ip is not None:
        return Located((Place(str(target.ip), target.port or service.port),), math.inf)
    if target.port:
        return (yield from locate_hosts([Host(target.host, target.port)], families))
    naptr, = yield (Query(target.host, "NAPTR"),)
    refuse_trouble([naptr])
    names = replacements(naptr.naptrs, service) or [f"{service.srv}.{target.host}"]
    answers = yield tuple(Query(name, "SRV") for name in names)
    refuse_trouble(answers)
    ttl_s = min(answer.ttl_s for answer in (naptr, *answers))
    if any(answer.services for answer in answers):
        hosts = hosts_of((answer.services for answer in answers), chance)
    else:
        hosts = [Host(target.host, service.port)]
    return (yield from locate_hosts(hosts, families, ttl_s))


def locate_hosts(hosts: Sequence[Host], families: Sequence[Family], ttl_s: float = math.inf) -> Steps:
    """Ask for all addresses, and return them host by host. Errors: DnsTrouble, when there is none and a query failed."""
    queries = [(host, Query(host.name, ADDRESS_TYPES[family])) for host in hosts for family in families]
    if not queries:
        return Located((), ttl_s)
    answers = yield tuple(query for _, query in queries)
    places = [Place(address, host.port) for (host, _), answer in zip(queries, answers, strict=True) for address in usable(answer.addresses)]
    if not places:
        refuse_trouble(answers)
    return Located(tuple(dict.fromkeys(places))[:MOST_PLACES], min([ttl_s, *(answer.ttl_s for answer in answers)]))


def replacements(naptrs: Iterable[Naptr], service: Service) -> list[str]:
    """Return the SRV names of the rules for a service: those of the lowest order, by preference (RFC 3403 §4.1)."""
    ours = [naptr for naptr in naptrs if naptr.service.upper() == service.naptr and naptr.flags.lower() == "s" and not naptr.regexp]
    first_order = min((naptr.order for naptr in ours), default=0)
    rules = sorted((naptr for naptr in ours if naptr.order == first_order), key=lambda naptr: naptr.preference)
    return list(dict.fromkeys(naptr.replacement for naptr in rules))[:MOST_RULES]


def hosts_of(record_sets: Iterable[Iterable[Srv]], chance: Random) -> list[Host]:
    """Return the hosts of a service in the order to try; none when it is decidedly not there (target ".", RFC 2782)."""
    services = [service for records in record_sets for service in weighted_order(records, chance)]
    hosts = [Host(service.target, service.port) for service in services if service.target != "." and service.port]
    return list(dict.fromkeys(hosts))[:MOST_HOSTS]


def usable(addresses: Iterable[str]) -> list[str]:
    """Return addresses a call can be sent to, each in its one spelling."""
    return [str(ip) for ip in map(ip_address, addresses) if not ip.is_unspecified and not ip.is_multicast]


def refuse_trouble(answers: Iterable[Answer]) -> None:
    """Stop at the first query that failed. Errors: DnsTrouble."""
    for answer in answers:
        if answer.trouble:
            raise DnsTrouble(answer.trouble)
