"""What a person may see and change: the one service under the API and the console. Rights are in rights.py, and nowhere else.

    portal = Portal(store, calls, live, node)       person: hasip.domain.person.Person, from entry

    await portal.entry.log_in(name, password, source) → Login(person, secret)       by_session(secret), by_token(text) → Person; log_out(secret)
    await portal.trunks.page(person, search="", after="", limit=50) → Page(trunks, after, found_count)
    await portal.trunks.see(person, name) → ShownTrunk(trunk, version, is_in_force), .table: as the trunks file has it, without secrets
    await portal.trunks.change(person, name, change, version=None) → ShownTrunk     change: a merge patch of the table, {"mode": "load_balancing"}
    await portal.trunks.put(person, name, table, version) → ShownTrunk              version 0: a new trunk;  remove(person, name, version=None)
    await portal.cores.all(person) → tuple[Core, …];  see(person, name) → ShownCore(core, version);  put(…), remove(…) as trunks have them
    portal.live.pool(person, trunk), calls(person, trunk=None), zones(person, trunk=None), zone_history(person, trunk=None), calls_of(person, trunks), node(person)
    await portal.live.set_drained(person, zone, True);  await portal.live.test_failover(person, trunk, seconds), end_failover_test(person, trunk)
    await portal.users.all(person), add(…), set_trunks(…), set_password(…), remove(…), tokens(person), make_token(person, name, lasts_s), remove_token(…)
    await portal.audit.entries(person, trunk=None, before=None, limit=100) → tuple[AuditEntry, …]
    await portal.records.page(person, RecordQuery(…), trunk=None, after="", size=50), of_call(person, call_id) → [Told(record, sentences)], timeline(…)
    async for event in portal.events.follow(person, trunk, who_asks): Event(topic, name, facts)
    may(person, Action.DRAIN_ZONES), may(person, Action.CHANGE_TRUNKS, name), is_self_service("secondary.label"): for what a page offers
    demand(person, Action.SET_UP_TRUNKS): refuses, where a page has nothing else to ask

Errors: refusals.py (NotKnown, TooManyTries, NotFound, NotAllowed, NotPossible, NotFit with .problems: (place, sentence) each); StoreChanged when somebody was
quicker than `version`; StoreAway, StoreBusy.
"""
from hasip.portal.events import Event
from hasip.portal.live import Facts, Live, NoSuchZone, NoTrial
from hasip.portal.portal import Portal
from hasip.portal.refusals import NotAllowed, NotFit, NotFound, NotKnown, NotPossible, Refusal, TooManyTries
from hasip.portal.rights import Action, demand, is_self_service, may
from hasip.portal.trunks import ShownTrunk

__all__ = ["Action", "Event", "Facts", "Live", "NoSuchZone", "NoTrial", "NotAllowed", "NotFit", "NotFound", "NotKnown", "NotPossible", "Portal", "Refusal",
           "ShownTrunk", "TooManyTries", "demand", "is_self_service", "may"]
