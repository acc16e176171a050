"""A look-up with a query that fails: the last good answer to that query takes its place."""
import asyncio
import random
from collections.abc import Mapping

import pytest

from hasip.domain.trunk import Target
from hasip.resolver.locate import locate
from hasip.resolver.lookup import Finding, look_up
from hasip.resolver.records import Answer, DnsTrouble, Query, Srv

SRV, A, B = Query("_sip._udp.pbx", "SRV"), Query("a.", "A"), Query("b.", "A")
ZONE = {SRV: Answer(services=(Srv(1, 0, 5061, "a."), Srv(2, 0, 5062, "b."))), A: Answer(addresses=("192.0.2.1",)), B: Answer(addresses=("192.0.2.2",))}
TROUBLE = Answer(trouble="SERVFAIL")


def found(zone: Mapping[Query, Answer], remembered: Mapping[Query, Answer] | None = None, port: int = 0) -> Finding:
    async def ask(query: Query) -> Answer:
        return zone.get(query, Answer())

    return asyncio.run(look_up(locate(Target("pbx", port), ("ipv4",), random.Random(0)), ask, remembered or {}))


def places(finding: Finding) -> list[str]:
    return [str(place) for place in finding.located.places]


def test_answers_are_there_to_remember() -> None:
    finding = found(ZONE)
    assert places(finding) == ["192.0.2.1:5061", "192.0.2.2:5062"]
    assert finding.answers == {**ZONE, Query("pbx", "NAPTR"): Answer()}
    assert (finding.is_stale, finding.trouble) == (False, "")


def test_host_whose_query_fails_keeps_its_place() -> None:
    finding = found({**ZONE, A: TROUBLE, B: Answer(addresses=("192.0.2.9",))}, found(ZONE).answers)
    assert places(finding) == ["192.0.2.1:5061", "192.0.2.9:5062"]
    assert finding.answers[A] == ZONE[A]
    assert (finding.is_stale, finding.trouble) == (True, "SERVFAIL")


def test_host_whose_query_never_worked_is_left_out_and_nothing_is_stale() -> None:
    finding = found({**ZONE, A: TROUBLE})
    assert places(finding) == ["192.0.2.2:5062"]
    assert A not in finding.answers
    assert (finding.is_stale, finding.trouble) == (False, "SERVFAIL")


def test_remembered_no_such_record_leads_on_like_a_new_one() -> None:
    remembered = found({Query("pbx", "A"): ZONE[A]}).answers
    assert places(found({Query("pbx", "NAPTR"): TROUBLE, SRV: TROUBLE, Query("pbx", "A"): TROUBLE}, remembered)) == ["192.0.2.1:5060"]


def test_query_that_failed_and_never_worked_ends_the_look_up() -> None:
    with pytest.raises(DnsTrouble, match="SERVFAIL"):
        found({**ZONE, SRV: TROUBLE})


def test_same_query_is_asked_once_in_a_step() -> None:
    asked = []

    async def ask(query: Query) -> Answer:
        asked.append(query)
        return {**ZONE, SRV: Answer(services=(Srv(1, 0, 5061, "a."), Srv(2, 0, 5062, "a.")))}.get(query, Answer())

    finding = asyncio.run(look_up(locate(Target("pbx", 0), ("ipv4",), random.Random(0)), ask, {}))
    assert places(finding) == ["192.0.2.1:5061", "192.0.2.1:5062"]
    assert asked.count(A) == 1
