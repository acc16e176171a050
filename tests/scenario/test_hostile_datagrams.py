"""A hundred thousand datagrams that nobody should send: the node goes on taking calls."""
import random

import pytest

from .agent import Agent, caller_dialog
from .conftest import Node
from .edge import Edge, Trunk

DATAGRAMS = 100_000
SEED = 3261
AT_ONCE = 50                    # between two looks at the answers


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(Trunk("target", calls=1_000_000), workers=2, node_settings={"call_capacity": 4096, "transaction_capacity": 8192})


def samples(edge: Edge, caller: Agent) -> list[bytes]:
    """Return what mutations start from: requests of every kind, and responses with Vias of ours and of others."""
    number = edge["target"].number
    uri = caller.uri(number)
    invite = caller.build("INVITE", uri, headers=[("Route", f"<sip:{edge.address[0]}:{edge.address[1]};lr>")], body=b"v=0\r\n\0\xff")
    requests = [invite, *(caller.build(method, uri) for method in ("ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "MESSAGE", "UPDATE", "NONSENSE"))]
    via = f"SIP/2.0/UDP {edge.address[0]}:{edge.address[1]};branch=z9hG4bK{'0' * 30}"
    _, _, rest = caller.build("INVITE", uri).partition(b"\r\n")
    responses = [f"SIP/2.0 {status} X\r\nVia: {via}\r\n".encode() + rest for status in (100, 180, 200, 404, 503, 699)]
    return [*requests, *responses]


def mutated(sample: bytes, source: random.Random) -> bytes:
    """Return a sample with a few octets changed, pieces cut out, doubled or moved; now and then pure noise."""
    message = bytearray(sample)
    kind = source.randrange(8)
    if kind == 0:
        return source.randbytes(source.randrange(0, 1500))
    for _ in range(source.randrange(1, 8)):
        at, end = sorted(source.randrange(len(message) + 1) for _ in range(2))
        match source.randrange(6):
            case 0:
                message[at:at + 1] = bytes([source.choice(b'\0\r\n :;,<>@"\\=%[]\xff/09-')])
            case 1:
                del message[at:min(end, at + 40)]
            case 2:
                message[at:at] = message[at:end]
            case 3:
                message[at:at] = source.choice([b"\r\n", b"\r\n ", b'"', b"<", b">", b";tag=", b"branch=z9hG4bK", b"9" * 30, b"sip:", b"\r\nVia: "])
            case 4:
                del message[end:]
            case 5:
                message[at:at] = b"A" * source.randrange(1, 3000)
        if not message:
            break
    return bytes(message[:60_000])


def test_hundred_thousand_mutated_datagrams_and_then_a_call(edge: Edge) -> None:
    source = random.Random(SEED)
    senders = [edge.caller() for _ in range(4)]
    primary, secondary = edge.leg("target", 0), edge.leg("target", 1)
    starts = samples(edge, senders[0])
    for sent in range(DATAGRAMS):
        senders[sent % len(senders)].socket.sendto(mutated(source.choice(starts), source), edge.address)
        if sent % AT_ONCE == 0:
            for agent in (*senders, primary, secondary):
                discard(agent)
    edge.settle()
    for agent in (*senders, primary, secondary):
        discard(agent)
        agent.close()
    take_a_call(edge)


def discard(agent: Agent) -> None:
    """Read and forget what has arrived, whatever it is."""
    while True:
        try:
            agent.socket.recv(65536)
        except (BlockingIOError, ConnectionRefusedError):
            return


def take_a_call(edge: Edge) -> None:
    """Place one call by the book."""
    edge.agents.clear()
    caller, far_end = edge.caller(), edge.leg("target", 0)
    invite = caller.invite(edge["target"].number)
    far_end.respond(far_end.wait(lambda message: message.method == "INVITE" and message.call_id == invite.call_id), 200)
    ok = caller.wait(200, call_id=invite.call_id)
    caller.ack(invite, ok)
    far_end.wait("ACK", call_id=invite.call_id)
    caller.send_in_dialog("BYE", caller_dialog(invite, ok, edge.address))
    far_end.respond(far_end.wait("BYE", call_id=invite.call_id), 200)
    caller.wait(200, call_id=invite.call_id)
