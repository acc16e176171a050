"""`hasip user`: who may use the API and the console. Works on the store, with or without a running node."""
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hasip.cli import JsonOption, StoreNodeOption

if TYPE_CHECKING:
    from hasip.cli.people import People

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Who it is.")]
TrunkOption = Annotated[list[str] | None, typer.Option("--trunk", "-t", metavar="TRUNK", help="A customer's trunk; say it again for each.")]

user = typer.Typer(help="Who may use the API and the console.", no_args_is_help=True)


@user.command("add")
def add_user(name: NameArgument, node: StoreNodeOption, role: Annotated[str, typer.Option("--role", help="operator or customer.")] = "customer",
             trunk: TrunkOption = None) -> None:
    """Let somebody in: an operator, or a customer with trunks. Asks for the password, or reads it from standard input."""
    from hasip.cli.people import role_of

    wanted = role_of(role)
    password = new_password(name)

    async def work(people: "People") -> None:
        await people.add(name, wanted, password, trunk or ())

    do(node, work)
    typer.echo(f"added: {wanted} {name}" + (f", {', '.join(trunk)}" if trunk else ""))


@user.command("list")
def list_users(node: StoreNodeOption, as_json: JsonOption = False) -> None:
    """Show who may log in, and what they reach."""
    from hasip.cli.people import print_users

    async def work(people: "People") -> None:
        print_users(await people.all(), as_json=as_json)

    do(node, work)


@user.command("remove")
def remove_user(name: NameArgument, node: StoreNodeOption) -> None:
    """Let somebody in no more: sessions and tokens end at once."""
    async def work(people: "People") -> None:
        await people.remove(name)

    do(node, work)
    typer.echo(f"removed: {name}")


@user.command("password")
def set_password(name: NameArgument, node: StoreNodeOption) -> None:
    """Set somebody's password; every session of theirs ends."""
    password = new_password(name)

    async def work(people: "People") -> None:
        await people.set_password(name, password)

    do(node, work)
    typer.echo(f"password set: {name}")


@user.command("trunks")
def set_trunks(name: NameArgument, node: StoreNodeOption, trunk: TrunkOption = None) -> None:
    """Let a customer have these trunks and no others."""
    async def work(people: "People") -> None:
        await people.set_trunks(name, trunk or ())

    do(node, work)
    typer.echo(f"{name}: {', '.join(trunk) if trunk else 'no trunks'}")


@user.command("token")
def make_token(name: NameArgument, token: Annotated[str, typer.Argument(metavar="TOKEN", help="What the token is called.")], node: StoreNodeOption,
               days: Annotated[int | None, typer.Option("--days", min=1, max=3650, help="How long it is good for; without, until it is removed.")] = None,
               remove: Annotated[bool, typer.Option("--remove", help="End it instead.")] = False) -> None:
    """Make a token for a program that acts for somebody, and print it: it is seen only now."""
    async def work(people: "People") -> None:
        if remove:
            await people.remove_token(name, token)
            typer.echo(f"removed: {token} of {name}")
        else:
            typer.echo(await people.make_token(name, token, days))

    do(node, work)


def new_password(name: str) -> str:
    """Return a password that was typed twice, or the first line of what comes on standard input."""
    import sys

    from hasip.people import password_problem

    password: str = typer.prompt(f"password of {name}", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if problem := password_problem(password):
        typer.echo(problem, err=True)
        raise typer.Exit(1)
    return password


def do(node: Path, work: "Callable[[People], Awaitable[None]]") -> None:
    """Run some work on the people of a node's store."""
    from hasip.cli.people import with_people

    with_people(node, work)
