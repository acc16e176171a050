"""The people of a store, as the command line changes them: whoever opens the store may."""
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import cast, get_args

import typer
from rich.markup import escape
from rich.table import Table

from hasip.cli.apply import user_name
from hasip.cli.paper import paper
from hasip.cli.store import with_store
from hasip.cli.wording import counted
from hasip.domain.node import Node
from hasip.domain.person import Person, Role, Token
from hasip.people import PasswordHasher, digest_of, name_problem, new_token
from hasip.store import Persons, Proofs, Store, StoreError

DAY_S = 86_400


class People:
    """Who may log in. Errors of every method: those of Store."""

    def __init__(self, store: Store) -> None:
        self._persons, self._proofs, self._hasher = Persons(store), Proofs(store), PasswordHasher()
        self._who = f"{user_name()} (hasip user)"

    async def all(self) -> tuple[Person, ...]:
        """Return everybody, by name."""
        return await self._persons.all()

    async def add(self, name: str, role: Role, password: str, trunks: Iterable[str]) -> None:
        """Let somebody in."""
        demand_name(name)
        person = Person(name, role, frozenset(trunks))
        if role == "operator" and person.trunks:
            raise StoreError("an operator reaches every trunk: leave --trunk out")
        await self._persons.add(person, await self._hasher.hash(password), who=self._who)

    async def remove(self, name: str) -> None:
        """Let somebody in no more."""
        await self._persons.remove(name, who=self._who)

    async def set_password(self, name: str, password: str) -> None:
        """Set somebody's password."""
        await self._persons.set_password(name, await self._hasher.hash(password), who=self._who)

    async def set_trunks(self, name: str, trunks: Iterable[str]) -> None:
        """Let a customer have these trunks."""
        await self._persons.set_trunks(name, trunks, who=self._who)

    async def make_token(self, name: str, token: str, days: int | None) -> str:
        """Return a new token."""
        demand_name(token)
        now_s, secret = int(time.time()), new_token()
        await self._proofs.add_token(digest_of(secret), Token(name, token, now_s, None if days is None else now_s + days * DAY_S, None), who=self._who)
        return secret

    async def remove_token(self, name: str, token: str) -> None:
        """End a token."""
        if not await self._proofs.remove_token(name, token, who=self._who):
            raise StoreError(f'no token "{token}" of {name}')


def demand_name(name: str) -> None:
    """Do nothing for a name that somebody, or a token, can have. Errors: StoreError."""
    if problem := name_problem(name):
        raise StoreError(problem)


def with_people(node_file: Path, work: Callable[[People], Awaitable[None]]) -> None:
    """Run some work on the people of a node's store; what goes wrong is said, and exit code 1."""
    async def with_them(_node: Node, store: Store) -> None:
        await work(People(store))

    with_store(node_file, with_them)


def role_of(text: str) -> Role:
    """Return a role; what is none ends the command."""
    if text in get_args(Role):
        return cast(Role, text)
    typer.echo(f"{text!r} is no role: operator or customer", err=True)
    raise typer.Exit(1)


def print_users(persons: tuple[Person, ...], *, as_json: bool) -> None:
    """Print who may log in."""
    if as_json:
        typer.echo(json.dumps([{"name": each.name, "role": each.role, "trunks": sorted(each.trunks)} for each in persons], indent=1))
        return
    table = Table("Name", "Role", "Trunks", title=counted(len(persons), "user"))
    for each in persons:
        table.add_row(escape(each.name), each.role, "all" if each.role == "operator" else escape(", ".join(sorted(each.trunks))))
    paper().print(table)
