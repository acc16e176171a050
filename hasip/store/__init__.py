"""The store: cores, trunks, and the people who reach them, in SQLite or PostgreSQL, with a number that every change raises; and the records of calls."""
from hasip.store.audit import read_audit, write_note
from hasip.store.calls import CallStore
from hasip.store.difference import Change, Difference, FieldChange, difference
from hasip.store.failures import StoreAway, StoreBusy, StoreChanged, StoreError
from hasip.store.last_world import read_last_world, write_last_world
from hasip.store.pages import Page, page_of_trunks
from hasip.store.persons import Persons
from hasip.store.proofs import Proofs
from hasip.store.read import World, all_readable
from hasip.store.single import Changed, Unfit, all_cores, change_core, change_trunk, find_core, find_trunk
from hasip.store.store import Applied, Store

__all__ = ["Applied", "CallStore", "Change", "Changed", "Difference", "FieldChange", "Page", "Persons", "Proofs", "Store", "StoreAway", "StoreBusy", "StoreChanged",
           "StoreError", "Unfit", "World", "all_cores", "all_readable", "change_core", "change_trunk", "difference", "find_core", "find_trunk", "page_of_trunks",
           "read_audit", "read_last_world", "write_last_world", "write_note"]
