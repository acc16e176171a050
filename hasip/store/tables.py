"""What the store's tables look like. Source of truth for queries; the migrations make databases look like this, and a test compares the two.

Columns are named for the domain's fields, and hasip/store/rows.py carries one into the other by these names.
"""
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

METADATA = MetaData(naming_convention={
    "pk": "%(table_name)s_pk", "ix": "%(table_name)s_%(column_0_name)s_ix", "fk": "%(table_name)s_%(referred_table_name)s_fk", "uq": "%(table_name)s_%(column_0_name)s_uq",
    "ck": "%(table_name)s_%(constraint_name)s_ck"})

STATE = Table(
    "state", METADATA,
    Column("id", Integer, CheckConstraint("id = 1", name="one"), primary_key=True),     # there is one row
    Column("generation", BigInteger, nullable=False),                                   # goes up with every transaction that changes anything
    Column("changed_at", DateTime(timezone=True)),
    Column("realm", Text, nullable=False))                                              # that the hashes were made for

CORES = Table(
    "cores", METADATA,
    Column("name", Text, primary_key=True),
    Column("allow", Text, nullable=False),
    Column("no_response_ms", Integer, nullable=False),
    Column("mode", Text),                                                               # none: it has targets
    Column("intra_region", Text, nullable=False))

TRUNKS = Table(
    "trunks", METADATA,
    Column("name", Text, primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("core", Text, ForeignKey("cores.name"), nullable=False, index=True),
    Column("mode", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    Column("add_ons", Text, nullable=False),
    Column("intra_region", Text, nullable=False),
    Column("caller_id_policy", Text, nullable=False),
    Column("failover_codes", Text, nullable=False),
    Column("failover_after_progress", Text, nullable=False),
    Column("no_response_ms", Integer, nullable=False),
    Column("ring_timeout_s", Integer, nullable=False),
    Column("max_call_s", Integer, nullable=False),
    Column("pool_full_status", Integer, nullable=False),
    Column("pool_full_status_to_trunk", Integer, nullable=False))


def owner(table: Table) -> Column[str]:
    """Return the column that says whose part a row is; what has no owner any more goes with it."""
    return Column("owner", Text, ForeignKey(table.c.name, ondelete="CASCADE"), primary_key=True)


def place(name: str = "position") -> Column[int]:
    """Return the column that keeps parts in order."""
    return Column(name, Integer, primary_key=True, autoincrement=False)


def target_columns() -> tuple[Column[str], Column[int], Column[str], Column[bool]]:
    """Return the columns of a place that calls can be sent to; no host: there is none."""
    return (Column("host", Text, nullable=False), Column("port", Integer, nullable=False), Column("transport", Text, nullable=False),
            Column("large_by_tcp", Boolean, nullable=False))


CORE_TARGETS = Table("core_targets", METADATA, owner(CORES), place(), *target_columns())

NUMBERS = Table(
    "numbers", METADATA,
    Column("number", Text, primary_key=True),                                           # belongs to one trunk, whoever writes here
    Column("owner", Text, ForeignKey("trunks.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False))

ACCOUNTS = Table(
    "accounts", METADATA,
    owner(TRUNKS),
    Column("name", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("authentication", Text, nullable=False),
    Column("allow", Text, nullable=False),
    *target_columns(),
    Column("username", Text, unique=True),                                              # none, for who is known by address
    Column("ha1_md5", Text, nullable=False),
    Column("ha1_sha256", Text, nullable=False),
    Column("probe", Boolean, nullable=False))


def regions_of(name: str, peers: Table) -> Table:
    """Return the regions of cores, or of trunks: the columns are the same."""
    return Table(name, METADATA, owner(peers), place(), Column("name", Text, nullable=False))


def zones_of(name: str, regions: Table) -> Table:
    """Return the zones of regions."""
    return Table(
        name, METADATA,
        Column("owner", Text, primary_key=True), place("region"), place(),
        Column("name", Text, nullable=False),
        Column("allow", Text, nullable=False),
        *target_columns(),
        Column("interface", Text, nullable=False),
        Column("source", Text),                                                         # none: the interface's address that is nearest
        ForeignKeyConstraint(["owner", "region"], [regions.c.owner, regions.c.position], ondelete="CASCADE"))


CORE_REGIONS = regions_of("core_regions", CORES)
CORE_ZONES = zones_of("core_zones", CORE_REGIONS)
TRUNK_REGIONS = regions_of("trunk_regions", TRUNKS)
TRUNK_ZONES = zones_of("trunk_zones", TRUNK_REGIONS)

OF_CORES = (CORE_TARGETS, CORE_REGIONS, CORE_ZONES)             # each before what refers to it
OF_TRUNKS = (NUMBERS, ACCOUNTS, TRUNK_REGIONS, TRUNK_ZONES)

USERS = Table(
    "users", METADATA,
    Column("name", Text, primary_key=True),
    Column("role", Text, CheckConstraint("role IN ('operator', 'customer')", name="role"), nullable=False),
    Column("password_hash", Text, nullable=False))                                      # argon2, with its own salt and cost

USER_TRUNKS = Table(
    "user_trunks", METADATA,
    Column("user", Text, ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
    Column("trunk", Text, ForeignKey("trunks.name", ondelete="CASCADE"), primary_key=True, index=True))

SESSIONS = Table(
    "sessions", METADATA,
    Column("digest", Text, primary_key=True),                                           # of the secret that the browser has
    Column("user", Text, ForeignKey("users.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("begun_s", BigInteger, nullable=False),                                      # seconds since 1970
    Column("seen_s", BigInteger, nullable=False),
    Column("source", Text, nullable=False))

TOKENS = Table(
    "tokens", METADATA,
    Column("user", Text, ForeignKey("users.name", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("made_s", BigInteger, nullable=False),
    Column("ends_s", BigInteger),                                                       # none: it does not end by itself
    Column("seen_s", BigInteger))                                                       # none: never used

AUDIT = Table(
    "audit", METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("generation", BigInteger, nullable=False, index=True),                       # that the change made: who follows reads here what to read again; 0: none
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),                                             # added, changed, removed, drained, …
    Column("subject", Text, nullable=False),                                            # core, trunk; with generation 0: user, token, zone, …
    Column("name", Text, nullable=False, index=True),
    Column("old", Text, nullable=False),                                                # JSON, secrets hidden
    Column("new", Text, nullable=False))

CALLS = Table(                      # records of calls that have ended, some in a row: an index entry for each of them would cost more than the call
    "calls", METADATA,
    Column("batch", BigInteger, primary_key=True, autoincrement=False),                 # Unix ms when it was written, and a batch's number on its node
    Column("node", Text, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),                    # of the first record in its batch
    Column("trunk", Text, nullable=False),                                              # of all of them, empty: none; MIXED: see each
    Column("records", Integer, nullable=False),
    Column("moved", Integer, nullable=False),                                           # how many went on to another target
    Column("first_ms", BigInteger, nullable=False),                                     # when their calls came in
    Column("last_ms", BigInteger, nullable=False),
    Column("call_key", BigInteger),                                                     # what a Call-ID is found by, where it is one record…
    Column("call_keys", LargeBinary),                                                   # …and of several, one after the other, 4 bytes each
    Column("content", LargeBinary, nullable=False))                                     # hasip/records/packing.py reads it

CALLS_OF_TRUNK = Index("calls_trunk_ix", CALLS.c.trunk, CALLS.c.batch)
CALLS_BY_KEY = Index("calls_call_key_ix", CALLS.c.call_key)
CALLS_MOVED = Index("calls_moved_ix", CALLS.c.batch, sqlite_where=text("moved > 0"), postgresql_where=text("moved > 0"))
