"""The one service under API and console, put together."""
from collections.abc import Callable

from hasip.domain.node import Node
from hasip.people import LoginLimiter, PasswordHasher
from hasip.portal.audit import Audit
from hasip.portal.cores import Cores
from hasip.portal.entry import Entry
from hasip.portal.events import Events
from hasip.portal.live import Live
from hasip.portal.live_state import LiveState
from hasip.portal.records import Records
from hasip.portal.trunks import Trunks
from hasip.portal.users import Users
from hasip.records.reading import Rows
from hasip.store import Store


class Portal:
    """What people see and change of a node and its store. Threads: the loop's. Borrows: the store, and the rows of calls in it."""

    def __init__(self, store: Store, calls: Rows, live: Live, node: Node, *, hasher: PasswordHasher | None = None, limiter: LoginLimiter | None = None,
                 obstacle: Callable[[], str] = lambda: "") -> None:
        hasher, limiter = hasher or PasswordHasher(), limiter or LoginLimiter()
        self.entry = Entry(store, hasher, limiter)
        self.users = Users(store, hasher, limiter)
        self.trunks = Trunks(store, live, node.registrar, node.trunk_capacity)
        self.cores = Cores(store, live, node.registrar)
        self.live = LiveState(store, live)
        self.audit = Audit(store)
        self.records = Records(calls, self.live, self.audit)
        self.events = Events(live, self.live)
        self.obstacle = obstacle                # why nothing can be told yet; empty: it can
