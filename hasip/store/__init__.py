"""The store: cores and trunks, in SQLite or PostgreSQL, with a number that every change raises; and the records of calls."""
from hasip.store.calls import CallStore
from hasip.store.difference import Change, Difference, FieldChange, difference
from hasip.store.failures import StoreAway, StoreBusy, StoreChanged, StoreError
from hasip.store.last_world import read_last_world, write_last_world
from hasip.store.read import World
from hasip.store.store import Applied, Store

__all__ = ["Applied", "CallStore", "Change", "Difference", "FieldChange", "Store", "StoreAway", "StoreBusy", "StoreChanged", "StoreError", "World", "difference",
           "read_last_world", "write_last_world"]
