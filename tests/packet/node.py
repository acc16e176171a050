"""A router without sockets between parties that only exist as addresses. Packets in and out are scapy's."""
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet, Raw

from hasip.bridge.publish import ANY_SEAT, add_core, add_trunk
from hasip.domain.node import Registrar, Transport
from hasip.domain.trunk import Account, Core, Mode, Region, Target, Trunk, Zone
from hasip.registrar.credentials import hash_account
from tests._plane import Snapshot, SocketlessRouter

from . import sip
from .sip import NUMBER, Dialog, Headers, Message, Place

EDGE, EDGE_IPV6 = ("198.51.100.1", 5060), ("2001:db8::1", 5060)
CORE, CORE_IPV6 = ("192.0.2.10", 5070), ("2001:db8:c::10", 5070)
PRIMARY, SECONDARY = ("203.0.113.1", 5060), ("203.0.113.2", 5060)
STRANGER = ("198.18.0.1", 5060)

REALM, PASSWORD = "edge.test", "c0rrect-horse-battery"

LONGEST_MEMORY_MS = 400_000     # timer C, and what may follow it, are over by then

Outcome = tuple[str, str]
HANDOFF: Outcome = ("HANDOFF", "HANDED_OFF")


def account(name: str, place: Place | None, username: str = "", allow: tuple[str, ...] = ()) -> Account:
    """Return an account known by its address, or one that registers: its password is PASSWORD."""
    if place is None:
        return hash_account(Account(name=name, label=name, authentication="digest", username=username or name,      # type: ignore[arg-type]
                                    allow=tuple(ip_network(each) for each in allow), password=PASSWORD), Registrar(realm=REALM))
    return Account(name=name, label=name, authentication="ip", allow=(ip_network(place[0]),), target=Target(*place))   # type: ignore[arg-type]


def trunk(mode: str = "auto_failover", *, name: str = "acme", number: str = NUMBER, calls: int = 4, primary: Place | None = PRIMARY,
          secondary: Place | None = SECONDARY, **settings: Any) -> Trunk:
    return Trunk(name=name, calls=calls, numbers=(number,), core="pstn", mode=Mode(mode), primary=account("primary", primary, f"{name}-1"),
                 secondary=account("secondary", secondary, f"{name}-2"), **settings)


def regions(*places: tuple[Place | Zone, ...]) -> tuple[Region, ...]:
    """Return regions with a zone at each of their places; zones are named a, b, c, d throughout."""
    names = iter("abcd")
    return tuple(Region(f"region{number}", tuple(each if isinstance(each, Zone) else zone(next(names), each) for each in zones))
                 for number, zones in enumerate(places))


def zone(name: str, place: Place, *, interface: str = "", transport: Transport = "udp") -> Zone:
    return Zone(name, Target(*place, transport), (ip_network(place[0]),), interface)


def zoned(mode: str, *places: tuple[Place | Zone, ...], name: str = "acme", number: str = NUMBER, calls: int = 8, **settings: Any) -> Trunk:
    """Return a trunk with regions."""
    return Trunk(name=name, calls=calls, numbers=(number,), core="pstn", mode=Mode(mode), regions=regions(*places), **settings)


def pstn(**settings: Any) -> Core:
    """Return the core, which calls from its addresses."""
    return Core("pstn", (ip_network(CORE[0]), ip_network(CORE_IPV6[0])), **settings)


CORE_SLOT = 63              # on the board, behind the trunks'


class Node:
    """The router, its parties, and the datagrams on the wire that nobody has looked at yet."""

    def __init__(self, *trunks: Trunk, ipv6: bool = False, streams: bool = False, core_targets: tuple[Target, ...] = (), core: Core | None = None,
                 listeners: Sequence[tuple[str, Transport, Place]] = (), seats: Sequence[tuple[str, Transport, Place]] = (), **options: Any) -> None:
        """listeners, instead of the usual ones, and seats, by which zones on an interface are reached: (interface, transport, address)."""
        self.core_described = core or pstn(targets=core_targets)
        self.seats: dict[tuple[str, Transport], int] = {}
        self.listeners = [("udp", *EDGE)] + [("udp", *EDGE_IPV6)] * ipv6 + [("tcp", *EDGE)] * streams
        if listeners:
            self.listeners = [(transport, *place) for _, transport, place in listeners]
        self.router = SocketlessRouter(listeners=[(transport, *place, interface) for interface, transport, place in listeners] or self.listeners, **options)
        self.workers = options.get("workers", 1)
        self.wire: list[Packet] = []
        for interface, transport, place in seats:
            self.seats[interface, transport] = self.router.add_seat(transport, *place, interface)
            self.listeners.append((transport, *place))
        self.core, self.primary, self.secondary, self.stranger = (self.party(place) for place in (CORE, PRIMARY, SECONDARY, STRANGER))
        self.publish(*(trunks or [trunk()]))

    def publish(self, *trunks: Trunk) -> None:
        """Publish a world: one core, these trunks."""
        self.trunks = trunks
        snapshot = Snapshot(cores=1, trunks=len(trunks), numbers=len(trunks), networks=16, users=16)
        add_core(snapshot, self.core_described, CORE_SLOT, seat_of=self.seat_of)
        for slot, each in enumerate(trunks):
            add_trunk(snapshot, each, slot, 0, seat_of=self.seat_of)
        self.router.publish(snapshot)

    def seat_of(self, zone: Zone) -> int | None:
        """Return the listener a zone is reached by; an interface without a seat is none."""
        return self.seats.get((zone.interface, zone.target.transport)) if zone.interface else ANY_SEAT

    def party(self, place: Place, at: Place | None = None) -> "Party":
        """Return who has an address; it sends to the edge's own of its family, or to another one of the edge's."""
        return Party(self, place, at)

    def stream(self, place: Place, flow: int) -> "StreamParty":
        """Return who has a connection with us; its messages are cut apart already."""
        return StreamParty(self, place, flow)

    # ---------------------------------------------------------------------------------------- packets

    def packet(self, source: Place, payload: bytes, at: Place | None = None) -> Packet:
        """Return the packet of a party to the edge."""
        at = at or (EDGE_IPV6 if ":" in source[0] else EDGE)
        over = IPv6(src=source[0], dst=at[0]) if ":" in source[0] else IP(src=source[0], dst=at[0])
        return over / UDP(sport=source[1], dport=at[1]) / Raw(payload)

    def receive(self, packet: Packet, worker: int = 0) -> Outcome:
        """Let a worker receive a packet; return its verdict and reason."""
        network, over = packet.getlayer(0), packet.getlayer(1)
        listener = self.listeners.index(("udp" if UDP in packet else "tcp", network.dst, over.dport))
        flow = 0 if UDP in packet else over.seq
        outcome: Outcome = self.router.receive(worker, str(network.src), over.sport, listener, bytes(packet[Raw].load), flow)
        self.collect()
        return outcome

    def collect(self) -> None:
        """Put on the wire what the workers have sent."""
        for worker in range(self.workers):
            for at_ms, listener, destination, flow, message in self.router.sent(worker):
                transport, address, port = self.listeners[listener]
                over = IPv6(src=address, dst=destination[0]) if ":" in address else IP(src=address, dst=destination[0])
                by = UDP(sport=port, dport=destination[1]) if transport == "udp" else TCP(sport=port, dport=destination[1], seq=flow)
                packet = over / by / Raw(message)
                packet.time = at_ms
                self.wire.append(packet)

    def take_handed_off(self, worker: int) -> Outcome:
        outcome: Outcome = self.router.take_handed_off(worker)
        self.collect()
        return outcome

    def icmp(self, message: Message, worker: int = 0) -> None:
        """A datagram of ours comes back: destination unreachable."""
        self.router.icmp(worker, message.raw)
        self.collect()

    def refuse_by_kernel(self, message: Message, worker: int = 0) -> None:
        """The kernel knows no way for a datagram of ours."""
        self.router.refuse_by_kernel(worker, message.raw)
        self.collect()

    def break_flow(self, message: Message, worker: int = 0) -> None:
        """A message of ours found its connection gone: the control plane gives it back."""
        assert self.router.give_back(message.raw)
        self.take_handed_off(worker)

    def advance(self, ms: int) -> None:
        """Pass the time."""
        self.router.advance(ms)
        self.collect()

    # ---------------------------------------------------------------------------------------- what it says

    @property
    def now_ms(self) -> int:
        now: int = self.router.now_ms()
        return now

    def pool(self, slot: int = 0) -> int:
        """Return how many slots of a trunk's pool are taken."""
        calls: int = self.router.trunk(slot)["calls"]
        return calls

    def count(self, reason: str) -> int:
        """Return how often something ended for a reason."""
        number: int = self.router.reasons()[reason.lower()]
        return number

    @property
    def transactions(self) -> int:
        """How many server and client transactions there are."""
        return sum(sum(self.router.records(worker)[:2]) for worker in range(self.workers))

    # ---------------------------------------------------------------------------------------- the way to a call

    def offer(self, leg: "Party | None" = None, **fields: Any) -> tuple[Message, Message]:
        """Offer a call from the core; return the INVITE as the caller sent it, and as the leg (the primary) got it."""
        offered = Message(self.core.invite(**fields), CORE)
        assert self.core.sends(offered.raw) == ("FORWARD", "NONE")
        self.core.gets(100)
        return offered, (leg or self.primary).gets("INVITE")

    def call(self, leg: "Party | None" = None, *, headers: Headers = (), answer_headers: Headers = (), contact: str = "", **fields: Any) -> "Call":
        """Set up a call from the core to a leg, up to the relayed 2xx."""
        callee = leg or self.primary
        offered, arrived = self.offer(callee, headers=headers, **fields)
        assert callee.answers(arrived, 200, headers=answer_headers, contact=contact) == ("RELAY", "RELAYED_SUCCESS")
        return Call(self, callee, offered, arrived, self.core.gets(200))

    def established(self, leg: "Party | None" = None, **fields: Any) -> "Call":
        """Set up a call and acknowledge it."""
        call = self.call(leg, **fields)
        call.acknowledge()
        return call

    # ---------------------------------------------------------------------------------------- the end

    def finish(self) -> None:
        """Nothing on the wire is unexplained; once all memory is over, no record is left but those of calls in progress."""
        assert [str(message_of(packet)) for packet in self.wire] == []
        self.advance(LONGEST_MEMORY_MS)
        holding = sum(call["holds_slot"] for call in self.router.calls())
        for worker in range(self.workers):
            servers, clients, _, blocks, _ = self.router.records(worker)
            assert (servers, clients, blocks) == (0, 0, 0), f"worker {worker} forgets nothing: servers, clients, blocks"
        assert sum(self.router.records(worker)[2] for worker in range(self.workers)) == holding
        assert self.router.calls_in_progress() == holding
        assert all(self.pool(slot) == sum(leg["calls"] for leg in self.router.trunk(slot)["legs"]) for slot in range(len(self.trunks)))
        to_core = sum(call["holds_slot"] and call["direction"] == "to core" for call in self.router.calls())
        assert sum(leg["calls"] for leg in self.router.trunk(CORE_SLOT)["legs"]) == to_core


class Party:
    """One address that sends to the edge and gets from it."""

    def __init__(self, node: Node, place: Place, at: Place | None = None) -> None:
        self.node = node
        self.place = place
        self.at = at

    def sends(self, payload: bytes, worker: int = 0) -> Outcome:
        return self.node.receive(self.node.packet(self.place, payload, self.at), worker)

    def is_for_us(self, packet: Packet) -> bool:
        return UDP in packet and (packet.getlayer(0).dst, packet[UDP].dport) == self.place

    def received(self) -> list[Message]:
        """Take what is on the wire for this party."""
        mine = [packet for packet in self.node.wire if self.is_for_us(packet)]
        self.node.wire = [packet for packet in self.node.wire if not any(packet is each for each in mine)]
        return [message_of(packet) for packet in mine]

    def gets(self, *wanted: str | int) -> Message:
        """Exactly these messages are on the wire for this party, by method or status code; return the last."""
        arrived = self.received()
        assert [message.status or message.method for message in arrived] == list(wanted)
        return arrived[-1]

    def gets_nothing(self) -> None:
        assert self.received() == []

    def invite(self, number: str = NUMBER, *, headers: Headers = (), body: bytes = sip.SDP, **fields: Any) -> bytes:
        typed = [("Content-Type", "application/sdp")] if body else []
        return self.request("INVITE", number, headers=[*typed, *headers], body=body, **fields)

    def request(self, method: str, number: str = NUMBER, *, uri: str = "", **fields: Any) -> bytes:
        return sip.request(method, uri or f"sip:{number}@{sip.place_text(EDGE)}", self.place, **fields)

    def answers(self, request: Message, status: int, worker: int = 0, **fields: Any) -> Outcome:
        return self.sends(sip.response(request, status, self.place, **fields), worker)

    def cancels(self, invite: Message, worker: int = 0) -> Outcome:
        return self.sends(sip.hop_request("CANCEL", invite), worker)

    def acknowledges(self, invite: Message, final: Message, worker: int = 0) -> Outcome:
        """Send the ACK of a final response ≥ 300."""
        return self.sends(sip.hop_request("ACK", invite, final.header("To")), worker)


class StreamParty(Party):
    """One end of a connection. The flow's number stands where TCP has its sequence number."""

    def __init__(self, node: Node, place: Place, flow: int) -> None:
        super().__init__(node, place)
        self.flow = flow

    def is_for_us(self, packet: Packet) -> bool:
        return TCP in packet and packet[TCP].seq == self.flow and (packet.getlayer(0).dst, packet[TCP].dport) == self.place

    def sends(self, payload: bytes, worker: int = 0) -> Outcome:
        packet = IP(src=self.place[0], dst=EDGE[0]) / TCP(sport=self.place[1], dport=EDGE[1], seq=self.flow) / Raw(payload)
        return self.node.receive(packet, worker)

    def request(self, method: str, number: str = NUMBER, **fields: Any) -> bytes:
        return super().request(method, number, **{"via": sip.via_of(self.place, transport="TCP"), **fields})


class Call:
    """A call that was answered, seen from both ends."""

    def __init__(self, node: Node, leg: Party, offered: Message, arrived: Message, answer: Message) -> None:
        self.node, self.core, self.leg = node, node.core, leg
        self.offered = offered              # the INVITE as the caller sent it…
        self.arrived = arrived              # …and as the leg got it
        self.answer = answer                # the 2xx as the caller got it
        self.caller: Dialog = sip.caller_dialog(offered, answer)
        self.callee: Dialog = sip.callee_dialog(arrived, answer)

    def acknowledge(self) -> Message:
        """Let the caller acknowledge the 2xx; return the ACK as the leg got it."""
        ack = sip.in_dialog("ACK", self.caller, self.core.place, cseq=self.offered.cseq)
        assert self.core.sends(ack) == ("FORWARD", "FORWARDED_ACK")
        return self.leg.gets("ACK")

    def from_caller(self, method: str, **fields: Any) -> bytes:
        return sip.in_dialog(method, self.caller, self.core.place, **fields)

    def from_callee(self, method: str, **fields: Any) -> bytes:
        return sip.in_dialog(method, self.callee, self.leg.place, **fields)

    def hang_up(self) -> None:
        """Let the caller end the call, all the way."""
        assert self.core.sends(self.from_caller("BYE")) == ("FORWARD", "FORWARDED_IN_DIALOG")
        self.leg.answers(self.leg.gets("BYE"), 200)
        self.core.gets(200)


def message_of(packet: Packet) -> Message:
    """Return the message in a packet of ours; `at` is in milliseconds."""
    network = packet.getlayer(0)
    return Message(bytes(packet[Raw].load), (network.src, packet.getlayer(1).sport), packet.time)
