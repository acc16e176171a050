"""What people read: modes, states and causes in the words of somebody who runs a phone system."""
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModeWords:
    """A mode, told to who has to choose."""

    title: str
    what: str
    on_failure: str
    suits: str


@dataclass(frozen=True, slots=True)
class StateWords:
    """A state: its word, its tone (good, warn, bad, calm), and a sentence."""

    word: str
    tone: str
    sentence: str


BASIC_MODES = {
    "only_primary": ModeWords(
        "Primary only",
        "Every call goes to your primary site. The secondary gets no calls at all.",
        "The call fails. It is not tried anywhere else.",
        "You have one site, or want the second one kept out of service for now."),
    "auto_failover": ModeWords(
        "Automatic failover",
        "Every call goes to your primary site first. When the primary fails, the same call is sent on to the secondary.",
        "The call rings at the secondary instead: at once after an error, within 2.5 seconds when there is no answer of any kind. The caller does not redial.",
        "You have a main site and a spare one that stands ready."),
    "load_balancing": ModeWords(
        "Load balancing",
        "Calls take turns: one to the primary, the next to the secondary, and so on.",
        "Calls whose turn it is at the failed site fail, so about half of them do. There is no second try.",
        "You have two sites of equal size that share the work."),
}

ADVANCED_MODES = {
    "2t": ModeWords(
        "Two zones (2T)", "One region with two zones. Calls take turns between the zones that are healthy.",
        "All calls go to the other zone. A call that meets the failure is sent on to it.", "Two access lines into one site."),
    "4t": ModeWords(
        "Two regions (4T)", "Two regions with one zone each. Calls go to the first region.",
        "Calls go to the second region, until the first is healthy again.", "Two sites in different places."),
    "2t4t": ModeWords(
        "Two regions, two zones each (2T4T)", "Calls take turns between the healthy zones of the active region.",
        "A call is sent on to the other zone of the region; when both are down, to the other region.", "Two sites in different places, two access lines into each."),
}

MODES = BASIC_MODES | ADVANCED_MODES

LEG_STATES = {
    "up": StateWords("Up", "good", "It answers our probes, and calls go there."),
    "suspect": StateWords("Suspect", "warn", "A probe or a call failed there. We look closer, once a second."),
    "down": StateWords("Down", "bad", "It has failed several times in a row. Calls pass it by."),
    "recovering": StateWords("Recovering", "warn", "It answers again. Its share of calls grows step by step."),
    "drained": StateWords("Drained", "warn", "An operator gives it no new calls. Calls in progress stay."),
    "registered": StateWords("Registered", "good", "Its phone system is registered with us."),
    "unregistered": StateWords("Not registered", "bad", "Its phone system has not registered, so it can't be called."),
    "unwatched": StateWords("Not probed", "calm", "It is not probed. Whether it works, the next call finds out."),
    "spare": StateWords("On standby", "calm", "It is set up, and gets no calls in this mode."),
    "absent": StateWords("Not set up", "calm", "There is none."),
}

TRUNK_STATES = {
    "good": StateWords("In service", "good", "Nothing is known that keeps calls from its sites."),
    "degraded": StateWords("Partly down", "warn", "One of its sites is down. Calls go where they still can."),
    "bad": StateWords("Unreachable", "bad", "No site of this trunk can be called."),
    "testing": StateWords("Failover test", "warn", "New calls pass the primary by, because a test was started."),
    "full": StateWords("All lines busy", "warn", "The trunk holds as many calls as it may. Further ones are refused."),
}

AUTHENTICATION = {
    "digest": ("User name and password", "The phone system registers with us. It may move, and be behind NAT."),
    "ip": ("IP address", "The phone system has fixed addresses. It is known by them and does not register."),
}

TRANSPORTS = {"udp": "UDP", "tcp": "TCP", "tls": "TLS (encrypted)"}

DIRECTIONS = {"to trunk": "Incoming", "to core": "Outgoing"}

STATUS_PHRASES = {
    408: "Request Timeout", 480: "Temporarily Unavailable", 500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Server Time-out", 505: "Version Not Supported", 513: "Message Too Large", 580: "Precondition Failure",
}

CAUSES = {                                  # of a failover, by the result of the attempt
    "silent": "gave no answer of any kind",
    "rang_on": "rang longer than it may",
    "out": "was ringing when it went down",
    "unreachable_icmp": "could not be reached: the network said so (ICMP)",
    "unreachable_send": "could not be reached: there was no way to it",
    "unreachable_stream": "could not be reached: the connection failed",
    "nowhere": "could not be reached: it has no address now",
    "not_registered": "was not registered",
}


ADD_ONS = {
    "high_availability": ("High Availability", "A second site, the modes that use it, and Advanced HA."),
    "ip_authentication": ("IP authentication", "A site may be known by its addresses and need not register."),
}

SITES = {                                   # what a form of sites lets operators choose among
    "only_primary": "A primary account, and perhaps a secondary (basic)",
    "2t": "2T: one region with two zones",
    "4t": "4T: two regions with one zone each",
    "2t4t": "2T4T: two regions with two zones each",
}

INTRA_REGION = {"round_robin": "Take turns between its healthy zones", "priority": "The first zone first, the second when it fails"}

CHANGED_MEANWHILE = "Somebody has changed this meanwhile. The form is as you sent it: compare it with how it is now, and save once more."
NOT_SURE = "This is not done unless you tick it."


def cause_text(result: str, status: int) -> str:
    """Return why a call left a site, to follow the site's name: "answered 503 Service Unavailable"."""
    return CAUSES.get(result) or f"answered {status} {STATUS_PHRASES.get(status, '')}".rstrip()


def duration_text(seconds: float) -> str:
    """Return a span of time for people: 8 s, 3 min 5 s, 2 h 10 min, 4 d 3 h."""
    whole = int(seconds)
    for unit, length, below, below_length in (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= length:
            rest = whole % length // below_length
            return f"{whole // length} {unit}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"


def gap_text(gap_ms: float) -> str:
    """Return a time that callers may feel or not: 22 ms, 2.1 s."""
    if gap_ms < 1:
        return "under 1 ms"
    return f"{gap_ms:.0f} ms" if gap_ms < 1000 else f"{gap_ms / 1000:.1f} s"


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: 1 call, 1 200 calls."""
    return f"{number_text(count)} {singular if count == 1 else plural or singular + 's'}"


def number_text(count: int) -> str:
    """Return a number with thin spaces between thousands."""
    return f"{count:,}".replace(",", "\u202f")
