"""Users, tokens, and what the audit log tells of them."""
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hasip.domain.person import Person
from hasip.portal import NotAllowed, NotFit, NotFound, NotPossible, TooManyTries

from .scene import ANNA, BERT, OPERATOR, PASSWORD, Scene, play


def test_an_operator_lets_people_in_and_the_audit_log_tells_it_without_the_password(url: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.portal.users.add(OPERATOR, "carl", "customer", "a long password", ["initech"])
        assert Person("carl", "customer", frozenset({"initech"})) in await scene.portal.users.all(OPERATOR)
        await scene.portal.users.set_password(OPERATOR, "carl", "another password")
        await scene.portal.entry.log_in("carl", "another password", "192.0.2.1")
        await scene.portal.users.remove(OPERATOR, "carl")
        entries = [entry for entry in await scene.portal.audit.entries(OPERATOR) if entry.name == "carl"]
        assert [(entry.who, entry.action, entry.subject) for entry in entries] == [("root", action, "user") for action in ("removed", "changed", "added")]
        assert "password" not in "".join(entry.old + entry.new for entry in entries).replace('"password": "(hidden)"', "")
    play(url, work)


@pytest.mark.parametrize(("work", "kind"), [
    (lambda users: users.add(OPERATOR, "anna", "customer", PASSWORD), NotPossible),
    (lambda users: users.add(OPERATOR, "carl", "customer", PASSWORD, ["no-such"]), NotPossible),
    (lambda users: users.add(OPERATOR, "carl", "operator", PASSWORD, ["acme"]), NotFit),
    (lambda users: users.add(OPERATOR, "carl", "customer", "short"), NotFit),
    *((lambda users, name=name: users.add(OPERATOR, name, "customer", PASSWORD), NotFit) for name in ("", "x" * 64, "carl\n", "carl\0")),
    (lambda users: users.make_token(ANNA, "x" * 64), NotFit),
    (lambda users: users.set_trunks(OPERATOR, "root", ["acme"]), NotPossible),
    (lambda users: users.set_trunks(OPERATOR, "nobody", ["acme"]), NotFound),
    (lambda users: users.set_password(OPERATOR, "nobody", PASSWORD), NotFound),
    (lambda users: users.set_password(OPERATOR, "root", PASSWORD), NotAllowed),
    (lambda users: users.set_password(ANNA, "anna", "another password", "wrong"), NotAllowed),
    (lambda users: users.set_password(ANNA, "bert", "another password", PASSWORD), NotAllowed),
    (lambda users: users.remove(OPERATOR, "root"), NotPossible),
    (lambda users: users.remove(OPERATOR, "nobody"), NotFound),
    (lambda users: users.all(ANNA), NotAllowed),
    (lambda users: users.remove(ANNA, "bert"), NotAllowed),
    (lambda users: users.remove_token(ANNA, "none"), NotFound)])
def test_what_does_not_go_is_refused(url: str, work: Callable[[Any], Awaitable[Any]], kind: type[Exception]) -> None:
    async def run(scene: Scene) -> None:
        before = await scene.portal.users.all(OPERATOR)
        with pytest.raises(kind):
            await work(scene.portal.users)
        assert await scene.portal.users.all(OPERATOR) == before
    play(url, run)


def test_who_is_in_guesses_the_old_password_no_faster_than_who_is_not(url: str) -> None:
    async def work(scene: Scene) -> None:
        for _ in range(5):
            with pytest.raises(NotAllowed):
                await scene.portal.users.set_password(ANNA, "anna", "another password", "wrong")
        with pytest.raises(TooManyTries):
            await scene.portal.users.set_password(ANNA, "anna", "another password", PASSWORD)
        await scene.portal.entry.log_in("anna", PASSWORD, "192.0.2.1")          # that keeps nobody out
    play(url, work)


def test_tokens_are_their_owners_alone(url: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.portal.users.make_token(ANNA, "script")
        await scene.portal.users.make_token(BERT, "script")
        with pytest.raises(NotPossible, match="there already"):
            await scene.portal.users.make_token(ANNA, "script")
        await scene.portal.users.remove_token(ANNA, "script")
        assert [each.name for each in await scene.portal.users.tokens(BERT)] == ["script"] and not await scene.portal.users.tokens(ANNA)
    play(url, work)


def test_customers_read_in_the_audit_log_what_became_of_their_trunks_and_nothing_else(url: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.portal.trunks.change(BERT, "globex", {"mode": "only_primary"})
        await scene.portal.users.add(OPERATOR, "acme", "customer", PASSWORD)             # a user that is called as the trunk is
        entries = await scene.portal.audit.entries(ANNA)
        assert {(entry.subject, entry.name) for entry in entries} == {("trunk", "acme")}
        assert len(await scene.portal.audit.entries(OPERATOR)) > len(entries)
        with pytest.raises(NotFound):
            await scene.portal.audit.entries(ANNA, trunk="globex")
    play(url, work)


def test_the_audit_log_is_read_by_the_page(url: str) -> None:
    async def work(scene: Scene) -> None:
        whole = await scene.portal.audit.entries(OPERATOR)
        first = await scene.portal.audit.entries(OPERATOR, limit=3)
        assert first + await scene.portal.audit.entries(OPERATOR, before=first[-1].id) == whole and len(first) == 3
    play(url, work)
