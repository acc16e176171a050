"""What a store can't do, and why: the drivers' errors become ours in one place."""
import contextlib
from collections.abc import Iterator

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

COLLIDED, BAD_DATA = "40", "22"                 # PostgreSQL's classes: a deadlock among them; a character that no text has. The driver gives them no type
LOCKED = ("database is locked", "lock timeout")


class StoreError(Exception):
    """The store refuses. Trying again does not help until something is changed."""


class StoreAway(StoreError):
    """The store can't be reached now: later it may."""


class StoreBusy(StoreError):
    """Another change is being made and does not end."""


class StoreChanged(StoreError):
    """Somebody was quicker: what was shown is not what there is any more."""


@contextlib.contextmanager
def failures_as_ours(where: str) -> Iterator[None]:
    """Raise whatever a database or its driver says as StoreAway, StoreBusy or StoreError. No statement's values come along: they have hashes."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, SQLAlchemyError | OSError) and not is_bare(error):         # a TimeoutError is an OSError
            raise
        said = first_line(error)
        if any(words in said for words in LOCKED) or sqlstate_of(error).startswith(COLLIDED):
            raise StoreBusy(f"{where}: another change is being made and does not end: try again") from None
        if isinstance(error, IntegrityError | DataError | ProgrammingError) or sqlstate_of(error).startswith(BAD_DATA):
            raise StoreError(f"{where}: refused: {said}") from None
        raise StoreAway(f"{where} is away: {said}") from None


def is_bare(error: Exception) -> bool:
    """True for an error of PostgreSQL's driver that SQLAlchemy did not make its own: it does not while a connection is being set up."""
    return type(error).__module__.partition(".")[0] == "asyncpg"


def sqlstate_of(error: BaseException) -> str:
    """Return PostgreSQL's own code; empty where there is none."""
    return str(getattr(error.orig, "sqlstate", None) or "") if isinstance(error, DBAPIError) else ""


def first_line(error: BaseException) -> str:
    """Return what went wrong in the driver's own words, without the rows it shows behind."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    lines = str(cause).splitlines()
    return lines[0].rpartition(">: ")[2] if lines else type(cause).__name__
