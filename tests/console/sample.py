"""Views to look at without a router: a trunk that has just failed over, and everything else a console shows."""
from dataclasses import replace

from hasip.console.form_views import CoreForm, RegionFields, SettingsForm, SitesForm, TargetFields, ZoneFields
from hasip.console.timeline import Move, Outage, draw, incidents_of
from hasip.console.views import (
    AccountView,
    AuditRow,
    AvailabilityView,
    CallRow,
    CoreView,
    LegView,
    NodeView,
    TrunkHead,
    TrunkRow,
    TrunkView,
    UserRow,
    Viewer,
    ZoneView,
)

FIELDS = frozenset({"label", "authentication", "allow", "address", "transport", "username", "password"})
NOON_S = 1_795_608_000.0                # 25 Nov 2026, 12:00 UTC
OPERATOR = Viewer("ada", True, "token-of-ada")
CUSTOMER = Viewer("carol", False, "token-of-carol")
ACME = TrunkHead("acme", "auto_failover", 3, 30, "degraded", False)
GLOBEX = TrunkHead("globex", "2t4t", 41, 200, "degraded", True)
FAILOVERS = [
    *(Move(NOON_S - 2400 + each, f"early-{each}@pstn", "primary", "secondary", "answered 503 Service Unavailable", 0.4) for each in range(3)),
    *(Move(NOON_S - 900 + 2 * each, f"silent-{each}@pstn", "primary", "secondary", "gave no answer of any kind for 2 s", 2003.0, is_answered=each != 4)
      for each in range(12)),
    Move(NOON_S - 120, "late@pstn", "primary", "secondary", "refused the connection", 0.7),
]
OUTAGES = [Outage("primary", NOON_S - 880, NOON_S - 700, "no answer")]
ZONES = (
    ZoneView(LegView("sg-a", "sg-a", "Singapore", "192.0.2.10:5060", state="up", since_s=NOON_S - 86400, calls=21), "Singapore", "globex/sg-a", "eth1", 100, False,
             200, 3.2, NOON_S - 4),
    ZoneView(LegView("sg-b", "sg-b", "Singapore", "192.0.2.11:5060", state="recovering", since_s=NOON_S - 12, cause="three probes answered", calls=4), "Singapore",
             "globex/sg-b", "eth2", 46, False, 200, 4.1, NOON_S - 2),
    ZoneView(LegView("fr-a", "fr-a", "Frankfurt", "198.51.100.10:5061", "tls", "down", "no answer", NOON_S - 300), "Frankfurt", "globex/fr-a", "eth1", 0, False,
             None, None, NOON_S - 3),
    ZoneView(LegView("fr-b", "fr-b", "Frankfurt", "198.51.100.11:5061", "tls", "up", "", NOON_S - 3600), "Frankfurt", "globex/fr-b", "eth2", 0, True,
             200, 14.8, NOON_S - 5),
)
ROWS = (TrunkRow("acme", "auto_failover", 3, 30, 11, "+6561230000", "degraded"), TrunkRow("globex", "2t4t", 41, 200, 1, "+65687*", "good"),
        TrunkRow("initech", "only_primary", 5, 5, 2, "+6565550100", "full"), TrunkRow("umbrella", "load_balancing", 0, 10, 1, "+6565550200", "bad"))
LEGS = (LegView("primary", "Primary", "HQ", "192.0.2.21:5060", "udp", "down", "no answer", NOON_S - 120, 0, 204, 188, 16),
        LegView("secondary", "Secondary", "DR site", "", "tls", "registered", "", None, 3, 16, 15, 0))
NEW_ACCOUNT = AccountView("primary", False, FIELDS, 7)
SITES = SitesForm("2t4t", ("2t", "4t", "2t4t"), (
    RegionFields("Singapore", (ZoneFields("sg-a", "192.0.2.10:5060", "udp", "192.0.2.10", "eth1", "192.0.2.1"), ZoneFields("sg-b", "192.0.2.11:5060", "udp", "", "eth2"))),
    RegionFields("Frankfurt", (ZoneFields("fr-a", "198.51.100.300:5061", "tls"), ZoneFields()))), NEW_ACCOUNT, "priority", 7,
    ("The account Primary “HQ” goes, with its address, credentials, IP list and registrations.",), is_reshaped=True,
    errors={"region-1-zone-0-address": '"198.51.100.300:5061" is no address and port: write 192.0.2.1:5060 or [2001:db8::1]:5060', "sure": "This is not done unless you tick it."})
ONE_SITE = SitesForm("only_primary", ("2t", "4t", "2t4t", "only_primary"), (), NEW_ACCOUNT, version=7, losses=("The region “Singapore” goes.",))
SETTINGS = SettingsForm("acme", "+6561230000\n+656124*", "thirty", "+6561230000", "pstn", frozenset({"high_availability"}), ("peer", "pstn"), 7,
                        {"calls": "'thirty': input should be a valid integer", "add_ons": 'authentication = "ip" needs the add-on "ip_authentication"'})


def pages() -> dict[str, dict[str, object]]:
    """Return for each page a template, who looks, and its views."""
    incidents = incidents_of(FAILOVERS)
    drawing = draw(["primary", "secondary"], incidents, OUTAGES, NOON_S - 3600, NOON_S)
    account = {"head": ACME, "notice": ""}
    return {
        "sign-in": {"template": "sign_in.html", "viewer": None, "error": "", "name": "", "next": "/"},
        "trunks": {"template": "trunks.html", "viewer": OPERATOR, "rows": ROWS, "search": "", "after": "umbrella", "found_count": 23},
        "overview": {"template": "trunk_overview.html", "viewer": CUSTOMER, "head": ACME,
                     "trunk": TrunkView(ACME, ("+6561230000", "+656124*"), "+6561230000", "pstn", ("high_availability", "ip_authentication"), 4, LEGS)},
        "availability": {"template": "trunk_availability.html", "viewer": CUSTOMER, "head": ACME, "chosen": "auto_failover", "error": "",
                         "view": AvailabilityView(ACME, True, 7, {}, 204, 16, (("Primary", 188), ("Secondary", 16)), True)},
        "primary": {"template": "trunk_primary.html", "viewer": CUSTOMER, **account, "leg": LEGS[0], "view": AccountView(
            "primary", True, frozenset({"label", "allow"}), 7, "HQ", "ip", "192.0.2.21", "192.0.2.21:5060")},
        "secondary": {"template": "trunk_secondary.html", "viewer": CUSTOMER, **account, "leg": LEGS[1], "view": AccountView(
            "secondary", True, FIELDS, 7, "DR site", "ip", "192.0.2.300", "192.0.2.22:5060", "udp",
            errors={"allow": '"192.0.2.300" is no address: write 192.0.2.10 or 192.0.2.0/28, one a line'})},
        "advanced": {"template": "trunk_advanced.html", "viewer": OPERATOR, "head": GLOBEX, "zones": ZONES},
        "advanced-unused": {"template": "trunk_advanced.html", "viewer": OPERATOR, "head": ACME, "zones": ()},
        "advanced-edit": {"template": "trunk_advanced_edit.html", "viewer": OPERATOR, "head": ACME, "form": SITES},
        "advanced-to-accounts": {"template": "trunk_advanced_edit.html", "viewer": OPERATOR, "head": GLOBEX, "form": ONE_SITE},
        "settings": {"template": "trunk_settings.html", "viewer": OPERATOR, "head": ACME, "form": SETTINGS},
        "remove": {"template": "trunk_remove.html", "viewer": OPERATOR, "head": ACME, "numbers": ("+6561230000", "+656124*"), "version": 7, "errors": {}},
        "new-trunk": {"template": "new_trunk.html", "viewer": OPERATOR, "settings": SettingsForm(core="pstn", cores=("peer", "pstn")),
                      "sites": replace(ONE_SITE, losses=(), version=0)},
        "calls": {"template": "trunk_calls.html", "viewer": CUSTOMER, "head": ACME, "calls": (
            CallRow("a84b4c76e66710@pstn.example.net", "+6561230000", "to trunk", "Secondary", "established", NOON_S - 190, 190),
            CallRow("3848276298220188511@pstn", "+6561240017", "to trunk", "Secondary", "ringing", NOON_S - 4, 4))},
        "timeline": {"template": "trunk_timeline.html", "viewer": CUSTOMER, "is_all": True, "head": ACME, "incidents": incidents, "drawing": drawing,
                     "titles": {"primary": "Primary", "secondary": "Secondary"}, "spans": (("hour", "Hour"), ("day", "Day"), ("week", "Week")), "span": "hour",
                     "moved": 16, "answered": 15, "tick_form": "time"},
        "call": {"template": "trunk_call.html", "viewer": CUSTOMER, "head": ACME, "call_id": "late@pstn", "sentences": (
            "The INVITE came from the core at 12:00:00.123.", "Primary refused the connection.", "Secondary answered 200 after 1.2 s.")},
        "nodes": {"template": "nodes.html", "viewer": OPERATOR, "nodes": (NodeView(
            "edge-1", "0.1.0", 93_000, False, ("udp:192.0.2.1:5060", "tls:192.0.2.1:5061"), 44, 7, "SQLite /var/lib/hasip/hasip.db", False,
            ({"received": 120_034, "sent": 140_203, "calls": 44, "transactions": 51, "cpu_ns": 91_000_000_000},),
            (("forwarded_failover", 16, "the attempt failed at the far end and the INVITE was sent to the next target"),)),)},
        "cores": {"template": "cores.html", "viewer": OPERATOR, "cores": (CoreView("pstn", "", ("192.0.2.128/25",), ("192.0.2.130:5060",), ()),
                                                                         CoreView("peer", "2t4t", ("203.0.113.0/24",), (), ZONES))},
        "core": {"template": "core.html", "viewer": OPERATOR, "form": CoreForm(
            "pstn", "192.0.2.128/25", (TargetFields("192.0.2.130:5060", "tls", True), TargetFields("192.0.2.300:5060"), TargetFields()), True, 7,
            {"target-1-address": '"192.0.2.300:5060" is no address and port: write 192.0.2.1:5060 or [2001:db8::1]:5060'})},
        "user": {"template": "user.html", "viewer": OPERATOR, "user": UserRow("carol", "customer", ("acme", "globex")), "errors": {"trunks": "no trunk globx"}},
        "users": {"template": "users.html", "viewer": OPERATOR, "errors": {}, "filled": {},
                  "users": (UserRow("ada", "operator", ()), UserRow("carol", "customer", ("acme", "globex")))},
        "audit": {"template": "audit.html", "viewer": OPERATOR, "before": "", "rows": (
            AuditRow(NOON_S - 60, "carol", 'trunk "acme"', ('mode: "only_primary" → "auto_failover"',)),
            AuditRow(NOON_S - 3600, "node edge-1", 'trunk "globex"', ("added",)))},
        "password": {"template": "password.html", "viewer": CUSTOMER, "errors": {"new": "a password has at least 10 characters"}},
        "trouble": {"template": "trouble.html", "viewer": CUSTOMER, "title": "Not found", "sentence": "There is no such page, or it is not yours to see."},
    }
