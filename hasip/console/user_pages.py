"""Users, for operators: who may sign in, one more, and what becomes of one."""
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from hasip.console.beside import Places, beside_fields
from hasip.console.views import UserRow
from hasip.console.visit import Visit, go, visited
from hasip.domain.person import Person
from hasip.portal import Action, NotFit, NotFound, NotPossible, Portal, demand

PLACES: Places = {field: (field,) for field in ("name", "role", "trunks", "password")}


def user_routes(portal: Portal) -> list[Route]:
    """Return the routes. A user's page is not below /users: there it would hide one that is called as an action is."""
    return [Route("/users", visited(portal, users), methods=["GET", "POST"]), Route("/users/remove", visited(portal, remove_user), methods=["POST"]),
            Route("/user/{user}", visited(portal, user)), Route("/user/{user}/trunks", visited(portal, set_trunks), methods=["POST"]),
            Route("/user/{user}/password", visited(portal, set_password), methods=["POST"])]


async def users(visit: Visit) -> Response:
    """Who may sign in, and one more."""
    if visit.request.method != "POST":
        return await users_page(visit, {}, {})
    fields = await visit.form()
    try:
        await visit.portal.users.add(visit.person, fields.get("name", "").strip(), "operator" if fields.get("role") == "operator" else "customer",
                                     fields.get("password", ""), lines_in(fields.get("trunks", "")))
    except NotFit as refusal:
        return await users_page(visit, beside_fields(refusal.problems, PLACES), fields)
    except NotPossible as refusal:
        return await users_page(visit, {"": str(refusal)}, fields)
    return go("/users", "user")


async def users_page(visit: Visit, errors: dict[str, str], filled: dict[str, str]) -> Response:
    """Return the page of users, with what was wrong with a new one."""
    shown = tuple(map(user_row, await visit.portal.users.all(visit.person)))
    return visit.show("users.html", 422 if errors else 200, users=shown, errors=errors, filled=filled)


async def remove_user(visit: Visit) -> Response:
    """Let somebody in no more."""
    fields = await visit.form()
    await visit.portal.users.remove(visit.person, fields.get("name", ""))
    return go("/users", "removed")


async def user(visit: Visit) -> Response:
    """One user."""
    return await user_page(visit, {})


async def set_trunks(visit: Visit) -> Response:
    """Let a customer have other trunks."""
    fields = await visit.form()
    wanted = lines_in(fields.get("trunks", ""))
    try:
        await visit.portal.users.set_trunks(visit.person, visit.name("user"), wanted)
    except NotPossible as refusal:
        return await user_page(visit, {"trunks": str(refusal)}, tuple(wanted))
    return go("/users", "saved-user")


async def set_password(visit: Visit) -> Response:
    """Give somebody another password."""
    fields = await visit.form()
    try:
        await visit.portal.users.set_password(visit.person, visit.name("user"), fields.get("password", ""))
    except NotFit as refusal:
        return await user_page(visit, beside_fields(refusal.problems, PLACES))
    return go("/users", "password")


async def user_page(visit: Visit, errors: dict[str, str], wanted: tuple[str, ...] | None = None) -> Response:
    """Return a user's page, with what was wrong."""
    demand(visit.person, Action.CHANGE_USERS)
    name = visit.name("user")
    found = next((each for each in await visit.portal.users.all(visit.person) if each.name == name), None)
    if found is None:
        raise NotFound(f'no user "{name}"')
    row = user_row(found)
    return visit.show("user.html", 422 if errors else 200, user=row if wanted is None else replace(row, trunks=wanted), errors=errors)


def lines_in(text: str) -> list[str]:
    """Return the names of trunks in a text, one a line: a name may have blanks."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def user_row(person: Person) -> UserRow:
    """Return somebody for a list."""
    return UserRow(person.name, person.role, tuple(sorted(person.trunks)))
