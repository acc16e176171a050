"""The ladder: columns by party, arrows by message, calls apart."""
import io
from typing import Any

import pytest
from rich.console import Console

from hasip.cli.ladder import COLUMN, Ladder
from hasip.cli.trace import show

CORE, PRIMARY, SECONDARY = ("192.0.2.1:5070", "core pstn"), ("203.0.113.1:5060", "acme primary"), ("203.0.113.2:5060", "acme secondary")


def step(party: tuple[str, str], is_sent: bool, method: str, status: int = 0, phrase: str = "", *, at: float = 0, call_id: str = "c1", cseq: int = 1) -> dict[str, Any]:
    return {"at": 1_700_000_000 + at, "is_sent": is_sent, "transport": "udp", "address": "198.51.100.1:5060", "far_address": party[0], "party": party[1],
            "call_id": call_id, "method": method, "status": status, "reason_phrase": phrase, "cseq": cseq, "request_uri": "sip:+***567@x", "message": ""}


def drawn(*steps: dict[str, Any]) -> list[str]:
    ladder = Ladder()
    return [line.plain for each in steps for line in ladder.lines(each)]


def test_a_call_that_fails_over() -> None:
    lines = drawn(step(CORE, False, "INVITE"), step(CORE, True, "INVITE", 100, "Trying"), step(PRIMARY, True, "INVITE", at=0.001),
                  step(PRIMARY, False, "INVITE", 503, "Service Unavailable", at=0.012), step(SECONDARY, True, "INVITE", at=0.0123),
                  step(CORE, True, "INVITE", 200, "OK", at=1.5))
    assert lines[1] == "call 1   sip:+***567@x   Call-ID c1"
    arrows = [line for line in lines if "─" in line]
    assert [line.split()[0] for line in arrows] == ["0.000", "0.000", "0.001", "0.012", "0.012", "1.500"]
    assert "INVITE" in arrows[0] and arrows[0].rstrip().endswith("▶│") and "◀" in arrows[1] and "100 Trying" in arrows[1]
    assert arrows[3].count("│") == 3 and "◀" in arrows[3] and "503 Service Unavailable" in arrows[3]
    assert len(arrows[4]) == len(arrows[3]) + COLUMN and arrows[4].endswith("▶│")
    heads = [line for line in lines if "hasip" in line]
    assert [head.split("  ")[-1].strip() for head in heads] == ["hasip", "acme primary", "acme secondary"]


def test_columns_stand_below_each_other() -> None:
    lines = [line for line in drawn(step(CORE, False, "INVITE"), step(PRIMARY, True, "INVITE"), step(SECONDARY, True, "INVITE"), step(CORE, True, "INVITE", 180, "Ringing"))
             if "─" in line]
    assert len({line.index("│") for line in lines}) == 1
    assert [place for place, character in enumerate(lines[-1]) if character == "│"] == [12 + COLUMN * column for column in range(4)]


def test_what_comes_again_says_so() -> None:
    lines = drawn(step(CORE, False, "INVITE"), step(CORE, False, "INVITE", at=0.5))
    assert "INVITE again" not in lines[-2] and "INVITE again" in lines[-1]


def test_two_calls_are_told_apart() -> None:
    lines = drawn(step(CORE, False, "INVITE"), step(CORE, False, "INVITE", call_id="c2"), step(CORE, True, "INVITE", 100, "Trying"))
    assert [line.split("   ")[0] for line in lines if line.startswith("call")] == ["call 1", "call 2", "call 1"]


def test_a_response_to_anything_but_invite_names_its_method_and_long_labels_are_cut() -> None:
    assert "200 OK (BYE)" in drawn(step(CORE, True, "BYE", 200, "OK"))[-1]
    line = drawn(step(CORE, True, "INVITE", 480, "Temporarily not available at this moment"))[-1]
    assert len(line) == 12 + COLUMN + 1


def test_what_senders_write_is_no_markup() -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    for line in Ladder().lines(step((CORE[0], "[red]x"), True, "INVITE", 486, "[bold]Busy")):
        console.print(line)
    assert "[bold]Busy" in console.export_text()


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "\r\x1b]0;owned\x07", "a\nb", "\x00", "\u202e321", "[/]", "\ufffd"])
def test_what_a_caller_wrote_steers_no_terminal(text: str) -> None:
    hostile = {"request_uri": f"sip:{text}@x", "message": f"INVITE sip:{text}@x SIP/2.0\r\nX: 1\r\n\r\n\x1bbody\r\n"}
    console, ladder = Console(file=io.StringIO(), width=200, soft_wrap=True), Ladder()
    for each in (step(CORE, False, text, call_id=text), step(CORE, True, "INVITE", 200, text, call_id=text)):
        show(console, ladder, {**each, **hostile}, as_json=False, is_full=True)
    lines = console.file.getvalue().split("\n")                 # type: ignore[attr-defined]
    assert all(line.isprintable() for line in lines)
    assert len([line for line in lines if not line.startswith("    ")]) == 3 and len([line for line in lines if "─" in line]) == 2
