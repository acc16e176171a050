"""A core's form and what it says. No I/O."""
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hasip.console.account_form import words_in
from hasip.console.beside import Places
from hasip.console.form_views import CoreForm, TargetFields
from hasip.console.trunk_views import network_text
from hasip.domain.trunk import Core

TARGETS_MAX = 8
SPARE_TARGETS = 2                           # empty fields at the end, for more


def core_form(core: Core, version: int) -> CoreForm:
    """Return the form of a core."""
    targets = [TargetFields(target.text, target.transport, target.large_by_tcp) for target in core.targets]
    spare = min(SPARE_TARGETS, TARGETS_MAX - len(targets))
    return CoreForm(core.name, "\n".join(map(network_text, core.allow)), (*targets, *[TargetFields()] * spare), core.mode is None, version)


def sent_core(form: CoreForm, fields: Mapping[str, str], version: int) -> CoreForm:
    """Return the form as it was sent, so that nothing has to be typed again."""
    targets = [TargetFields(fields[f"target-{place}-address"].strip(), fields.get(f"target-{place}-transport", "udp"), f"target-{place}-large_by_tcp" in fields)
               for place in range(TARGETS_MAX) if f"target-{place}-address" in fields]
    return replace(form, allow=fields.get("allow", ""), targets=tuple(targets), version=version)


def core_change(form: CoreForm) -> dict[str, Any]:
    """Return what a form says, as the keys of the core's table that it has; a target without an address goes."""
    targets = [{"address": target.address, "transport": target.transport, "large_by_tcp": target.large_by_tcp} for target in form.targets if target.address]
    return {"allow": words_in(form.allow)} | ({"target": targets} if form.has_targets else {})


def core_places(form: CoreForm) -> Places:
    """Return where the trunks file has the fields of a core; targets that are left out are not counted."""
    filled = [place for place, target in enumerate(form.targets) if target.address]
    targets = {f"target[{index}]: {field}": (f"target-{place}-{field}",) for index, place in enumerate(filled) for field in ("address", "transport")}
    return {"allow": ("allow",), **targets}
