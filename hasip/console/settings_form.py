"""The form of what a trunk is, wherever its calls go; and what it says. No I/O."""
from collections.abc import Mapping, Sequence
from typing import Any

from hasip.console.account_form import words_in
from hasip.console.beside import Places
from hasip.console.form_views import SettingsForm
from hasip.console.words import ADD_ONS
from hasip.domain.trunk import Trunk

PLACES: Places = {field: (field,) for field in ("name", "numbers", "calls", "caller_id", "core", "add_ons")}


def settings_form(trunk: Trunk | None, cores: Sequence[str], version: int) -> SettingsForm:
    """Return the form of a trunk, or of a new one."""
    if trunk is None:
        return SettingsForm(core=cores[0] if cores else "", cores=tuple(cores), version=version)
    return SettingsForm(trunk.name, "\n".join(trunk.numbers), str(trunk.calls), trunk.caller_id, trunk.core, trunk.add_ons, tuple(cores), version)


def sent_settings(fields: Mapping[str, str], cores: Sequence[str], version: int, name: str = "") -> SettingsForm:
    """Return the form as it was sent, so that nothing has to be typed again."""
    return SettingsForm(name or fields.get("name", "").strip(), fields.get("numbers", ""), fields.get("calls", "").strip(), fields.get("caller_id", "").strip(),
                        fields.get("core", ""), frozenset(add_on for add_on in ADD_ONS if f"add_on-{add_on}" in fields), tuple(cores), version)


def settings_change(form: SettingsForm) -> dict[str, Any]:
    """Return what a form says, as a merge patch of the trunk."""
    calls = int(form.calls) if form.calls.isascii() and form.calls.isdigit() else form.calls
    return {"numbers": words_in(form.numbers), "calls": calls, "caller_id": form.caller_id, "core": form.core, "add_ons": sorted(form.add_ons)}
