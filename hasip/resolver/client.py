"""The one file that talks to name servers. Whatever they do comes back as an answer."""
import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dns.asyncbackend
import dns.asyncresolver
import dns.name
import dns.nameserver
import dns.resolver

from hasip.resolver.records import Answer, Naptr, Query, Srv

RESOLV_CONF = Path("/etc/resolv.conf")
DNS_PORT = 53
MOST_AT_ONCE = 64


class DnsClient:
    """Asks name servers, those given or those of resolv.conf, which is read again when it changes."""

    def __init__(self, servers: Sequence[str] | None, timeout_s: float, total_timeout_s: float, resolv_conf: Path = RESOLV_CONF) -> None:
        """Errors: ValueError for a server that is no address."""
        self._servers = None if servers is None else [server_of(text) for text in servers]
        self._timeout_s = timeout_s                         # for each attempt at a server
        self._total_timeout_s = total_timeout_s             # for each query
        self._resolv_conf = resolv_conf
        self._version_ns = -1                               # of resolv.conf, as last read
        self._resolver = self._new_resolver(self._servers or [])
        self._backend = dns.asyncbackend.get_backend("asyncio")
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def ask(self, query: Query) -> Answer:
        """Return what DNS says; a name that does not exist has no records, and trouble is told in the answer."""
        async with self._room:
            try:
                found = await self._current_resolver().resolve(
                    dns.name.from_text(query.name), query.type, raise_on_no_answer=False, search=False, backend=self._backend)
                return answer_of(query, found)
            except dns.resolver.NXDOMAIN:
                return Answer()
            except Exception as error:  # noqa: BLE001 - the boundary: strangers choose what dnspython has to read
                return Answer(trouble=f"{query.type} {query.name}: {error or type(error).__name__}")

    def _current_resolver(self) -> dns.asyncresolver.Resolver:
        """Return the resolver for the servers of this moment. Errors: OSError, NoResolverConfiguration."""
        if self._servers is None and (version_ns := self._resolv_conf.stat().st_mtime_ns) != self._version_ns:
            read = dns.asyncresolver.Resolver(str(self._resolv_conf))
            self._resolver, self._version_ns = self._new_resolver(read.nameservers), version_ns
        return self._resolver

    def _new_resolver(self, servers: Sequence[str | dns.nameserver.Nameserver]) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers = servers
        resolver.timeout, resolver.lifetime = self._timeout_s, self._total_timeout_s
        return resolver


def server_of(text: str) -> dns.nameserver.Nameserver:
    """Return a server from "address", "address:port" or "[address]:port". Errors: ValueError."""
    try:
        return dns.nameserver.Do53Nameserver(str(ip_address(text.strip("[]"))), DNS_PORT)
    except ValueError:
        address, _, port = text.rpartition(":")
    try:
        return dns.nameserver.Do53Nameserver(str(ip_address(address.strip("[]"))), int(port))
    except ValueError:
        raise ValueError(f"name server {text!r} must be a numeric address, with or without :port") from None


def answer_of(query: Query, found: dns.resolver.Answer) -> Answer:
    """Return dnspython's answer as ours."""
    if not found.rrset:
        return Answer()
    ttl_s = found.chaining_result.minimum_ttl           # of aliases on the way too
    if query.type == "NAPTR":
        return Answer(naptrs=tuple(map(naptr_of, found.rrset)), ttl_s=ttl_s)
    if query.type == "SRV":
        return Answer(services=tuple(Srv(record.priority, record.weight, record.port, record.target.to_text()) for record in found.rrset), ttl_s=ttl_s)
    return Answer(addresses=tuple(record.address for record in found.rrset), ttl_s=ttl_s)


def naptr_of(record: Any) -> Naptr:
    """Return a NAPTR record as ours."""
    flags, service, regexp = (text.decode("ascii", "replace") for text in (record.flags, record.service, record.regexp))
    return Naptr(record.order, record.preference, flags, service, regexp, record.replacement.to_text())
