"""Users and tokens, for operators; and for everybody the tokens and the password of their own."""
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

from hasip.domain.person import Person, Role, Token
from hasip.people import LoginLimiter, PasswordHasher, digest_of, name_problem, new_token, password_problem
from hasip.portal.refusals import NotAllowed, NotFit, NotFound, NotPossible, TooManyTries
from hasip.portal.rights import Action, demand
from hasip.store import Persons, Proofs, Store, StoreAway, StoreBusy, StoreError

WITHIN = "within"           # the source of tries by who is in already


class Users:
    """The people of one store, for people. Errors of every method: Refusal, and those of Store."""

    def __init__(self, store: Store, hasher: PasswordHasher, limiter: LoginLimiter, clock: Callable[[], float] = time.time) -> None:
        self._persons = Persons(store)
        self._proofs = Proofs(store)
        self._hasher = hasher
        self._limiter = limiter
        self._clock = clock

    async def all(self, person: Person) -> tuple[Person, ...]:
        """Return everybody, by name."""
        demand(person, Action.SEE_USERS)
        return await self._persons.all()

    async def add(self, person: Person, name: str, role: Role, password: str, trunks: Iterable[str] = ()) -> Person:
        """Let somebody in."""
        demand(person, Action.CHANGE_USERS)
        if problem := name_problem(name):
            raise NotFit([("name", problem)])
        added = Person(name, role, frozenset(trunks))
        if role == "operator" and added.trunks:
            raise NotFit([("trunks", "an operator reaches every trunk: leave them out")])
        password_hash = await self._hash(password)
        await refusing(self._persons.add(added, password_hash, who=person.name))
        return added

    async def set_trunks(self, person: Person, name: str, trunks: Iterable[str]) -> None:
        """Let a customer have these trunks and no others."""
        demand(person, Action.CHANGE_USERS)
        await self._there(name)
        await refusing(self._persons.set_trunks(name, trunks, who=person.name))

    async def set_password(self, person: Person, name: str, password: str, old_password: str | None = None) -> None:
        """Give somebody another password: operators anybody, others themselves with the old one. Every session of theirs ends."""
        if person.name == name:
            await self._prove(name, old_password)
        else:
            demand(person, Action.CHANGE_USERS)
            await self._there(name)
        await refusing(self._persons.set_password(name, await self._hash(password), who=person.name))

    async def remove(self, person: Person, name: str) -> None:
        """Let somebody in no more."""
        demand(person, Action.CHANGE_USERS)
        await self._there(name)
        if person.name == name:
            raise NotPossible("nobody removes themselves: another operator can")
        await refusing(self._persons.remove(name, who=person.name))

    async def tokens(self, person: Person) -> Sequence[Token]:
        """Return somebody's own tokens, by name; their secrets are not known any more."""
        demand(person, Action.MAKE_OWN_TOKENS)
        return await self._proofs.tokens(person.name)

    async def make_token(self, person: Person, name: str, lasts_s: int | None = None) -> tuple[Token, str]:
        """Return a token of somebody's own, and its secret, which is seen only now."""
        demand(person, Action.MAKE_OWN_TOKENS)
        if problem := name_problem(name):
            raise NotFit([("name", problem)])
        now_s = int(self._clock())
        token, secret = Token(person.name, name, now_s, None if lasts_s is None else now_s + lasts_s, None), new_token()
        await refusing(self._proofs.add_token(digest_of(secret), token, who=person.name))
        return token, secret

    async def remove_token(self, person: Person, name: str) -> None:
        """End a token of somebody's own."""
        demand(person, Action.MAKE_OWN_TOKENS)
        if not await self._proofs.remove_token(person.name, name, who=person.name):
            raise NotFound(f'no token "{name}"')

    async def _prove(self, name: str, password: str | None) -> None:
        """Do nothing for the password of somebody. Errors: NotAllowed; TooManyTries: who found a session or token must not guess faster than who has none."""
        _, password_hash = await self._there(name)
        now_s = self._clock()
        if (wait_s := self._limiter.wait_s(WITHIN, name, now_s)) > 0:
            raise TooManyTries(wait_s)
        self._limiter.note_try(WITHIN, name, now_s)
        if password is None or not await self._hasher.matches(password, password_hash):
            raise NotAllowed("the old password is wrong")
        self._limiter.note_success(WITHIN, name, now_s)

    async def _there(self, name: str) -> tuple[Person, str]:
        found = await self._persons.find(name)
        if found is None:
            raise NotFound(f'no user "{name}"')
        return found

    async def _hash(self, password: str) -> str:
        if problem := password_problem(password):
            raise NotFit([("password", problem)])
        return await self._hasher.hash(password)


async def refusing(work: Awaitable[None]) -> None:
    """Do some work; what the store refuses for its content is what the person can't have. Errors: NotPossible; StoreAway, StoreBusy as they are."""
    try:
        await work
    except (StoreAway, StoreBusy):
        raise
    except StoreError as error:
        raise NotPossible(str(error)) from None
