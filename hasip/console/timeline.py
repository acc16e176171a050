"""Failovers, drawn: a line for each leg, an arrow where a call left one for another. Positions are percents, so that the picture fits any screen. No I/O."""
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

TOGETHER_S = 60.0               # failovers alike that follow one another as close as this are one incident
TOP, ROW_HEIGHT = 30, 90        # pixels
MARK_WIDTH = 3.0                # percent: incidents nearer than this are drawn as one
NUMBER_WIDTH = 9.5              # percent: what a number needs on a phone
NUDGE_UP, NUDGE_DOWN = -14, 8   # pixels
WORDS_WIDTH = 7.5               # percent: what a few words beside a mark need, on the side its neighbour may have its own
TICK_STEPS_S = (60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)
TICKS_MAX = 6


@dataclass(frozen=True, slots=True)
class Move:
    """A call that left a leg for another."""

    at_s: float
    call_id: str
    from_leg: str
    to_leg: str
    cause: str                  # "answered 503 Service Unavailable"
    delay_ms: float             # from the INVITE that came to nothing to the next one
    number: str = ""
    is_answered: bool = True    # the call went through in the end


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a leg was known to be down."""

    leg: str
    since_s: float
    until_s: float | None       # None: still
    cause: str


@dataclass(frozen=True, slots=True)
class Incident:
    """Failovers that belong together: from one leg, to one leg, for one cause, one soon after the other."""

    first_s: float
    last_s: float
    from_leg: str
    to_leg: str
    cause: str
    count: int
    answered_count: int
    delay_ms: float             # the median
    call_id: str                # of the latest
    number: str

    @property
    def is_single(self) -> bool:
        """True for one call alone."""
        return self.count == 1


@dataclass(frozen=True, slots=True)
class Row:
    """A leg's line."""

    leg: str
    y: int


@dataclass(frozen=True, slots=True)
class Band:
    """A leg's time down."""

    x: float
    width: float
    y: int
    cause: str


@dataclass(frozen=True, slots=True)
class Mark:
    """An arrow from leg to leg."""

    x: float
    y_from: int
    y_to: int
    count: int
    number: int                 # of its incident in the table, from 1
    has_room: bool = True       # beside it, for words
    nudge: int = 0              # pixels its number is moved down, so that those of neighbours do not touch


@dataclass(frozen=True, slots=True)
class Tick:
    """A moment on the axis."""

    x: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the template turns into SVG."""

    rows: tuple[Row, ...]
    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    height: int
    axis_y: int


def incidents_of(failovers: Iterable[Move]) -> list[Incident]:
    """Return what happened, the latest first."""
    groups: dict[tuple[str, str, str], list[list[Move]]] = {}
    for each in sorted(failovers, key=lambda failover: failover.at_s):
        runs = groups.setdefault((each.from_leg, each.to_leg, each.cause), [])
        if runs and each.at_s - runs[-1][-1].at_s <= TOGETHER_S:
            runs[-1].append(each)
        else:
            runs.append([each])
    incidents = (incident_of(run) for runs in groups.values() for run in runs)
    return sorted(incidents, key=lambda incident: incident.last_s, reverse=True)


def incident_of(run: Sequence[Move]) -> Incident:
    """Return failovers alike as one."""
    first, last = run[0], run[-1]
    return Incident(first.at_s, last.at_s, first.from_leg, first.to_leg, first.cause, len(run), sum(each.is_answered for each in run),
                    median(each.delay_ms for each in run), last.call_id, last.number)


def draw(legs: Sequence[str], incidents: Sequence[Incident], outages: Iterable[Outage], since_s: float, until_s: float) -> Drawing:
    """Return the picture of a span of time. Incidents are numbered as they come, the first is 1."""
    rows = {leg: TOP + ROW_HEIGHT * place for place, leg in enumerate(legs)}
    bands = [Band(*between(outage.since_s, outage.until_s or until_s, since_s, until_s), rows[outage.leg], outage.cause)
             for outage in outages if outage.leg in rows and outage.since_s < until_s and (outage.until_s or until_s) > since_s]
    axis_y = TOP + ROW_HEIGHT * (len(legs) - 1) + 40
    return Drawing(tuple(Row(*row) for row in rows.items()), tuple(bands), tuple(marks_of(incidents, rows, since_s, until_s)),
                   tuple(ticks_of(since_s, until_s)), axis_y + 28, axis_y)


def marks_of(incidents: Sequence[Incident], rows: dict[str, int], since_s: float, until_s: float) -> list[Mark]:
    """Return an arrow for each incident; those that would lie upon one another are one, with the number of the latest."""
    marks: list[Mark] = []
    for number, incident in enumerate(incidents, 1):
        if incident.from_leg not in rows or incident.to_leg not in rows:
            continue
        x = min(98.0, max(2.0, position(incident.first_s, since_s, until_s)))
        y_from, y_to = rows[incident.from_leg], rows[incident.to_leg]
        near = next((place for place, mark in enumerate(marks) if abs(mark.x - x) < MARK_WIDTH and (mark.y_from, mark.y_to) == (y_from, y_to)), None)
        if near is None:
            marks.append(Mark(x, y_from, y_to, incident.count, number))
        else:
            marks[near] = Mark(marks[near].x, y_from, y_to, marks[near].count + incident.count, marks[near].number)
    return spread(sorted(marks, key=lambda mark: mark.x))


def spread(marks: Sequence[Mark]) -> list[Mark]:
    """Return marks, from left to right, with words and numbers placed so that none lies upon another."""
    placed: list[Mark] = []
    for place, mark in enumerate(marks):
        gaps = [abs(other.x - mark.x) for other in marks[max(0, place - 1):place + 2] if other is not mark]
        follows = placed and mark.x - placed[-1].x < NUMBER_WIDTH
        leads = place + 1 < len(marks) and marks[place + 1].x - mark.x < NUMBER_WIDTH
        nudge = (NUDGE_UP if placed[-1].nudge > 0 else NUDGE_DOWN) if follows else NUDGE_DOWN if leads else 0
        placed.append(replace(mark, has_room=all(gap >= 2 * WORDS_WIDTH for gap in gaps), nudge=nudge))
    return placed


def ticks_of(since_s: float, until_s: float) -> list[Tick]:
    """Return moments that are whole minutes, hours or days, six at the most."""
    step_s = next((step for step in TICK_STEPS_S if (until_s - since_s) / step <= TICKS_MAX), TICK_STEPS_S[-1])
    first = int(since_s // step_s + 1) * step_s
    return [Tick(x, at_s) for at_s in range(first, int(until_s) + 1, step_s) if 4 <= (x := position(at_s, since_s, until_s)) <= 96]


def position(at_s: float, since_s: float, until_s: float) -> float:
    """Return where a moment lies, in percent."""
    return round(100 * (at_s - since_s) / (until_s - since_s), 2)


def between(begin_s: float, end_s: float, since_s: float, until_s: float) -> tuple[float, float]:
    """Return where a span begins, and its width, in percent."""
    begin, end = (min(100.0, max(0.0, position(moment, since_s, until_s))) for moment in (begin_s, end_s))
    return begin, max(0.6, round(end - begin, 2))


def outages_of(history: Iterable[tuple[float, str, str, str, str]]) -> list[Outage]:
    """Return when legs were down, from (at_s, leg, before, after, cause), the oldest first."""
    changes: dict[str, list[tuple[float, str, str]]] = {}
    for at_s, leg, _, after, cause in history:
        changes.setdefault(leg, []).append((at_s, after, cause))
    outages = [Outage(leg, at_s, next_s, cause) for leg, each in changes.items()
               for (at_s, after, cause), (next_s, _, _) in pairwise(each) if after == "down"]
    outages += [Outage(leg, each[-1][0], None, each[-1][2]) for leg, each in changes.items() if each[-1][1] == "down"]
    return sorted(outages, key=lambda outage: outage.since_s)
