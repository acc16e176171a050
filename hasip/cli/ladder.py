"""A call as a ladder: a column for each party, an arrow for each message. Lines are made as messages come; a party that is new begins a new head.

What callers wrote is made printable first, so that a column is a column.
"""
from dataclasses import dataclass, field
from typing import Any

from rich.text import Text

from hasip.printable import printable

COLUMN = 28                 # characters from one party to the next
TIME = 12                   # …and for the time before the first
OURSELVES = 1               # hasip's column: the caller is on its left, everybody else on its right


@dataclass(slots=True)
class Call:
    """What is known of one call so far."""

    number: int
    began: float
    parties: list[str] = field(default_factory=list)            # far addresses, in the order of their columns, ours at OURSELVES
    names: dict[str, str] = field(default_factory=dict)
    seen: set[tuple[Any, ...]] = field(default_factory=set)


class Ladder:
    """Makes lines of steps."""

    def __init__(self, node: str = "hasip") -> None:
        self._node = node
        self._calls: dict[str, Call] = {}
        self._shown: Call | None = None

    def lines(self, step: dict[str, Any]) -> list[Text]:
        """Return the lines that show a step."""
        step = {name: printable(value) if isinstance(value, str) else value for name, value in step.items()}
        call = self._calls.get(step["call_id"])
        lines = []
        if call is None:
            call = self._calls[step["call_id"]] = Call(len(self._calls) + 1, step["at"])
            lines += [Text(), Text(f"call {call.number}   {step['request_uri']}   Call-ID {step['call_id']}", "bold")]
        is_new = self._meet(call, step)
        if is_new or call is not self._shown:
            if not lines:
                lines += [Text(), Text(f"call {call.number}", "bold")]
            lines += self._head(call)
            self._shown = call
        return [*lines, self._arrow(call, step)]

    def _meet(self, call: Call, step: dict[str, Any]) -> bool:
        """Give a party its column. Returns whether it is a new one."""
        place, name = step["far_address"], step["party"]
        is_new = place not in call.names
        if is_new:
            call.parties.append(place)
            if len(call.parties) == OURSELVES:
                call.parties.append("")
        call.names[place] = name or call.names.get(place, "")
        return is_new

    def _head(self, call: Call) -> list[Text]:
        names = [self._node if not place else call.names[place] or "?" for place in call.parties]
        return [Text(" " * (TIME - COLUMN // 2 + 1) + "".join(text[:COLUMN - 1].center(COLUMN) for text in row).rstrip(), style)
                for row, style in ((names, "bold"), (call.parties, "dim"))]

    def _arrow(self, call: Call, step: dict[str, Any]) -> Text:
        """Return the time, and an arrow between two of the columns."""
        far = call.parties.index(step["far_address"])
        left, right = sorted((far, OURSELVES))
        points_right = (far > OURSELVES) == step["is_sent"]
        again = (step["is_sent"], step["far_address"], step["method"], step["status"], step["cseq"])
        label = label_of(step) + (" again" if again in call.seen else "")
        call.seen.add(again)
        room = (right - left) * COLUMN - 1
        label = f" {label[:room - 4]} ".center(room - 1, "─")
        line = f"{step['at'] - call.began:{TIME - 3}.3f} s "
        for column in range(len(call.parties)):
            line += "" if left < column < right else "│"
            if column == left:
                line += f"{label}▶" if points_right else f"◀{label}"
            if column + 1 < len(call.parties) and not left <= column < right:
                line += " " * (COLUMN - 1)
        return Text(line, style_of(step["status"]))


def label_of(step: dict[str, Any]) -> str:
    """Return what an arrow says."""
    if not step["status"]:
        return str(step["method"])
    return f"{step['status']} {step['reason_phrase']}" + ("" if step["method"] == "INVITE" else f" ({step['method']})")


def style_of(status: int) -> str:
    """Return the colour of a class of responses."""
    return ("default", "cyan", "green", "yellow", "yellow", "red", "red")[status // 100]
