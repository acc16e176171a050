"""What the control plane hears of a SocketlessRouter, and short words for how legs stand."""
from hasip._fastpath import NOTICES, account_of_leg
from hasip.bridge.notices import Notice
from tests.packet.node import Node


def judge(node: Node, leg: int, *, withheld: int = 0, drained: bool = False, seat: int = -1, slot: int = 0) -> None:
    """Say how a leg stands."""
    node.router.judge_leg(account_of_leg(slot, leg), withheld_percent=withheld, is_drained=drained, is_silent=withheld == 100, seat=seat)


def notices(node: Node) -> list[Notice]:
    """Take what workers tell."""
    return [Notice(NOTICES[each[0]], *each[1:]) for each in node.router.take_notices()]


def told(node: Node) -> list[tuple[str, int]]:
    """Take what workers tell, as kind and account."""
    return [(notice.kind, notice.account) for notice in notices(node)]
