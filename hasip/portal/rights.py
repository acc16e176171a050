"""Who may do what. This table is all there is: everybody else asks it."""
from collections.abc import Iterable
from enum import Enum, StrEnum
from fnmatch import fnmatchcase

from hasip.domain.person import Person
from hasip.domain.trunk import Mode
from hasip.portal.refusals import NotAllowed, NotFound


class Reach(Enum):
    """How far a right goes."""

    NONE = "none"
    OWN = "own trunks"
    ALL = "all"


class Action(StrEnum):
    """What can be done, as the refusal words it: "a customer may not …"."""

    SEE_TRUNKS = "see trunks"
    SEE_LIVE_STATE = "see pool, calls, zones and events"
    SEE_RECORDS = "see call records"
    CHANGE_TRUNKS = "change trunks"
    SET_UP_TRUNKS = "set up trunks"
    TEST_FAILOVER = "test the failover of trunks"
    SEE_AUDIT = "see who changed what"
    MAKE_OWN_TOKENS = "make tokens of their own"
    ADD_OR_REMOVE_TRUNKS = "add or remove trunks"
    SEE_CORES = "see cores"
    CHANGE_CORES = "change cores"
    DRAIN_ZONES = "drain zones"
    SEE_NODES = "see nodes"
    SEE_USERS = "see users"
    CHANGE_USERS = "change users"


RIGHTS: dict[Action, dict[str, Reach]] = {
    #                                 operators                customers
    Action.SEE_TRUNKS:           {"operator": Reach.ALL, "customer": Reach.OWN},
    Action.SEE_LIVE_STATE:       {"operator": Reach.ALL, "customer": Reach.OWN},
    Action.SEE_RECORDS:          {"operator": Reach.ALL, "customer": Reach.OWN},
    Action.CHANGE_TRUNKS:        {"operator": Reach.ALL, "customer": Reach.OWN},       # of these only what SELF_SERVICE has
    Action.SET_UP_TRUNKS:        {"operator": Reach.ALL, "customer": Reach.NONE},      # all that is beyond SELF_SERVICE
    Action.TEST_FAILOVER:        {"operator": Reach.ALL, "customer": Reach.OWN},
    Action.SEE_AUDIT:            {"operator": Reach.ALL, "customer": Reach.OWN},
    Action.MAKE_OWN_TOKENS:      {"operator": Reach.ALL, "customer": Reach.ALL},
    Action.ADD_OR_REMOVE_TRUNKS: {"operator": Reach.ALL, "customer": Reach.NONE},
    Action.SEE_CORES:            {"operator": Reach.ALL, "customer": Reach.NONE},
    Action.CHANGE_CORES:         {"operator": Reach.ALL, "customer": Reach.NONE},
    Action.DRAIN_ZONES:          {"operator": Reach.ALL, "customer": Reach.NONE},
    Action.SEE_NODES:            {"operator": Reach.ALL, "customer": Reach.NONE},
    Action.SEE_USERS:            {"operator": Reach.ALL, "customer": Reach.NONE},
    Action.CHANGE_USERS:         {"operator": Reach.ALL, "customer": Reach.NONE},
}

SELF_SERVICE = (                                # what customers change of their trunks, by its place in the trunks file
    "mode",                                     # among the three basic ones
    "primary.label",
    "primary.allow",
    "secondary", "secondary.*",                 # with the add-on that a secondary needs
)


def reach_of(person: Person, action: Action) -> Reach:
    """Return how far somebody's right goes."""
    return RIGHTS[action][person.role]


def may(person: Person, action: Action, trunk: str | None = None) -> bool:
    """True for what somebody may do, to this trunk or at all."""
    reach = reach_of(person, action)
    return reach is Reach.ALL or reach is Reach.OWN and (trunk is None or trunk in person.trunks)


def demand(person: Person, action: Action, trunk: str | None = None) -> None:
    """Do nothing for who may. Errors: NotAllowed; NotFound for somebody else's trunk."""
    if reach_of(person, action) is Reach.NONE:
        raise NotAllowed(f"a {person.role} may not {action.value}: ask an operator")
    if not may(person, action, trunk):
        raise no_trunk(trunk)


def no_trunk(name: str | None) -> NotFound:
    """Return what is said of a trunk that is not there, and of one that is somebody else's."""
    return NotFound(f'no trunk "{name}"')


def trunks_in_reach(person: Person, action: Action) -> frozenset[str] | None:
    """Return the trunks somebody may do this to; None: all. Errors: NotAllowed."""
    demand(person, action)
    return None if reach_of(person, action) is Reach.ALL else person.trunks


def beyond_self_service(person: Person, places: Iterable[str], old_mode: Mode, new_mode: Mode) -> list[tuple[str, str]]:
    """Return what of a change is not this person's to make: place and sentence each. `places` are the fields that become others."""
    if may(person, Action.SET_UP_TRUNKS):
        return []
    found = [(place, "is not part of self-service: ask an operator") for place in places if not is_self_service(place)]
    if old_mode is not new_mode and not (old_mode.is_basic and new_mode.is_basic):
        found.append(("mode", f"{old_mode.value} → {new_mode.value}: 2t, 4t and 2t4t are set by operators only: ask one"))
    return found


def is_self_service(place: str) -> bool:
    """True for a field that customers may change."""
    return any(fnmatchcase(place, pattern) for pattern in SELF_SERVICE)
