"""Trunks and cores with regions, and calls to them."""
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.scenario.agent import Agent, Dialog, caller_dialog, is_final_of_invite
from tests.scenario.edge import SIP_PORT, Trunk, table_lines
from tests.scenario.message import Message, host_of, uri_of

from .lab import FarEnd

# Judged so fast that tests need not wait; back at once, with the full share
SWIFT = {"interval_s": 0.2, "suspect_interval_s": 0.1, "down_interval_s": 0.1, "timeout_ms": 300, "ramp_s": 0, "hold_s": 0, "hold_max_s": 0}

Regions = Sequence[Sequence[FarEnd]]
MODES: dict[str, Callable[[Sequence[FarEnd]], Regions]] = {         # of four far ends, those that a mode takes
    "2t": lambda ends: [ends[:2]], "4t": lambda ends: [ends[:1], ends[2:3]], "2t4t": lambda ends: [ends[:2], ends[2:4]]}


@dataclass(slots=True)
class ZoneTrunk(Trunk):
    """A trunk whose legs are zones, each named as its far end is; `zone_settings` are of zones by name, or of all by ""."""

    mode: str = "2t"
    secondary: str = ""
    regions: Regions = ()
    zone_settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def toml(self) -> str:
        lines = table_lines("[[trunk]]", {"name": self.name, "mode": self.mode, "calls": self.calls, "numbers": [self.number],
                                          "add_ons": ["high_availability"], **self.settings})
        return "\n".join([*lines, *region_lines("trunk", self.regions, self.zone_settings)]) + "\n"


@dataclass(slots=True)
class ZoneCore:
    """A core whose targets are zones. A customer's trunk names it by its setting `core`."""

    name: str
    mode: str
    regions: Regions
    settings: dict[str, Any] = field(default_factory=dict)
    zone_settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def toml(self) -> str:
        lines = table_lines("[[core]]", {"name": self.name, "allow": [], "mode": self.mode, **self.settings})
        return "\n".join([*lines, *region_lines("core", self.regions, self.zone_settings)]) + "\n"


def region_lines(table: str, regions: Regions, zone_settings: dict[str, dict[str, Any]]) -> list[str]:
    """Return the TOML of regions, with their zones in order."""
    lines = []
    for number, region in enumerate(regions, 1):
        lines += table_lines(f"[[{table}.region]]", {"name": f"region{number}"})
        for end in region:
            zone = {"name": end.interface, "address": f"{end.address}:{SIP_PORT}", "interface": end.interface,
                    **zone_settings.get("", {}), **zone_settings.get(end.interface, {})}
            lines.append(f"[[{table}.region.zone]]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in zone.items() if value is not None]
    return lines


@dataclass(slots=True)
class Call:
    """A call that was answered."""

    caller: Agent
    invite: Message
    answer: Message
    dialog: Dialog

    @property
    def far_address(self) -> str:
        """Who answered."""
        return host_of(uri_of(self.answer.header("Contact")))

    def ask(self, method: str) -> Message:
        """Send a request in the call, and return its final response."""
        sent = self.caller.send_in_dialog(method, self.dialog)
        return self.caller.wait(lambda each: each.status >= 200 and each.cseq == sent.cseq and each.method == method, call_id=self.invite.call_id)

    def end(self) -> None:
        assert self.ask("BYE").status == 200


def dial(caller: Agent, number: str) -> tuple[Message, Message]:
    """Call a number, and acknowledge. Return the INVITE and its final response."""
    invite = caller.invite(number)
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    caller.ack(invite, final)
    return invite, final


def place_call(caller: Agent, number: str) -> Call:
    """Call a number that answers."""
    invite, final = dial(caller, number)
    assert final.status == 200, f"{final} {final.header('Warning')}"
    return Call(caller, invite, final, caller_dialog(invite, final, caller.edge))


def who_answers(caller: Agent, number: str, calls: int) -> list[str]:
    """Place calls one after the other; return the addresses of those who answered."""
    addresses = []
    for _ in range(calls):
        call = place_call(caller, number)
        call.end()
        addresses.append(call.far_address)
    return addresses


def shares(caller: Agent, number: str, calls: int) -> Counter[str]:
    """Return how many of so many calls each address answered."""
    return Counter(who_answers(caller, number, calls))
