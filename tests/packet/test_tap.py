"""The tap: which messages are copied, whose they are said to be, and that nothing is when nobody looks."""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, EDGE, PRIMARY, SECONDARY, Node, trunk
from tests.packet.sip import NUMBER

OTHER_NUMBER = "+6567654321"
ACME, GLOBEX = 0, 1


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(trunk(), trunk(name="globex", number=OTHER_NUMBER))


def want(node: Node, **wanted: object) -> None:
    node.router.tap(**{"everything": False, "slots": (), "numbers": (), "call_ids": (), **wanted})


def copied(node: Node) -> list[tuple[str, int]]:
    """Return the first word of each copy, and its trunk's slot."""
    return [(each[8].split(b" ", 1)[0].decode(), each[7]) for each in node.router.take_tapped()]


def call(node: Node, number: str = NUMBER) -> None:
    """Place a call that the primary refuses and the secondary declines."""
    sent, arrived = node.offer(node.primary, number=number)
    node.primary.answers(arrived, 503)
    node.primary.gets("ACK")
    node.secondary.answers(node.secondary.gets("INVITE"), 603)
    node.secondary.gets("ACK")
    [final] = node.core.received()
    node.core.acknowledges(sent, final)


def test_nothing_is_copied_when_nobody_looks(node: Node) -> None:
    call(node)
    assert copied(node) == []


def test_a_trunks_messages_are_copied_and_no_others(node: Node) -> None:
    want(node, slots={ACME})
    call(node, OTHER_NUMBER)
    assert copied(node) == []
    call(node)
    assert copied(node) == [("INVITE", ACME), ("SIP/2.0", ACME), ("SIP/2.0", ACME), ("ACK", ACME)]


def test_a_number_is_found_with_a_plus_and_without(node: Node) -> None:
    want(node, numbers=[OTHER_NUMBER.removeprefix("+")])
    call(node)
    assert copied(node) == []
    call(node, OTHER_NUMBER)
    assert copied(node)[0] == ("INVITE", GLOBEX)


def test_everything_is_copied_with_where_it_came_from(node: Node) -> None:
    want(node, everything=True)
    call(node)
    taken = node.router.take_tapped()
    assert [each[1:7] for each in taken] == [
        (False, "udp", EDGE[0], EDGE[1], *CORE), (False, "udp", EDGE[0], EDGE[1], *PRIMARY), (False, "udp", EDGE[0], EDGE[1], *SECONDARY),
        (False, "udp", EDGE[0], EDGE[1], *CORE)]
    assert all(each[7] == -1 for each in taken)


def test_a_call_by_its_id_is_copied_with_its_trunk(node: Node) -> None:
    want(node, everything=True)
    call(node)
    call_id = next(line for line in node.router.take_tapped()[0][8].decode().split("\r\n") if line.startswith("Call-ID:")).split(":", 1)[1].strip()
    want(node, call_ids=[call_id])
    node.offer(call_id=call_id)
    node.offer()
    assert copied(node) == [("INVITE", ACME)]


def test_what_nobody_wants_any_more_is_not_copied(node: Node) -> None:
    want(node, slots={ACME, GLOBEX})
    want(node)
    call(node)
    assert copied(node) == []


def test_more_numbers_than_there_is_room_for_are_refused(node: Node) -> None:
    with pytest.raises(ValueError, match="8 can be wanted"):
        want(node, numbers=[str(number) for number in range(9)])


def test_a_full_ring_drops_and_counts_and_calls_go_on(node: Node) -> None:
    want(node, everything=True)
    for _ in range(150):                                                        # of 60 kB each
        node.core.sends(node.core.request("OPTIONS", uri=f"sip:{EDGE[0]}", body=b"x" * 60_000))
        node.core.received()
    assert node.count("dropped_tapped") > 0
    call(node)


def test_a_call_id_that_is_no_utf8_is_found_by_the_octets_a_shell_passes_on(node: Node) -> None:
    want(node, call_ids=["caf\udce9@cases"])
    node.stranger.sends(node.stranger.invite(call_id="caf\udce9@cases"))
    node.stranger.gets(403)
    assert copied(node) == [("INVITE", -1)]
