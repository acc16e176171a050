"""What forms of operators are filled in with. Texts are as they were sent, right or wrong. No I/O."""
from collections.abc import Mapping
from dataclasses import dataclass, field

from hasip.console.views import AccountView


@dataclass(frozen=True, slots=True)
class ZoneFields:
    """The fields of one zone."""

    name: str = ""
    address: str = ""
    transport: str = "udp"
    allow: str = ""                         # one network a line
    interface: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class RegionFields:
    """The fields of one region and of its zones."""

    name: str
    zones: tuple[ZoneFields, ...]


@dataclass(frozen=True, slots=True)
class SitesForm:
    """Where a trunk's calls go: one account, or as many regions and zones as the mode wants."""

    mode: str
    choices: tuple[str, ...]                # the modes that can be chosen
    regions: tuple[RegionFields, ...]
    account: AccountView                    # of the primary, for the mode without regions
    intra_region: str = "round_robin"
    version: int = 0                        # of the trunk, that a change refers to
    losses: tuple[str, ...] = ()            # what goes when this is saved
    is_reshaped: bool = False               # another mode was chosen: the form has other fields now
    errors: Mapping[str, str] = field(default_factory=dict)    # field → what would be right


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """What a trunk is, wherever its calls go."""

    name: str = ""
    numbers: str = ""                       # one a line
    calls: str = ""
    caller_id: str = ""
    core: str = ""
    add_ons: frozenset[str] = frozenset()
    cores: tuple[str, ...] = ()             # those that can be chosen
    version: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TargetFields:
    """The fields of one target of a core."""

    address: str = ""
    transport: str = "udp"
    large_by_tcp: bool = False


@dataclass(frozen=True, slots=True)
class CoreForm:
    """Who may call from a core, and where calls to it go."""

    name: str
    allow: str
    targets: tuple[TargetFields, ...]       # with empty ones at the end, for more
    has_targets: bool                       # False: it has zones, by a mode
    version: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)
