"""How people get in."""
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from hasip.domain.person import Session
from hasip.people import LoginLimiter, PasswordHasher, SessionRules
from hasip.portal import NotKnown, TooManyTries
from hasip.portal.entry import Entry
from hasip.store import Proofs
from hasip.store.tables import SESSIONS, TOKENS

from .scene import ANNA, OPERATOR, PASSWORD, QUICK, Scene, play, quick_hasher

HERE = "192.0.2.1"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


def door(scene: Scene, clock: Clock) -> Entry:
    return Entry(scene.store, quick_hasher(), LoginLimiter(), SessionRules(), clock)


def test_a_password_begins_a_session_that_says_who_asks(url: str) -> None:
    async def work(scene: Scene) -> None:
        login = await scene.portal.entry.log_in("anna", PASSWORD, HERE)
        assert login.person == ANNA == await scene.portal.entry.by_session(login.secret)
        await scene.portal.entry.log_out(login.secret)
        with pytest.raises(NotKnown):
            await scene.portal.entry.by_session(login.secret)
    play(url, work)


def test_a_wrong_password_and_a_wrong_name_are_told_alike(url: str) -> None:
    async def work(scene: Scene) -> set[str]:
        said = set()
        for name, password in (("anna", "wrong"), ("nobody", PASSWORD), ("", PASSWORD), ("x" * 64, PASSWORD), ("anna\0", PASSWORD), ("anna", "x" * 2000)):
            with pytest.raises(NotKnown) as caught:
                await scene.portal.entry.log_in(name, password, HERE)
            said.add(str(caught.value))
        return said
    assert play(url, work) == {"name or password is wrong"}


def test_a_login_that_failed_is_logged_without_what_may_be_a_password(url: str) -> None:
    async def work(scene: Scene) -> None:
        for name, password in (("anna", "wrong"), (PASSWORD, "anna")):
            with pytest.raises(NotKnown):
                await door(scene, Clock()).log_in(name, password, HERE)

    with capture_logs() as logged:
        play(url, work)
    assert [(line["event"], line["name"], line["source"]) for line in logged] == [("a login failed", "anna", HERE), ("a login failed", "(unknown)", HERE)]


def test_after_five_wrong_passwords_the_right_one_waits_too(url: str) -> None:
    async def work(scene: Scene) -> None:
        clock = Clock()
        entry = door(scene, clock)
        for _ in range(5):
            with pytest.raises(NotKnown):
                await entry.log_in("anna", "wrong", HERE)
        with pytest.raises(TooManyTries) as caught:
            await entry.log_in("anna", PASSWORD, HERE)
        assert caught.value.wait_s == 60
        clock.now_s += 59.8
        with pytest.raises(TooManyTries, match="wait 1 s"):         # never 0, which would be too soon
            await entry.log_in("anna", PASSWORD, HERE)
        clock.now_s += 0.2
        await entry.log_in("anna", PASSWORD, HERE)
    play(url, work)


@pytest.mark.parametrize(("steps_s", "is_over"), [([3599], False), ([3600], True), ([3000] * 14, False), ([3000] * 14 + [1200], True)])
def test_a_session_ends_when_it_is_not_used_or_after_a_working_day(url: str, steps_s: list[int], is_over: bool) -> None:
    async def work(scene: Scene) -> None:
        clock = Clock()
        entry = door(scene, clock)
        secret = (await entry.log_in("anna", PASSWORD, HERE)).secret
        for step_s in steps_s[:-1]:
            clock.now_s += step_s
            await entry.by_session(secret)
        clock.now_s += steps_s[-1]
        if is_over:
            with pytest.raises(NotKnown, match="over"):
                await entry.by_session(secret)
        else:
            await entry.by_session(secret)
    play(url, work)


def test_the_store_has_no_secrets_but_digests(url: str) -> None:
    async def work(scene: Scene) -> None:
        secret = (await scene.portal.entry.log_in("anna", PASSWORD, HERE)).secret
        _, token = await scene.portal.users.make_token(ANNA, "script")
        async with scene.store.transaction() as connection:
            rows = [*(await connection.execute(SESSIONS.select())), *(await connection.execute(TOKENS.select()))]
        assert len(rows) == 2 and not any(each in str(rows) for each in (secret, token))
    play(url, work)


def test_another_password_ends_every_session(url: str) -> None:
    async def work(scene: Scene) -> None:
        secret = (await scene.portal.entry.log_in("anna", PASSWORD, HERE)).secret
        await scene.portal.users.set_password(ANNA, "anna", "another horse", PASSWORD)
        with pytest.raises(NotKnown):
            await scene.portal.entry.by_session(secret)
        await scene.portal.entry.log_in("anna", "another horse", HERE)
    play(url, work)


class InterruptedHasher(PasswordHasher):
    """One during whose work something happens."""

    def __init__(self, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__(QUICK)
        self._happens = happens

    async def matches(self, password: str, password_hash: str | None) -> bool:
        await self._happens()
        return await super().matches(password, password_hash)


def test_a_password_that_is_changed_while_it_is_looked_at_begins_no_session(url: str) -> None:
    async def work(scene: Scene) -> None:
        entry = Entry(scene.store, InterruptedHasher(lambda: scene.portal.users.set_password(OPERATOR, "anna", "another horse")))
        with pytest.raises(NotKnown, match="name or password is wrong"):
            await entry.log_in("anna", PASSWORD, HERE)
    play(url, work)


def test_who_is_removed_while_the_password_is_looked_at_begins_no_session(url: str) -> None:
    async def work(scene: Scene) -> None:
        session = Session("nobody", 1, 1, HERE)
        assert not await Proofs(scene.store).begin_session("digest", session, "hash", over_before_s=0, begun_before_s=0)
    play(url, work)


def test_a_token_says_who_asks_until_it_is_removed_or_its_time_is_over(url: str) -> None:
    async def work(scene: Scene) -> None:
        clock = Clock()
        entry = door(scene, clock)
        _, lasting = await scene.portal.users.make_token(ANNA, "lasting")
        short, ending = await scene.portal.users.make_token(ANNA, "ending", 3600)
        clock.now_s = short.made_s
        assert await entry.by_token(lasting) == await entry.by_token(ending) == ANNA
        clock.now_s += 3600
        with pytest.raises(NotKnown):
            await entry.by_token(ending)
        await scene.portal.users.remove_token(ANNA, "lasting")
        for text in (lasting, "", "hasip_x"):
            with pytest.raises(NotKnown):
                await entry.by_token(text)
    play(url, work)


def test_who_is_removed_is_nobody_at_once(url: str) -> None:
    async def work(scene: Scene) -> None:
        secret = (await scene.portal.entry.log_in("anna", PASSWORD, HERE)).secret
        _, token = await scene.portal.users.make_token(ANNA, "script")
        await scene.portal.users.remove(OPERATOR, "anna")
        with pytest.raises(NotKnown):
            await scene.portal.entry.by_session(secret)
        with pytest.raises(NotKnown):
            await scene.portal.entry.by_token(token)
    play(url, work)


def test_what_a_person_reaches_is_what_the_store_says_now(url: str) -> None:
    async def work(scene: Scene) -> None:
        secret = (await scene.portal.entry.log_in("anna", PASSWORD, HERE)).secret
        await scene.portal.users.set_trunks(OPERATOR, "anna", ["acme", "initech"])
        assert (await scene.portal.entry.by_session(secret)).trunks == {"acme", "initech"}
        await scene.portal.trunks.remove(OPERATOR, "initech")
        assert (await scene.portal.entry.by_session(secret)).trunks == {"acme"}
    play(url, work)
