"""Tell in sentences why a call went where it went, from its record alone."""
from collections.abc import Callable
from datetime import UTC, datetime

from hasip.domain.record import Attempt, CallRecord, Result, place_text
from hasip.printable import printable

IN_PROGRESS = "in_progress"         # of a record that is told before its call has ended
ROTATING = ("2t", "2t4t")
RESULT_WORDS: dict[Result, str] = {
    Result.SILENT: "gave no response of any kind for {wait}",
    Result.RANG_ON: "rang on for {wait} and nobody answered",
    Result.OUT: "had rung for {wait} when it was found to be down",
    Result.UNREACHABLE_ICMP: "was unreachable (ICMP) after {wait}",
    Result.UNREACHABLE_SEND: "could not be sent to: this machine knows no way there",
    Result.UNREACHABLE_STREAM: "could not be connected to, or the connection broke, after {wait}",
    Result.NOWHERE: "was passed over: there was no address for it, no way out to it, or the connection it had registered by was gone",
    Result.NOT_REGISTERED: "has to register and had not",
    Result.UNFINISHED: "had not given a final response when the call was over",
}


def explain(record: CallRecord, sentences: Callable[[str], str] = str) -> list[str]:
    """Return the story of a call, all of it printable. `sentences`: a reason's symbol → the sentence that explains it."""
    told = (_arrival(record), *_choice(record), *_attempts(record), *_ring_and_answer(record), _end(record, sentences))
    return [printable(sentence) for sentence in told]


def clock(moment_ms: int) -> str:
    """Return a moment as people read it, to the millisecond, in UTC."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]


def day(moment_ms: int) -> str:
    """Return a moment's day, in UTC."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).strftime("%Y-%m-%d")


def duration(ms: int) -> str:
    """Return a duration as people read it."""
    if ms < 1000:
        return f"{ms} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes} min {seconds} s"


def _arrival(record: CallRecord) -> str:
    whose = f"the customer's {record.source_leg or 'side'}" if record.direction == "to core" else "the core"
    of = f" of trunk {record.trunk}" if record.direction == "to core" and record.trunk else ""
    place = f"{place_text(record.source, record.source_port)} {record.source_transport.upper()}"
    source = f"{whose}{of}, at {place}," if record.attempts or record.direction == "to core" else place
    return (f"On {day(record.received_ms)} at {clock(record.received_ms)} UTC an INVITE from {source} came in at node {record.node}: "
            f"{record.caller or 'an anonymous caller'} called {record.number or 'no number'}.")


def _choice(record: CallRecord) -> list[str]:
    """Say how the first target was chosen."""
    if not record.mode:
        return []
    told = []
    first = record.attempts[0] if record.attempts else None
    if record.direction == "to trunk":
        told.append(f"The number belongs to trunk {record.trunk}, whose mode is {record.mode}{_mode_words(record, first)}.")
    else:
        told.append(f"The trunk's calls go to its core, whose targets are tried by the mode {record.mode}{_mode_words(record, first)}.")
    for legs, state in ((record.legs_down, "down"), (record.legs_drained, "drained")):
        if legs:
            told.append(f"At that moment {_legs_words(legs)} {'was' if len(legs) == 1 else 'were'} {state}, which the order took into account."
                        if record.mode not in ("load_balancing", "only_primary") else
                        f"At that moment {_legs_words(legs)} {'was' if len(legs) == 1 else 'were'} {state}; this mode does not look at that.")
    return told


def _mode_words(record: CallRecord, first: Attempt | None) -> str:
    if first is None:
        return ""
    if record.mode == "only_primary":
        return f": every call goes to {first.leg}, and nowhere else"
    if record.mode == "load_balancing":
        return f": calls take turns, and it was the turn of {first.leg}; one attempt is made, whatever becomes of it"
    if record.mode in ROTATING:
        return f": calls go round the healthy zones of the active region, and it was the turn of {first.leg}"
    return f": {first.leg} was first in order"


def _legs_words(legs: tuple[int, ...]) -> str:
    return f"leg {legs[0] + 1}" if len(legs) == 1 else "legs " + " and ".join(str(leg + 1) for leg in legs)


def _attempts(record: CallRecord) -> list[str]:
    told = []
    for place, attempt in enumerate(record.attempts):
        after = record.attempts[place + 1] if place + 1 < len(record.attempts) else None
        told.append(f"{_tried(attempt, place)} {_became(attempt, record)}{_then(record, attempt, after)}.")
    if record.attempts_left_out:
        told.append(f"{record.attempts_left_out} more attempts followed, of which the record does not tell.")
    return told


def _tried(attempt: Attempt, place: int) -> str:
    name = attempt.leg or "The target"
    if not attempt.address:
        return f"{_capital(name)}"
    where = f"{place_text(attempt.address, attempt.port)} {attempt.transport.upper()}"
    return f"At {clock(attempt.began_ms)} the INVITE {'went' if place == 0 else 'went on'} to {name} ({where}), which"


def _became(attempt: Attempt, record: CallRecord) -> str:
    wait = duration((attempt.ended_ms if attempt.ended_ms is not None else record.ended_ms) - attempt.began_ms)
    rang = f" rang after {duration(attempt.ringing_ms - attempt.began_ms)} and" if attempt.ringing_ms is not None else ""
    if attempt.result in (Result.ANSWERED, Result.REFUSED):
        return f"{rang} answered {attempt.status} after {wait}".strip()
    if attempt.result is Result.UNFINISHED and record.reason == IN_PROGRESS:
        return f"{rang} has given no final response so far".strip()
    return f"{rang} {RESULT_WORDS[attempt.result].format(wait=wait)}".strip()


def _then(record: CallRecord, attempt: Attempt, after: Attempt | None) -> str:
    """Say why the call went on, or did not."""
    if attempt.result in (Result.ANSWERED, Result.UNFINISHED):
        return ""
    if after is not None:
        why = f"{attempt.status} is in the failover table" if attempt.result is Result.REFUSED else "that is a failure of the far end"
        gap = f", {duration(max(0, after.began_ms - attempt.ended_ms))} later," if attempt.ended_ms is not None else ""
        return f"; {why}, so the call went on{gap} to {after.leg or 'the next target'}"
    if attempt.result is Result.NOT_REGISTERED:
        return "; that is the customer's side, so the call did not fail over"
    if record.reason == "refused_cancelled" or (record.ended_by == "caller" and not record.is_answered):
        return "; the caller had cancelled, so no other target was tried"
    if not record.fails_over:
        return "; this mode makes one attempt"
    if len(record.attempts) + record.attempts_left_out < record.targets:
        return f"; {_why_not(attempt)}, so no other target was tried"
    return "; no other target was left"


def _why_not(attempt: Attempt) -> str:
    """Say why a failure did not move the call on, though a target was left."""
    if attempt.result is Result.REFUSED and attempt.ringing_ms is not None and attempt.status in (408, 480):
        return f"after ringing, {attempt.status} moves no call of this trunk on"
    if attempt.result is Result.REFUSED:
        return f"{attempt.status} is not in the failover table"
    return "after so much ringing no call of this trunk moves on" if attempt.result is Result.RANG_ON else "the time for set-up was over"


def _ring_and_answer(record: CallRecord) -> list[str]:
    if record.answered_ms is None:
        return []
    return [f"The call was up at {clock(record.answered_ms)}, {duration(record.answered_ms - record.received_ms)} after it came in."]


def _end(record: CallRecord, sentences: Callable[[str], str]) -> str:
    if record.reason == IN_PROGRESS:
        return "The call is still going on."
    who = {"caller": "the caller", "callee": "the called side", "hasip": "hasip"}[record.ended_by]
    if record.reason == "ended_by_bye":
        return f"At {clock(record.ended_ms)}, after {duration(record.talk_ms)}, {who} hung up."
    if record.is_answered:
        return f"It ended at {clock(record.ended_ms)}, after {duration(record.talk_ms)}: {sentences(record.reason)}."
    if record.ended_by == "caller":
        return f"The caller cancelled, and got {record.status} at {clock(record.ended_ms)}, {duration(record.ended_ms - record.received_ms)} after the INVITE."
    told = f"The caller got {record.status} at {clock(record.ended_ms)}" if record.status else f"The caller got no final response by {clock(record.ended_ms)}"
    return f"{told}, {duration(record.ended_ms - record.received_ms)} after the INVITE: {sentences(record.reason)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
