"""Failovers become incidents, and incidents a picture that fits any width."""
from hypothesis import given
from hypothesis import strategies as st

from hasip.console.timeline import Incident, Move, Outage, draw, incidents_of, outages_of

LEGS = ["primary", "secondary"]


def failover(at_s: float, cause: str = "answered 503", *, to: str = "secondary", delay_ms: float = 1.0, is_answered: bool = True) -> Move:
    return Move(at_s, f"{at_s}@test", "primary", to, cause, delay_ms, "+65", is_answered)


def test_failovers_alike_soon_after_one_another_are_one_incident():
    [incident] = incidents_of([failover(30.0, delay_ms=9.0), failover(0.0, delay_ms=1.0), failover(89.0, delay_ms=5.0, is_answered=False)])
    assert incident == Incident(0.0, 89.0, "primary", "secondary", "answered 503", 3, 2, 5.0, "89.0@test", "+65")


def test_another_cause_another_place_or_a_pause_make_another_incident():
    incidents = incidents_of([failover(0.0), failover(1.0, "gave no answer"), failover(2.0, to="third"), failover(61.0)])
    assert [incident.count for incident in incidents] == [1, 1, 1, 1]
    assert [incident.last_s for incident in incidents] == [61.0, 2.0, 1.0, 0.0]


def test_an_arrow_goes_from_the_line_of_the_leg_that_failed_to_that_of_the_next():
    drawing = draw(LEGS, incidents_of([failover(50.0)]), [], 0.0, 100.0)
    [mark] = drawing.marks
    rows = {row.leg: row.y for row in drawing.rows}
    assert (mark.x, mark.y_from, mark.y_to, mark.count, mark.number) == (50.0, rows["primary"], rows["secondary"], 1, 1)


def test_incidents_too_near_to_be_told_apart_are_one_arrow_with_all_their_calls():
    drawing = draw(LEGS, incidents_of([failover(5000.0), failover(5100.0, "gave no answer")]), [], 0.0, 10_000.0)
    assert [(mark.count, mark.number) for mark in drawing.marks] == [(2, 1)]


def test_numbers_of_neighbours_do_not_touch_and_words_need_room():
    marks = draw(LEGS, incidents_of(failover(at_s, str(at_s)) for at_s in (10.0, 16.0, 22.0, 60.0)), [], 0.0, 100.0).marks
    assert [(mark.x, mark.has_room) for mark in marks] == [(10.0, False), (16.0, False), (22.0, False), (60.0, True)]
    assert marks[3].nudge == 0
    assert marks[0].nudge != marks[1].nudge != marks[2].nudge


def test_a_leg_that_is_gone_from_the_trunk_is_left_out_of_the_picture():
    assert draw(["secondary"], incidents_of([failover(5.0)]), [Outage("primary", 1.0, 2.0, "")], 0.0, 10.0).marks == ()


def test_an_outage_that_goes_on_reaches_to_the_end():
    [band] = draw(LEGS, [], [Outage("primary", 75.0, None, "no answer")], 0.0, 100.0).bands
    assert (band.x, band.width) == (75.0, 25.0)


def test_outages_begin_when_a_leg_goes_down_and_end_when_it_is_anything_else():
    history = [(1.0, "a", "up", "suspect", ""), (2.0, "a", "suspect", "down", "no answer"), (3.0, "b", "up", "down", "link"), (9.0, "a", "down", "recovering", "")]
    assert outages_of(history) == [Outage("a", 2.0, 9.0, "no answer"), Outage("b", 3.0, None, "link")]


@given(st.lists(st.tuples(st.floats(-1e5, 2e5), st.sampled_from("ab")), max_size=60), st.floats(60, 1e6))
def test_whatever_happened_lies_inside_the_picture_and_no_call_is_lost(happened, span_s):
    incidents = incidents_of(failover(at_s, cause) for at_s, cause in happened)
    drawing = draw(LEGS, incidents, [Outage("primary", at_s, None, "") for at_s, _ in happened], 0.0, span_s)
    assert sum(incident.count for incident in incidents) == sum(mark.count for mark in drawing.marks) == len(happened)
    assert all(0 <= mark.x <= 100 for mark in drawing.marks)
    assert all(0 <= band.x <= 100 and band.x + band.width <= 101 for band in drawing.bands)
    assert len(drawing.ticks) <= 7
