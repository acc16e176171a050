"""Zones and other judged legs: their links, probes and verdicts, and what the data plane is told of them. (Part of the composition root.)

A verdict is one store on the board: the next call obeys. Who is alive is health's to judge; this file carries news there and verdicts back.
"""
import asyncio
import contextlib
import difflib
import random
import time
from collections.abc import AsyncIterator, Callable, Container, Sequence
from typing import Any

import structlog

from hasip.bridge.notices import Notice, Notices
from hasip.bridge.publish import ANY_SEAT
from hasip.bridge.router import Router, account_number
from hasip.domain.judged import JudgedLeg, judged_legs
from hasip.domain.node import Health, Node
from hasip.domain.trunk import Provisioning, Target, Zone
from hasip.health import Event, Judge, Rules, State, Watch
from hasip.network import Links
from hasip.seats import Seats
from hasip.state_file import read_state, write_state
from hasip.ways import Out, Ways

STEP_S = 0.05               # verdicts that wait for time are given in such steps
PASSED_OVER = 99            # percent of its turns withheld: the leg comes after all others, and is tried after them
RESULT_GRACE_S = 3.0        # a probe's result is given up so long after its timeout: the worker's answer got lost

log = structlog.get_logger("hasip", area="health")


class UnknownZone(Exception):
    """No zone has this name."""


class Zones:
    """The judged legs of one node. Threads: the loop's."""

    def __init__(self, node: Node, router: Router, seats: Seats, locate: Callable[[Target], Sequence[Target]], publish: Callable[[], None],
                 tell_change: Callable[[Event], None] = lambda event: None,
                 tell_trunks: Callable[[Sequence[Notice]], None] = lambda notices: None) -> None:
        self._router = router
        self._seats = seats
        self._locate = locate
        self._probe_timeout_ms = node.health.timeout_ms
        self._publish = publish                             # the world again, for a way out has come or gone
        self._tell_change = tell_change                     # what happened to a zone
        self._tell_trunks = tell_trunks                     # notices that are not of judged legs
        self._watch = Watch(rules_of(node.health), random.random)
        self._notices = Notices(router)
        self._links = Links(self._link_changed)
        self._ways = Ways(self._links, seats, locate)
        self._legs: dict[str, JudgedLeg] = {}
        self._owned: dict[str, list[JudgedLeg]] = {}        # the same by trunk or core
        self._published: dict[Out, int | None] = {}         # the seats of ways, as last published
        self._accounts: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._in_flight: dict[str, int] = {}                # probe serials
        self._out: set[str] = set()                         # legs that are down without a sign of life
        self._serial = random.getrandbits(30)
        self._timer: asyncio.TimerHandle | None = None
        self._told: Event | None = None
        self._passed_over: set[int] = set()                 # accounts that come last in a failover test
        self._drained_file = node.state_dir / "drained.json"
        self._drained: set[str] = set(read_state(self._drained_file))

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Follow links, and judge, until the block ends. Errors: OSError."""
        async with self._links:
            self._notices.open(self._take_notices)
            try:
                yield
            finally:
                self._notices.close()
                if self._timer:
                    self._timer.cancel()

    def seat_of(self, zone: Zone) -> int | None:
        """Return the listener a zone is reached by, ANY_SEAT without an interface; None: there is no way out now."""
        if not zone.interface:
            return ANY_SEAT
        out = Out(zone.target, zone.interface, zone.source)
        seat = self._published[out] = self._ways.find(out).seat
        return seat

    def published(self, provisioning: Provisioning, slots: dict[str, int], core_slots: dict[str, int]) -> None:
        """Judge the legs of the world that was just published, and no others."""
        now_s = time.monotonic()
        self._legs = {leg.name: leg for leg in judged_legs(provisioning)}
        self._owned = {}
        for leg in self._legs.values():
            self._owned.setdefault(leg.owner, []).append(leg)
        outs = {way_out(leg) for leg in self._legs.values()}
        self._published = {out: seat for out, seat in self._published.items() if out in outs}
        self._ways.forget_all_but(outs)
        accounts = {name: account_number(core_slots[leg.owner.removeprefix("core:")] if leg.owner.startswith("core:") else slots[leg.owner], leg.leg)
                    for name, leg in self._legs.items()}
        for account in set(self._accounts.values()) - set(accounts.values()):
            self._router.forget_leg(account)
        self._accounts = accounts
        self._names = {account: name for name, account in accounts.items()}
        self._watch.set_zones({name: way_out(leg) for name, leg in self._legs.items()}, now_s)
        for name in self._drained & self._legs.keys():
            self._watch.note(name, Judge.drain, now_s)
        for leg in self._legs.values():
            self._look_at_link(leg, now_s)
        self._watch.take_changed(now_s)
        for name in self._legs:
            self._give_verdict(name, now_s)
        self._look_ahead(now_s)

    def drain(self, zone: str) -> dict[str, Any]:
        """Let a zone have no new calls, after a restart too. Errors: UnknownZone."""
        return self._set_drained(zone, True)

    def undrain(self, zone: str) -> dict[str, Any]:
        """Let a zone have calls again. Errors: UnknownZone."""
        return self._set_drained(zone, False)

    def pass_over(self, accounts: set[int]) -> None:
        """Let these legs, by account number, come after all others of their trunks, judged or not; and no others any more."""
        ended, self._passed_over = self._passed_over - accounts, set(accounts)
        now_s = time.monotonic()
        for account in ended | accounts:
            if account in self._names:
                self._give_verdict(self._names[account], now_s)
            elif account in accounts:
                self._router.judge_leg(account, withheld_percent=PASSED_OVER, is_drained=False, is_silent=False, seat=ANY_SEAT)
            else:
                self._router.forget_leg(account)

    def history(self) -> list[dict[str, Any]]:
        """Return what happened to the zones, the oldest first."""
        return [{"at": unix_s(event.at_s), "zone": event.zone, "before": str(event.before), "after": str(event.after), "cause": event.cause}
                for event in self._watch.history]

    def status(self, trunks: Container[str] | None = None) -> list[dict[str, Any]]:
        """Return what `hasip zone list --json` prints: of the cores and these trunks, or of all."""
        return [self._status_of(leg, time.monotonic()) for leg in self._legs.values()
                if trunks is None or leg.owner in trunks or leg.owner.startswith("core:")]

    def status_of(self, owner: str) -> list[dict[str, Any]]:
        """Return the same of one trunk ("globex") or core ("core:pstn")."""
        return [self._status_of(leg, time.monotonic()) for leg in self._owned.get(owner, ())]

    # ------------------------------------------------------------------------------------------------ probes and calls

    def _advance(self) -> None:
        """Let time pass: probe who is due, and give the verdicts that only waited for it."""
        now_s = time.monotonic()
        for name in self._watch.advance(now_s):
            self._probe(name, now_s)
        self._give_verdicts(now_s)

    def _probe(self, name: str, now_s: float) -> None:
        """Ask a zone whether it is there, by the way its calls take."""
        leg = self._legs[name]
        places = self._locate(leg.target)
        seat = self._seat_of_leg(leg)
        if not places or seat is None:
            self._watch.note(name, Judge.probe_failed, now_s, "its name has no address" if not places else "no listener of ours reaches it")
            return
        self._serial = (self._serial + 1) & 0x7FFFFFFF
        self._in_flight[name] = self._serial
        if not self._router.probe(self._accounts[name], self._serial, seat, places[0].host, places[0].port, self._probe_timeout_ms):
            self._watch.note(name, Judge.probe_failed, now_s, "the worker is too busy to probe")

    def _take_notices(self, notices: list[Notice]) -> None:
        """Pass on what workers tell; what comes late for a zone that is gone is nobody's."""
        now_s = time.monotonic()
        self._tell_trunks([notice for notice in notices if notice.is_of_trunk])
        for notice in notices:
            name = self._names.get(notice.account)
            if name is None or notice.is_of_trunk:
                continue
            if notice.kind.startswith("probe_"):
                self._take_result(name, notice, now_s)
            elif notice.kind == "call_silent":
                self._watch.note(name, Judge.call_failed, now_s, notice.call_key)
            elif notice.kind == "call_refused":
                self._watch.note(name, Judge.call_refused, now_s)
                if notice.was_unheard:
                    self._watch.note(name, Judge.call_failed, now_s, notice.call_key)
            else:
                self._watch.note(name, Judge.calls_failed_by_codes, now_s)
        self._give_verdicts(now_s)

    def _take_result(self, name: str, notice: Notice, now_s: float) -> None:
        """Pass on a probe's result, unless it was given up."""
        if self._in_flight.get(name) != notice.serial:
            return
        del self._in_flight[name]
        if notice.kind == "probe_answered":
            self._watch.note(name, Judge.probe_answered, now_s, notice.status, notice.retry_after_s or None, notice.round_trip_us / 1000)
        else:
            self._watch.note(name, Judge.probe_failed, now_s, "no answer" if notice.kind == "probe_silent" else "refused or unreachable")

    # ------------------------------------------------------------------------------------------------ links

    def _link_changed(self, interface: str) -> None:
        """Look again at who leaves by an interface; a way out that came or went is published."""
        now_s = time.monotonic()
        legs = [leg for leg in self._legs.values() if leg.interface == interface]
        for leg in legs:
            self._look_at_link(leg, now_s)
        self._give_verdicts(now_s)
        if any(self._ways.find(out).seat != seat for out, seat in self._published.items() if out.interface == interface):
            self._publish()

    def _look_at_link(self, leg: JudgedLeg, now_s: float) -> None:
        """Tell the judge whether anything can leave for the zone at all."""
        if not leg.interface:
            return
        if trouble := self._ways.find(way_out(leg)).trouble:
            self._in_flight.pop(leg.name, None)
            self._watch.note(leg.name, Judge.link_lost, now_s, trouble)
        else:
            self._watch.note(leg.name, Judge.link_back, now_s)

    def _seat_of_leg(self, leg: JudgedLeg) -> int | None:
        """Return the listener a leg is reached by."""
        if leg.interface:
            return self._ways.find(way_out(leg)).seat
        places = self._locate(leg.target)
        return self._seats.any_seat(leg.target.transport, places[0].ip is not None and places[0].ip.version == 6) if places else None

    # ------------------------------------------------------------------------------------------------ verdicts

    def _give_verdicts(self, now_s: float) -> None:
        """Put what changed on the board and into the log, and look ahead."""
        for name in self._watch.take_changed(now_s):
            self._give_verdict(name, now_s)
        self._look_ahead(now_s)

    def _give_verdict(self, name: str, now_s: float) -> None:
        report = self._watch.report(name, now_s)
        assert report is not None
        seat = self._seat_of_leg(self._legs[name])
        withheld = 100 if report.state is State.DOWN else 0 if report.is_drained else 100 - report.share_percent
        if self._accounts[name] in self._passed_over:
            withheld = max(withheld, PASSED_OVER)
        is_out = report.state is State.DOWN and report.is_silent
        self._router.judge_leg(self._accounts[name], withheld_percent=withheld, is_drained=report.is_drained, is_silent=report.is_silent,
                               seat=ANY_SEAT if seat is None else seat)
        if is_out and name not in self._out:
            self._router.move_ringing_calls(self._accounts[name])
        (self._out.add if is_out else self._out.discard)(name)

    def _look_ahead(self, now_s: float) -> None:
        """Log what happened, and wake up when the next zone is due."""
        for event in events_since(self._watch.history, self._told):
            log.info("zone", zone=event.zone, before=str(event.before), after=str(event.after), cause=event.cause)
            self._told = event
            self._tell_change(event)
        if self._timer:
            self._timer.cancel()
        if len(self._watch):
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(self._watch.next_due_s - now_s, STEP_S if self._watch.next_due_s > now_s else 0), self._advance)

    def _set_drained(self, zone: str, is_drained: bool) -> dict[str, Any]:
        if zone not in self._legs:
            near = difflib.get_close_matches(zone, self._legs, 3) or list(self._legs)[:3]
            raise UnknownZone(f'no zone "{zone}"' + (f": perhaps {', '.join(near)}" if near else ": no trunk and no core has zones"))
        now_s = time.monotonic()
        self._watch.note(zone, Judge.drain if is_drained else Judge.undrain, now_s)
        (self._drained.add if is_drained else self._drained.discard)(zone)
        write_state(self._drained_file, sorted(self._drained))
        self._give_verdicts(now_s)
        return {"zone": zone, "is_drained": is_drained}

    def _status_of(self, leg: JudgedLeg, now_s: float) -> dict[str, Any]:
        report = self._watch.report(leg.name, now_s)
        assert report is not None
        slot, place = divmod(self._accounts[leg.name], account_number(1, 0))
        figures = self._router.trunk(slot)["legs"][place]
        return {
            "name": leg.name, "owner": leg.owner, "region": leg.region, "address": leg.target.text,
            "transport": leg.target.transport, "interface": leg.interface, "state": str(report.state), "share_percent": report.share_percent,
            "is_drained": report.is_drained, "since": unix_s(report.since_s), "cause": report.cause,
            "probe": {"status": report.probes.status, "round_trip_ms": report.probes.round_trip_ms,
                      "at": None if report.probes.at_s is None else unix_s(report.probes.at_s),
                      "sent": report.probes.sent_count, "failed": report.probes.failed_count},
            **{key: figures[key] for key in ("calls", "attempts", "answered", "failovers")},
        }


def rules_of(health: Health) -> Rules:
    """Return what the node file says of health, as judges take it."""
    return Rules(
        interval_s=health.interval_s, suspect_interval_s=health.suspect_interval_s, down_interval_s=health.down_interval_s,
        failures_to_down=health.failures_to_down, successes_to_up=health.successes_to_up, ramp_s=health.ramp_s,
        hold_first_s=health.hold_s, hold_max_s=health.hold_max_s, probe_result_max_s=health.timeout_ms / 1000 + RESULT_GRACE_S)


def way_out(leg: JudgedLeg) -> Out:
    """Return what a leg's way is asked for by."""
    return Out(leg.target, leg.interface, leg.source)


def events_since(history: Sequence[Event], last: Event | None) -> list[Event]:
    """Return the events after `last`, the oldest first."""
    fresh: list[Event] = []
    for event in reversed(history):
        if event is last:
            break
        fresh.append(event)
    return fresh[::-1]


def unix_s(at_s: float) -> float:
    """Return a monotonic moment as people's time."""
    return time.time() - time.monotonic() + at_s
