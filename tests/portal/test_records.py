"""Records of calls, as people see them."""
from dataclasses import replace

import pytest

from hasip.domain.person import Person
from hasip.domain.record import RecordQuery
from hasip.portal import NotFit, NotFound, audit
from hasip.records.batch import rows_of
from hasip.records.packing import pack
from hasip.store import write_note
from tests.records.samples import AT_MS, moved

from .scene import ANNA, BERT, OPERATOR, Scene, play

ALL = RecordQuery()


@pytest.mark.parametrize(("person", "trunks"), [(OPERATOR, {"acme", "globex", ""}), (ANNA, {"acme"}), (BERT, {"globex"}), (replace(ANNA, trunks=frozenset()), set())])
def test_everybody_sees_records_of_calls_in_reach_and_of_no_trunk_only_operators(url: str, person: Person, trunks: set[str]) -> None:
    async def work(scene: Scene) -> tuple[set[str], set[str]]:
        page = await scene.portal.records.page(person, RecordQuery(trunks=("acme", "globex")))         # what a query says of trunks is not believed
        return {record.trunk for record in page.records}, {record.trunk async for record in scene.portal.records.all(person, ALL)}
    assert play(url, work) == (trunks, trunks)


def test_a_foreign_trunk_has_no_records_and_no_timeline(url: str) -> None:
    async def work(scene: Scene) -> None:
        records = scene.portal.records
        with pytest.raises(NotFound):
            await records.page(ANNA, ALL, trunk="globex")
        with pytest.raises(NotFound):
            records.all(ANNA, ALL, "globex")
        with pytest.raises(NotFound):
            await records.timeline(ANNA, "globex", 0, AT_MS)
        for call_id in ("globex@cases", "strange@cases", "none"):
            with pytest.raises(NotFound, match="no record of a call"):
                await records.of_call(ANNA, call_id)
    play(url, work)


def test_a_call_is_told_in_sentences(url: str) -> None:
    async def work(scene: Scene) -> str:
        (told,) = await scene.portal.records.of_call(ANNA, "acme@cases")
        assert told.record.trunk == "acme"
        return " ".join(told.sentences)
    said = play(url, work)
    assert "503" in said and "secondary" in said and "ended_by_bye" not in said


def test_a_page_that_nothing_begins_is_refused(url: str) -> None:
    async def work(scene: Scene) -> None:
        with pytest.raises(NotFit):
            await scene.portal.records.page(OPERATOR, ALL, after="nonsense")
    play(url, work)


def test_a_record_that_can_not_be_read_is_left_out_of_a_page(url: str) -> None:
    async def work(scene: Scene) -> None:
        (row,) = rows_of(AT_MS + 1, "edge-1", pack(moved(trunk="acme")))
        await scene.calls.write([replace(row, content=row.content[:-1])])
        assert [record.call_id for record in (await scene.portal.records.page(ANNA, ALL)).records] == ["acme@cases"]
    play(url, work)


def test_a_timeline_has_failovers_zone_events_and_changes_of_its_time_and_trunk(url: str) -> None:
    async def work(scene: Scene) -> None:
        scene.live.history = [{"at": AT_MS / 1000, "zone": "acme/primary", "after": "down"}, {"at": AT_MS / 1000, "zone": "initech/sg-a", "after": "down"}]
        there = await scene.portal.records.timeline(ANNA, "acme", AT_MS - 1000, AT_MS + 1000)
        assert [(move.from_leg, move.to_leg, move.status, move.gap_ms) for move in there.failovers] == [("primary", "secondary", 503, 1)]
        assert [event["zone"] for event in there.zone_events] == ["acme/primary"]
        ever = await scene.portal.records.timeline(ANNA, "acme", 0, 2**45)
        assert [entry.action for entry in ever.changes] == ["added"]
        none = await scene.portal.records.timeline(ANNA, "acme", 0, 1000)
        assert (none.failovers, none.zone_events, none.changes) == ([], [], ())
    play(url, work)


def test_a_timeline_says_when_it_does_not_tell_of_all_calls_that_moved_on(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(scene: Scene) -> None:
        scene.live.moved = [moved(call_id=f"{each}@cases", reason="in_progress", status=0) for each in range(2)]
        wholes = []
        for most in (3, 2):
            monkeypatch.setattr("hasip.portal.records.MOVED_MAX", most)
            there = await scene.portal.records.timeline(ANNA, "acme", AT_MS - 1000, AT_MS + 1000)
            wholes.append((there.is_whole, len(there.failovers)))
        assert wholes == [(True, 3), (False, 2)]
    play(url, work)


def test_a_call_that_moved_on_is_told_of_while_it_goes_on_and_once_only_when_it_has_ended(url: str) -> None:
    async def work(scene: Scene) -> None:
        going_on = moved(call_id="now@cases", reason="in_progress", status=0, received_ms=AT_MS + 500)
        scene.live.moved = [going_on, moved(call_id="acme@cases"), replace(going_on, call_id="other@cases", trunk="initech")]
        there = await scene.portal.records.timeline(ANNA, "acme", AT_MS - 1000, AT_MS + 1000)
        assert sorted(move.call_id for move in there.failovers) == ["acme@cases", "now@cases"]
        (told,) = await scene.portal.records.of_call(ANNA, "now@cases")
        assert told.sentences[-1] == "The call is still going on."
        with pytest.raises(NotFound):
            await scene.portal.records.of_call(ANNA, "other@cases")
    play(url, work)


def test_a_call_in_progress_is_told_of_beside_the_records_of_its_call_id(url: str) -> None:
    async def work(scene: Scene) -> None:
        scene.live.moved = [moved(call_id="acme@cases", reason="in_progress", status=0, received_ms=AT_MS + 500)]
        ended, goes_on = await scene.portal.records.of_call(ANNA, "acme@cases")
        assert (ended.record.received_ms, goes_on.record.received_ms, goes_on.sentences[-1]) == (AT_MS, AT_MS + 500, "The call is still going on.")
    play(url, work)


def test_a_timeline_has_the_changes_of_its_time_however_many_were_made_since(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 2)

    async def work(scene: Scene) -> None:
        first = (await scene.portal.audit.entries(OPERATOR, trunk="acme"))[-1]
        for _ in range(120):
            await write_note(scene.store, who="ada", action="failover test begun", subject="trunk", name="acme")
        there = await scene.portal.records.timeline(ANNA, "acme", 0, int(first.at_s * 1000) + 1)
        assert there.changes[-1] == first
        ever = await scene.portal.records.timeline(ANNA, "acme", 0, 2**45)
        assert len(ever.changes) == 121
    play(url, work)
