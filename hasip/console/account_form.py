"""An account's form and what it says. No I/O."""
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hasip.console.beside import Places
from hasip.console.views import AccountView

FIELDS = ("label", "authentication", "allow", "address", "transport", "username", "password")
FIELDS_OF = {"ip": ("label", "authentication", "allow", "address", "transport"), "digest": ("label", "authentication", "allow", "transport", "username", "password")}


def account_change(fields: Mapping[str, str], view: AccountView) -> dict[str, Any]:
    """Return what a form says, as a merge patch: fields of the other authentication mode go, and an empty password keeps the one there is."""
    wanted = FIELDS_OF.get(fields.get("authentication", view.authentication), FIELDS)
    change: dict[str, Any] = {}
    for field in FIELDS:
        if field not in view.changeable:
            continue
        text = fields.get(field, "").strip()
        if field not in wanted:
            change[field] = None
        elif field == "allow":
            change[field] = words_in(text)
        elif field == "password":
            change |= {field: fields[field]} if fields.get(field) else {}
        elif field in fields:
            change[field] = text or None
    return change


def words_in(text: str) -> list[str]:
    """Return what stands in a text with blanks, lines or commas between."""
    return text.replace(",", " ").split()


def as_sent(view: AccountView, fields: Mapping[str, str]) -> AccountView:
    """Return a form filled in as it was sent, so that nothing has to be typed again; passwords do not come back."""
    sent = {field: fields[field] for field in view.changeable & fields.keys()}
    return replace(view, label=sent.get("label", view.label), authentication="ip" if sent.get("authentication", view.authentication) == "ip" else "digest",
                   allow=sent.get("allow", view.allow), address=sent.get("address", view.address), transport=sent.get("transport", view.transport),
                   username=sent.get("username", view.username))


def account_places(place: str) -> Places:
    """Return where the trunks file has the fields of an account."""
    return {f"{place}.{field}": (field,) for field in FIELDS}
