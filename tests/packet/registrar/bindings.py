"""What devices register, how the registrar lists it, and where calls go then."""
from tests.packet.node import Node
from tests.packet.sip import Message, place_text

DESK, SOFT = "<sip:desk@203.0.113.50:5060>", "<sip:soft@203.0.113.50:5070>"
BINDINGS_MAX = 8
DEFAULT_S, MIN_S, MAX_S = 3600, 60, 7200


def listed(contact: str, expires: int = DEFAULT_S, **parameters: str) -> str:
    return f"{contact};expires={expires}" + "".join(f";{name}={value}" for name, value in parameters.items())


def called(node: Node) -> str:
    """Let the core call; return the Request-URI and the place that is called, or "" when nobody is registered."""
    invite = Message(node.core.invite())
    node.core.sends(invite.raw)
    arrived = [packet for packet in node.wire if packet.getlayer(0).dst != node.core.place[0]]
    node.wire = []
    if not arrived:
        return ""
    request = Message(bytes(arrived[0].load))
    party = node.party((arrived[0].getlayer(0).dst, arrived[0].getlayer(1).dport))
    party.answers(request, 486)
    node.core.acknowledges(invite, node.core.gets(486))
    node.wire = []
    return f"{request.request_uri} at {place_text(party.place)}"
