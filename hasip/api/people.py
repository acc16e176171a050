"""Users, for operators; tokens of one's own; and who changed what."""
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query

from hasip.api.entry import Asking, PortalHere
from hasip.api.models import Entry, PasswordBody, PersonShown, TokenBody, TokenMade, TokenShown, TrunksBody, UserBody
from hasip.api.paths import Named
from hasip.api.sessions import shown
from hasip.domain.person import AuditEntry

routes = APIRouter(tags=["people"])

Before = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Entries before the one with this id.")]
Limit = Annotated[int, Query(ge=1, le=500)]


@routes.get("/users")
async def list_users(person: Asking, portal: PortalHere) -> list[PersonShown]:
    """List everybody who can log in."""
    return [shown(each) for each in await portal.users.all(person)]


@routes.post("/users", status_code=201)
async def add_user(body: UserBody, person: Asking, portal: PortalHere) -> PersonShown:
    """Let somebody in."""
    return shown(await portal.users.add(person, body.name, body.role, body.password, body.trunks))


@routes.put("/users/{name}/trunks", status_code=204)
async def set_trunks(name: Named, body: TrunksBody, person: Asking, portal: PortalHere) -> None:
    """Let a customer have these trunks and no others."""
    await portal.users.set_trunks(person, name, body.trunks)


@routes.put("/users/{name}/password", status_code=204)
async def set_password(name: Named, body: PasswordBody, person: Asking, portal: PortalHere) -> None:
    """Set a password: operators anybody's, others their own with the old one. Every session of that user ends."""
    await portal.users.set_password(person, name, body.password, body.old_password)


@routes.delete("/users/{name}", status_code=204)
async def remove_user(name: Named, person: Asking, portal: PortalHere) -> None:
    """Let somebody in no more; sessions and tokens end."""
    await portal.users.remove(person, name)


@routes.get("/tokens")
async def list_tokens(person: Asking, portal: PortalHere) -> list[TokenShown]:
    """List one's own tokens."""
    return [TokenShown(name=each.name, made_s=each.made_s, ends_s=each.ends_s, seen_s=each.seen_s) for each in await portal.users.tokens(person)]


@routes.post("/tokens", status_code=201)
async def make_token(body: TokenBody, person: Asking, portal: PortalHere) -> TokenMade:
    """Make a token of one's own; its secret is told only now."""
    token, secret = await portal.users.make_token(person, body.name, body.lasts_s)
    return TokenMade(name=token.name, made_s=token.made_s, ends_s=token.ends_s, seen_s=None, secret=secret)


@routes.delete("/tokens/{name}", status_code=204)
async def remove_token(name: Named, person: Asking, portal: PortalHere) -> None:
    """End a token of one's own."""
    await portal.users.remove_token(person, name)


@routes.get("/audit")
async def list_audit(person: Asking, portal: PortalHere, before: Before = None, limit: Limit = 100) -> list[Entry]:
    """Say who changed what, the newest first; customers see what became of their trunks."""
    return [entry_of(each) for each in await portal.audit.entries(person, before=before, limit=limit)]


@routes.get("/trunks/{name}/audit")
async def list_audit_of_trunk(name: Named, person: Asking, portal: PortalHere, before: Before = None, limit: Limit = 100) -> list[Entry]:
    """Say who changed a trunk, and how, the newest first."""
    return [entry_of(each) for each in await portal.audit.entries(person, trunk=name, before=before, limit=limit)]


def entry_of(entry: AuditEntry) -> Entry:
    """Return a line of the audit log."""
    return Entry(id=entry.id, at=entry.at_s, who=entry.who, action=entry.action, subject=entry.subject, name=entry.name,
                 old=side_of(entry.old), new=side_of(entry.new), generation=entry.generation)


def side_of(text: str) -> Any:
    """Return one side of a change; None: there was nothing."""
    return json.loads(text) if text else None
