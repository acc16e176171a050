"""A trunk, and what its node tells of it, as views. Figures are those of `hasip status`, zones those of `hasip zone list`. No I/O."""
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from hasip.console.views import AccountView, CallRow, LegView, TrunkHead, TrunkRow, TrunkView, ZoneView
from hasip.domain.trunk import Account, Mode, Trunk

Figures = Mapping[str, Any]                 # one trunk's of `hasip status`; empty: no node has it yet
Zones = Sequence[Mapping[str, Any]]         # those of `hasip zone list` that are this owner's

BROKEN = frozenset({"down", "unregistered"})
TITLES = {"primary": "Primary", "secondary": "Secondary"}


def trunk_row(trunk: Trunk, figures: Figures, zones: Zones) -> TrunkRow:
    """Return a trunk's line of the list."""
    head = trunk_head(trunk, figures, zones)
    return TrunkRow(head.name, head.mode, head.calls, head.limit, len(trunk.numbers), trunk.numbers[0] if trunk.numbers else "", head.state)


def trunk_head(trunk: Trunk, figures: Figures, zones: Zones, test_until_s: float | None = None) -> TrunkHead:
    """Return what stands above each of a trunk's pages."""
    calls = figures.get("calls", 0)
    return TrunkHead(trunk.name, trunk.mode.value, calls, trunk.calls, trunk_state(trunk, legs_of(trunk, figures, zones), calls, test_until_s),
                     not trunk.mode.is_basic)


def trunk_view(trunk: Trunk, figures: Figures, zones: Zones, test_until_s: float | None = None) -> TrunkView:
    """Return a trunk's overview."""
    return TrunkView(trunk_head(trunk, figures, zones, test_until_s), trunk.numbers, trunk.caller_id, trunk.core, tuple(sorted(trunk.add_ons)),
                     figures.get("refused", 0), legs_of(trunk, figures, zones), test_until_s)


def trunk_state(trunk: Trunk, legs: Sequence[LegView], calls: int, test_until_s: float | None) -> str:
    """Return how a trunk is, as words.TRUNK_STATES has it: the worst that is true."""
    used = legs[:1] if trunk.mode is Mode.ONLY_PRIMARY else legs
    broken_count = sum(leg.state in BROKEN for leg in used)
    if used and broken_count == len(used):
        return "bad"
    if test_until_s is not None:
        return "testing"
    if calls >= trunk.calls:
        return "full"
    return "degraded" if broken_count else "good"


def legs_of(trunk: Trunk, figures: Figures, zones: Zones) -> tuple[LegView, ...]:
    """Return the places a trunk's calls can go to, in order."""
    if not trunk.mode.is_basic:
        return tuple(zone.leg for zone in zones_of(zones))
    judged = {zone["name"].rpartition("/")[2]: zone for zone in zones}
    return tuple(account_leg(trunk, account, figures.get("legs", {}).get(account.name, {}), judged.get(account.name)) for account in trunk.accounts)


def account_leg(trunk: Trunk, account: Account, figures: Figures, judged: Mapping[str, Any] | None) -> LegView:
    """Return an account as it stands now."""
    state, since_s, cause = account_state(trunk, account, figures, judged)
    return LegView(account.name, TITLES[account.name], account.label, figures.get("address", ""), account.target.transport if account.target else account.transport,
                   state, cause, since_s, figures.get("calls", 0), figures.get("attempts", 0), figures.get("answered", 0), figures.get("failovers", 0))


def account_state(trunk: Trunk, account: Account, figures: Figures, judged: Mapping[str, Any] | None) -> tuple[str, float | None, str]:
    """Return an account's state, since when, and why."""
    if trunk.mode is Mode.ONLY_PRIMARY and account.name == "secondary":
        return "spare", None, ""
    if judged is not None:
        return "drained" if judged["is_drained"] else judged["state"], judged["since"], judged["cause"]
    if account.authentication == "digest":
        return "registered" if any(binding["is_reachable"] for binding in figures.get("bindings", ())) else "unregistered", None, ""
    return "unwatched", None, ""


def zones_of(zones: Iterable[Mapping[str, Any]]) -> tuple[ZoneView, ...]:
    """Return zones with their health, in order."""
    return tuple(zone_view(zone) for zone in zones)


def zone_view(zone: Mapping[str, Any]) -> ZoneView:
    """Return one zone of `hasip zone list`."""
    name, probe = zone["name"].rpartition("/")[2], zone["probe"]
    leg = LegView(name, name, zone["region"], zone["address"], zone["transport"], "drained" if zone["is_drained"] else zone["state"], zone["cause"],
                  zone["since"], zone["calls"], zone["attempts"], zone["answered"], zone["failovers"])
    return ZoneView(leg, zone["region"], zone["name"], zone["interface"], 0 if zone["is_drained"] else zone["share_percent"], zone["is_drained"],
                    probe["status"] or None, probe["round_trip_ms"], probe["at"])


def account_view(trunk: Trunk, place: Literal["primary", "secondary"], *, changeable: frozenset[str], version: int, obstacle: str = "") -> AccountView:
    """Return an account as its form shows it; secrets stay behind."""
    account = trunk.primary if place == "primary" else trunk.secondary
    if account is None:
        return AccountView(place, False, changeable, version, authentication="digest", obstacle=obstacle)
    target = account.target
    return AccountView(place, True, changeable, version, account.label, account.authentication, "\n".join(map(network_text, account.allow)), target.text if target else "",
                       target.transport if target else account.transport, account.username, bool(account.password or account.ha1_md5 or account.ha1_sha256),
                       account.probe, obstacle=obstacle)


def network_text(network: object) -> str:
    """Return a network as people write it: a single address without its length."""
    text = str(network)
    return text.removesuffix("/32") if "." in text else text.removesuffix("/128")


def call_rows(calls: Iterable[Mapping[str, Any]]) -> tuple[CallRow, ...]:
    """Return calls in progress, as `hasip calls` has them."""
    return tuple(CallRow(call["call_id"], call["number"], call["direction"], TITLES.get(call["leg_name"], call["leg_name"]), call["state"], call["since"],
                         call["duration_s"]) for call in calls)
