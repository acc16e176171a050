"""A name server of our own on the loopback network: UDP and TCP, records that change, and every way to be of no help."""
import asyncio
import contextlib
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

PORT_TRIES = 20


class DnsServer(asyncio.DatagramProtocol):
    """Answers from a table; a name without any record does not exist."""

    def __init__(self, address: str = "127.0.0.53") -> None:
        self.address = address
        self.port = 0
        self.rcode: dns.rcode.Rcode | None = None       # answer all with this
        self.is_silent = False
        self.is_truncating = False                      # over UDP
        self.failing: set[tuple[str, str]] = set()      # (name, type) answered with SERVFAIL
        self.queries: list[tuple[str, str, str]] = []   # protocol, type, name
        self._records: dict[tuple[str, str], list[dns.rrset.RRset]] = {}

    def put(self, name: str, record_type: str, *texts: str, ttl: int = 300) -> None:
        """Answer a query with these records from now on, and with no others."""
        # One set for each record: dnspython shuffles a set when it writes it.
        self._records[name, record_type] = [dns.rrset.from_text(f"{name}.", ttl, "IN", record_type, text) for text in texts]

    def put_alias(self, name: str, record_type: str, canonical: str, *texts: str, alias_ttl: int, ttl: int = 300) -> None:
        """Answer a query with an alias and the records of its canonical name."""
        self.put(name, record_type)
        self._records[name, record_type] = [
            dns.rrset.from_text(f"{name}.", alias_ttl, "IN", "CNAME", f"{canonical}."),
            dns.rrset.from_text(f"{canonical}.", ttl, "IN", record_type, *texts)]

    def drop(self, name: str) -> None:
        """Forget a name: it does not exist any more."""
        self._records = {key: records for key, records in self._records.items() if key[0] != name}

    @property
    def text(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    async def __aenter__(self) -> Self:
        for _ in range(PORT_TRIES):
            self._server = await asyncio.start_server(self._serve, self.address, 0)
            self.port = self._server.sockets[0].getsockname()[1]
            with contextlib.suppress(OSError):
                self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, (self.address, self.port))
                return self
            self._server.close()
        raise OSError("no port is free for both UDP and TCP")

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Close both ports."""
        self._transport.close()
        self._server.close()
        await self._server.wait_closed()

    def datagram_received(self, datagram: bytes, source: tuple[str, int]) -> None:
        if answer := self._answer(datagram, "udp"):
            self._transport.sendto(answer, source)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one query, and end."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            length = int.from_bytes(await reader.readexactly(2), "big")
            if answer := self._answer(await reader.readexactly(length), "tcp"):
                writer.write(len(answer).to_bytes(2, "big") + answer)
        writer.close()

    def _answer(self, wire: bytes, protocol: str) -> bytes:
        """Return an answer in wire form; empty for none."""
        query = dns.message.from_wire(wire)
        name, record_type = query.question[0].name.to_text(omit_final_dot=True), dns.rdatatype.to_text(query.question[0].rdtype)
        self.queries.append((protocol, record_type, name))
        if self.is_silent:
            return b""
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if self.rcode is not None:
            response.set_rcode(self.rcode)
        elif (name, record_type) in self.failing:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif self.is_truncating and protocol == "udp":
            response.flags |= dns.flags.TC
        elif not any(known == name for known, _ in self._records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        else:
            response.answer.extend(self._records.get((name, record_type), []))
        return response.to_wire()
