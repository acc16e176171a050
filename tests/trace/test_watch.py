"""Which messages a trace wants, who is at an address, and what is left out when nobody takes it."""
import asyncio
from ipaddress import ip_network

import pytest

from hasip.domain.trunk import Account, Core, Mode, Region, Target, Trunk, Zone
from hasip.trace import Step, Watch, Wish, party_of, step_fields
from hasip.trace.watch import WAITING_MAX

NUMBER = "+6561234567"
ACME = Trunk("acme", 5, (NUMBER,), "pstn", Mode.AUTO_FAILOVER,
             primary=Account("primary", "a", "ip", (ip_network("203.0.113.0/28"),), Target("203.0.113.1", 5060)), secondary=Account("secondary", "b", "digest"))
GLOBEX = Trunk("globex", 5, ("+1",), "pstn", Mode.TWO_ZONES, regions=(Region("sg", (Zone("sg-a", Target("a.example", 5060)),)),))
PSTN = Core("pstn", (ip_network("192.0.2.0/24"),), (Target("198.51.100.9", 5060),))


def step(call_id: str = "c1", text: str = "") -> Step:
    return Step(1_700_000_000_500_000, True, "udp", "198.51.100.1:5060", "203.0.113.1:5060", "acme primary", call_id, "INVITE", 0, "", 1, f"sip:{NUMBER}@a", text)


def test_a_trace_is_of_one_thing() -> None:
    with pytest.raises(ValueError, match="name one of them"):
        Wish(trunk="acme", number=NUMBER)
    assert Wish().is_everything and not Wish(call_id="c1").is_everything


@pytest.mark.parametrize(("wish", "wanted"), [
    (Wish(), [True, True]), (Wish(trunk="acme"), [True, False]), (Wish(trunk="globex"), [False, True]), (Wish(call_id="c2"), [False, True]),
    (Wish(call_id="c\udcff"), [False, False]), (Wish(number="6561234567"), [True, False]), (Wish(number="656123456"), [False, False]),
])
def test_a_trace_wants_what_it_is_of(wish: Wish, wanted: list[bool]) -> None:
    watch = Watch(wish)
    assert [watch.wants("c1", "acme", [NUMBER]), watch.wants("c2", "globex", ["+1"])] == wanted


def test_a_call_id_that_is_no_utf8_is_wanted_by_its_octets() -> None:
    assert Watch(Wish(call_id="c\udcff")).wants(b"c\xff".decode(errors="replace"), "", [])


def test_a_call_that_was_found_by_its_number_is_wanted_on() -> None:
    watch = Watch(Wish(number=NUMBER))
    assert watch.wants("c1", "", [NUMBER]) and watch.wants("c1", "", []) and not watch.wants("c2", "", [])


def test_steps_come_in_order_and_what_nobody_takes_is_counted() -> None:
    async def run() -> tuple[list[str], int]:
        watch = Watch(Wish())
        for number in range(WAITING_MAX + 5):
            watch.put(step(f"c{number}"))
        return [each.call_id async for each in watch.steps(0.01)], watch.left_out

    taken, left_out = asyncio.run(run())
    assert (taken[0], taken[-1], len(taken), left_out) == ("c0", f"c{WAITING_MAX - 1}", WAITING_MAX, 5)


def locate(target: Target) -> list[Target]:
    return [Target("203.0.113.77", 5060)] if target.host == "a.example" else [target]


@pytest.mark.parametrize(("address", "port", "trunk", "party"), [
    ("203.0.113.1", 5060, ACME, "acme primary"), ("203.0.113.1", 5099, ACME, "acme primary"), ("203.0.113.2", 5060, ACME, "acme primary"),
    ("198.18.0.5", 5062, ACME, "acme secondary"), ("192.0.2.7", 5070, ACME, "core pstn"), ("198.51.100.9", 5060, None, "core pstn"),
    ("203.0.113.77", 5060, GLOBEX, "globex sg-a"), ("198.18.0.9", 5060, ACME, ""), ("203.0.113.1", 5060, None, ""),
])
def test_who_is_at_an_address(address: str, port: int, trunk: Trunk | None, party: str) -> None:
    assert party_of(address, port, trunk, [PSTN], [[], ["198.18.0.5:5062"]], locate) == party


def test_a_step_is_told_without_whole_numbers_unless_all_is_wanted() -> None:
    text = f"INVITE sip:{NUMBER}@a SIP/2.0\r\nTo: <sip:{NUMBER}@a>\r\n\r\n"
    told, full = step_fields(step(text=text), False), step_fields(step(text=text), True)
    assert NUMBER not in str(told) and full["message"] == text and full["at"] == 1_700_000_000.5
