"""The form of a trunk's sites: as many regions and zones as a mode wants, or one account; and what it says. No I/O."""
from collections.abc import Iterator, Mapping
from typing import Any

from hasip.config.trunk_rules import WANTED_ZONES
from hasip.console.account_form import account_change, account_places, as_sent, words_in
from hasip.console.beside import Places
from hasip.console.form_views import RegionFields, SitesForm, ZoneFields
from hasip.console.trunk_views import TITLES, network_text
from hasip.console.views import AccountView
from hasip.domain.trunk import Mode, Region, Trunk, Zone

ONE_ACCOUNT = Mode.ONLY_PRIMARY.value
ADVANCED = tuple(mode.value for mode in WANTED_ZONES)
ZONE_FIELDS = ("name", "address", "transport", "allow", "interface", "source")


def sites_form(account: AccountView, trunk: Trunk | None, sent: Mapping[str, str], version: int) -> SitesForm:
    """Return the form of the mode that was chosen, else of the one the trunk has: filled in with what was sent, else with what the trunk has there."""
    choices = ADVANCED if trunk and trunk.mode.is_basic else (*ADVANCED, ONE_ACCOUNT) if trunk else (ONE_ACCOUNT, *ADVANCED)
    mode = next((each for each in (sent.get("mode"), trunk and trunk.mode.value) if each in choices), choices[0])
    assert mode is not None
    regions = tuple(region_fields(region_at(trunk, place), place, zones, sent) for place, zones in enumerate(shape_of(mode)))
    return SitesForm(mode, choices, regions, as_sent(account, sent), sent.get("intra_region", trunk.intra_region if trunk else "round_robin"), version,
                     tuple(losses(trunk, mode)) if trunk else (), is_reshaped=sent.get("shape", mode) != mode)


def shape_of(mode: str) -> tuple[int, ...]:
    """Return how many zones each region of a mode has; a basic one has no regions."""
    regions, zones = WANTED_ZONES.get(Mode(mode), (0, 0))
    return (zones,) * regions


def region_at(trunk: Trunk | None, place: int) -> Region | None:
    """Return a trunk's region of a place; None: there is none."""
    return trunk.regions[place] if trunk and place < len(trunk.regions) else None


def region_fields(region: Region | None, place: int, zones: int, sent: Mapping[str, str]) -> RegionFields:
    """Return the fields of a region."""
    there = region.zones if region else ()
    return RegionFields(sent.get(f"region-{place}-name", region.name if region else ""), tuple(
        zone_fields(there[each] if each < len(there) else None, f"region-{place}-zone-{each}", sent) for each in range(zones)))


def zone_fields(zone: Zone | None, prefix: str, sent: Mapping[str, str]) -> ZoneFields:
    """Return the fields of a zone."""
    known = {} if zone is None else {"name": zone.name, "address": zone.target.text, "transport": zone.target.transport, "interface": zone.interface,
                                     "allow": "\n".join(map(network_text, zone.allow)), "source": str(zone.source or "")}
    return ZoneFields(**{field: sent[f"{prefix}-{field}"] for field in ZONE_FIELDS if f"{prefix}-{field}" in sent} | {
        field: text for field, text in known.items() if f"{prefix}-{field}" not in sent})


def losses(trunk: Trunk, mode: str) -> Iterator[str]:
    """Yield what a trunk has and the mode has no place for, a sentence each."""
    shape = shape_of(mode)
    for account in trunk.accounts if shape else ():
        label = f" “{account.label}”" if account.label else ""
        yield f"The account {TITLES[account.name]}{label} goes, with its address, credentials, IP list and registrations."
    for place, region in enumerate(trunk.regions):
        kept = shape[place] if place < len(shape) else 0
        gone = ", ".join(f"“{zone.name}”" for zone in region.zones[kept:])
        if not kept:
            yield f"The region “{region.name}” goes, with its zones: {gone}."
        elif gone:
            yield f"The region “{region.name}” keeps its first zone; {gone} goes."


def sites_change(form: SitesForm, fields: Mapping[str, str]) -> dict[str, Any]:
    """Return what a form says, as a merge patch of the trunk: the other kind of sites goes."""
    if form.mode == ONE_ACCOUNT:
        primary = {field: value for field, value in account_change(fields, form.account).items() if value is not None}
        return {"mode": form.mode, "region": [], "intra_region": None, "primary": primary}
    return {"mode": form.mode, "primary": None, "secondary": None, "region": [region_table(region) for region in form.regions],
            "intra_region": form.intra_region if form.mode == Mode.TWO_REGIONS_TWO_ZONES else None}


def region_table(region: RegionFields) -> dict[str, Any]:
    """Return a region as the trunks file has it."""
    return {"name": region.name.strip(), "zone": [
        {"name": zone.name.strip(), "address": zone.address.strip(), "transport": zone.transport, "allow": words_in(zone.allow),
         "interface": zone.interface.strip(), "source": zone.source.strip() or None} for zone in region.zones]}


def sites_places(form: SitesForm) -> Places:
    """Return where the trunks file has the fields of a form. The schema and the rules between parts name zones each in their own way."""
    places: dict[str, list[str]] = {"mode": ["mode"], "intra_region": ["intra_region"]}
    for place, region in enumerate(form.regions):
        of_region, title = f"region-{place}", f'region "{region.name.strip()}"'
        for name in (title, f"{title}: name"):
            places.setdefault(name, []).append(f"{of_region}-name")
        for each, zone in enumerate(region.zones):
            of_zone, zone_title = f"{of_region}-zone-{each}", f'zone "{zone.name.strip()}"'
            places.setdefault(zone_title, []).append(f"{of_zone}-name")
            for field in ZONE_FIELDS:
                for name in (f"{title}: {zone_title}: {field}", f"{zone_title}.{field}"):
                    places.setdefault(name, []).append(f"{of_zone}-{field}")
    return {**places, **account_places("primary")}
