"""How people get in: a password begins a session, a session or a token says who asks."""
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from hasip.domain.person import Person, Session
from hasip.people import NAME_MAX, PASSWORD_MAX, LoginLimiter, PasswordHasher, SessionRules, digest_of, name_problem, new_secret
from hasip.portal.refusals import NotKnown, TooManyTries
from hasip.store import Persons, Proofs, Store

SEEN_S = 60                 # a token's use is noted no more often
WRONG = "name or password is wrong"
UNKNOWN = "(unknown)"

log = structlog.get_logger("hasip")


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who got in, and the secret that the browser keeps."""

    person: Person
    secret: str


class Entry:
    """The door. Errors of every method: Refusal, and those of Store."""

    def __init__(self, store: Store, hasher: PasswordHasher, limiter: LoginLimiter | None = None, rules: SessionRules | None = None,
                 clock: Callable[[], float] = time.time) -> None:
        self._persons = Persons(store)
        self._proofs = Proofs(store)
        self._hasher = hasher
        self._limiter = limiter or LoginLimiter()
        self._rules = rules or SessionRules()
        self._clock = clock

    async def log_in(self, name: str, password: str, source: str) -> Login:
        """Return a new session. Errors: NotKnown, TooManyTries."""
        now_s, counted_name = self._clock(), name[:NAME_MAX + 1]
        if (wait_s := self._limiter.wait_s(source, counted_name, now_s)) > 0:
            raise TooManyTries(wait_s)
        self._limiter.note_try(source, counted_name, now_s)
        found = await self._persons.find(name) if not name_problem(name) and len(password) <= PASSWORD_MAX else None
        person, password_hash = found or (None, None)
        if not await self._hasher.matches(password[:PASSWORD_MAX], password_hash) or person is None or password_hash is None:
            log.warning("a login failed", name=name if person else UNKNOWN, source=source)      # what is no name may be somebody's password
            raise NotKnown(WRONG)
        secret = new_secret()
        if not await self._proofs.begin_session(digest_of(secret), Session(person.name, int(now_s), int(now_s), source), password_hash,
                                                over_before_s=self._rules.over_before_s(now_s), begun_before_s=self._rules.begun_before_s(now_s)):
            raise NotKnown(WRONG)               # it was right when we began to look
        self._limiter.note_success(source, counted_name, now_s)
        return Login(person, secret)

    async def by_session(self, secret: str) -> Person:
        """Return whose session it is. Errors: NotKnown."""
        digest, now_s = digest_of(secret), self._clock()
        found = await self._proofs.find_session(digest)
        if found is None or self._rules.is_over(found[0], now_s):
            raise NotKnown("the session is over: log in again")
        if self._rules.is_to_be_noted(found[0], now_s):
            await self._proofs.see_session(digest, int(now_s))
        return found[1]

    async def by_token(self, text: str) -> Person:
        """Return whose token it is. Errors: NotKnown."""
        digest, now_s = digest_of(text), self._clock()
        found = await self._proofs.find_token(digest)
        if found is None or found[0].ends_s is not None and now_s >= found[0].ends_s:
            raise NotKnown("the token is none, or its time is over")
        if found[0].seen_s is None or now_s >= found[0].seen_s + SEEN_S:
            await self._proofs.see_token(digest, int(now_s))
        return found[1]

    async def log_out(self, secret: str) -> None:
        """End a session."""
        await self._proofs.end_session(digest_of(secret))
