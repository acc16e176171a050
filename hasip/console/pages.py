"""Views become pages. Templates escape everything that is not markup of their own."""
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from hasip.console import words
from hasip.console.assets import asset_path
from hasip.console.views import AccountView, Viewer, ZoneView

TRUNK_TABS = (("", "Overview"), ("availability", "High Availability"), ("primary", "Primary"), ("secondary", "Secondary Region"),
              ("advanced", "Advanced HA"), ("calls", "Calls"), ("timeline", "Timeline"))
OPERATOR_TABS = (("settings", "Settings"),)
OPERATOR_PLACES = (("/nodes", "Nodes"), ("/cores", "Cores"), ("/users", "Users"), ("/audit", "Audit"))


@cache
def environment() -> Environment:
    """Return the templates' world: what every page may use."""
    made = Environment(loader=PackageLoader("hasip.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals.update(words=words, trunk_tabs=TRUNK_TABS, operator_tabs=OPERATOR_TABS, operator_places=OPERATOR_PLACES, asset=asset_path)
    made.filters.update(duration=words.duration_text, gap=words.gap_text, iso=iso_text, utc=utc_text, plural=words.counted, number=words.number_text, by_region=by_region,
                        segment=segment, chosen=chosen, as_choices=as_choices, with_errors=with_errors)
    return made


def render(template: str, viewer: Viewer | None, **views: Any) -> str:
    """Return a page as HTML."""
    return environment().get_template(template).render(viewer=viewer, **views)


def iso_text(at_s: float) -> str:
    """Return a moment as <time> has it."""
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="seconds")


def utc_text(at_s: float, form: str = "moment") -> str:
    """Return a moment for people: "25 Nov, 14:03:12", or of form "time" 14:03, "date" 25 Nov."""
    return datetime.fromtimestamp(at_s, UTC).strftime({"moment": "%-d %b, %H:%M:%S", "time": "%H:%M", "date": "%-d %b"}[form])


def segment(name: str) -> str:
    """Return a name as a part of an address: a slash in it is %2F."""
    return quote(name, safe="")


def chosen(texts: Mapping[str, str], keys: Iterable[str]) -> list[tuple[str, str]]:
    """Return what can be chosen of some texts, in the order of `keys`."""
    return [(key, texts[key]) for key in keys]


def as_choices(names: Iterable[str], current: str) -> list[tuple[str, str]]:
    """Return names to choose among, and the one that is chosen now, though it may not be there any more."""
    return [(name, name) for name in dict.fromkeys((*names, *([current] if current else ())))]


def with_errors(account: AccountView, errors: Mapping[str, str]) -> AccountView:
    """Return an account's form with what was wrong in the form around it."""
    return replace(account, errors=errors)


def by_region(zones: Iterable[ZoneView]) -> list[tuple[str, list[ZoneView]]]:
    """Return zones with their region, in the order they are tried."""
    regions: dict[str, list[ZoneView]] = {}
    for zone in zones:
        regions.setdefault(zone.region, []).append(zone)
    return list(regions.items())
