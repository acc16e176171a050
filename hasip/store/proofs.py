"""What people are known by besides their password: sessions and tokens. Only digests of the secrets are here."""
from collections.abc import Sequence

from sqlalchemy import delete, insert, or_, select, update

from hasip.domain.person import Person, Session, Token
from hasip.store.failures import StoreError
from hasip.store.persons import note, wanted
from hasip.store.store import Store
from hasip.store.tables import SESSIONS, TOKENS, USERS

SESSIONS_MAX = 20               # of one person; the oldest end


class Proofs:
    """Sessions and tokens of one store. Errors of every method: those of Store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def begin_session(self, digest: str, session: Session, password_hash: str, *, over_before_s: int, begun_before_s: int) -> bool:
        """Keep a session; those of anybody not seen or begun since these moments are over, and go. False for somebody whose password has another hash by now."""
        async with self._store.transaction(writes=True) as connection:
            user = select(USERS.c.name).where(USERS.c.name == session.user, USERS.c.password_hash == password_hash).with_for_update()
            if (await connection.execute(user)).first() is None:
                return False
            await connection.execute(delete(SESSIONS).where(or_(SESSIONS.c.seen_s < over_before_s, SESSIONS.c.begun_s < begun_before_s)))
            newest = select(SESSIONS.c.digest).where(SESSIONS.c.user == session.user).order_by(SESSIONS.c.seen_s.desc()).limit(SESSIONS_MAX - 1)
            kept = list((await connection.execute(newest)).scalars())
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.user == session.user, SESSIONS.c.digest.not_in(kept)))
            await connection.execute(insert(SESSIONS).values(
                digest=digest, user=session.user, begun_s=session.begun_s, seen_s=session.seen_s, source=session.source))
            return True

    async def find_session(self, digest: str) -> tuple[Session, Person] | None:
        """Return a session and whose it is; None where there is none."""
        async with self._store.transaction() as connection:
            row = (await connection.execute(select(SESSIONS).where(SESSIONS.c.digest == digest))).first()
            return (Session(row.user, row.begun_s, row.seen_s, row.source), await wanted(connection, row.user)) if row else None

    async def see_session(self, digest: str, now_s: int) -> None:
        """Note that a session is in use."""
        async with self._store.transaction(writes=True) as connection:
            await connection.execute(update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_s=now_s))

    async def end_session(self, digest: str) -> None:
        """End a session."""
        async with self._store.transaction(writes=True) as connection:
            await connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest))

    async def add_token(self, digest: str, token: Token, *, who: str) -> None:
        """Keep a token. Errors: StoreError for a name that the person has given already."""
        async with self._store.transaction(writes=True) as connection:
            await wanted(connection, token.user)
            if (await connection.execute(select(TOKENS.c.name).where(TOKENS.c.user == token.user, TOKENS.c.name == token.name))).first():
                raise StoreError(f'token "{token.name}" of {token.user} is there already: give this one another name, or remove that one')
            await connection.execute(insert(TOKENS).values(
                user=token.user, name=token.name, digest=digest, made_s=token.made_s, ends_s=token.ends_s, seen_s=None))
            await note(connection, who, "added", "token", f"{token.user}/{token.name}", new={"ends_s": token.ends_s})

    async def find_token(self, digest: str) -> tuple[Token, Person] | None:
        """Return a token and whose it is; None where there is none."""
        async with self._store.transaction() as connection:
            row = (await connection.execute(select(TOKENS).where(TOKENS.c.digest == digest))).first()
            return (Token(row.user, row.name, row.made_s, row.ends_s, row.seen_s), await wanted(connection, row.user)) if row else None

    async def see_token(self, digest: str, now_s: int) -> None:
        """Note that a token is in use."""
        async with self._store.transaction(writes=True) as connection:
            await connection.execute(update(TOKENS).where(TOKENS.c.digest == digest).values(seen_s=now_s))

    async def tokens(self, user: str) -> Sequence[Token]:
        """Return somebody's tokens, by name."""
        async with self._store.transaction() as connection:
            rows = await connection.execute(select(TOKENS).where(TOKENS.c.user == user).order_by(TOKENS.c.name))
            return [Token(row.user, row.name, row.made_s, row.ends_s, row.seen_s) for row in rows]

    async def remove_token(self, user: str, name: str, *, who: str) -> bool:
        """End a token; False where there is none."""
        async with self._store.transaction(writes=True) as connection:
            gone = (await connection.execute(delete(TOKENS).where(TOKENS.c.user == user, TOKENS.c.name == name))).rowcount
            if gone:
                await note(connection, who, "removed", "token", f"{user}/{name}")
            return bool(gone)
