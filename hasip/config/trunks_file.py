"""The trunks file: who calls, who is called."""
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from hasip.config.document import read_document
from hasip.config.problems import ConfigError, Problem, problems_of
from hasip.config.trunk_rules import core_problems, rule_problems, rule_warnings
from hasip.config.values import read_caller_id, read_interface, read_network, read_number, read_source, read_target, read_text, read_username
from hasip.domain.node import Transport
from hasip.domain.trunk import FAILOVER_CODES, Account, Core, Mode, Provisioning, Region, Target, Trunk, Zone

Text = Annotated[str, AfterValidator(read_text)]
Name = Annotated[str, Field(min_length=1, max_length=63), AfterValidator(read_text)]
Address = Annotated[str, AfterValidator(lambda text: read_target(text) and text)]
NetworkText = Annotated[str, AfterValidator(lambda text: read_network(text) and text)]
Number = Annotated[str, AfterValidator(read_number)]


class Table(BaseModel):
    """A table of the file: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TargetTable(Table):
    """One target of a core."""

    address: Address
    transport: Transport = "udp"
    large_by_tcp: bool = False


class CoreTable(Table):
    """[[core]]"""

    name: Name
    allow: list[NetworkText]
    target: Annotated[list[TargetTable], Field(max_length=8)] = []
    mode: Literal["2t", "4t", "2t4t"] | None = None
    region: list["RegionTable"] = []
    intra_region: Literal["round_robin", "priority"] = "round_robin"


class AccountTable(Table):
    """[trunk.primary], [trunk.secondary]"""

    label: Annotated[Text, Field(max_length=100)] = ""
    authentication: Literal["ip", "digest"]
    allow: list[NetworkText] = []
    address: Address | None = None
    transport: Transport = "udp"
    large_by_tcp: bool = False
    username: Annotated[str, AfterValidator(read_username)] = ""
    password: Annotated[str, Field(repr=False), AfterValidator(read_text)] = ""
    ha1_md5: Annotated[str, Field(repr=False, pattern="^([0-9a-f]{32})?$")] = ""
    ha1_sha256: Annotated[str, Field(repr=False, pattern="^([0-9a-f]{64})?$")] = ""
    probe: bool = False


class ZoneTable(Table):
    """One zone of a region."""

    name: Name
    address: Address
    transport: Transport = "udp"
    allow: list[NetworkText] = []
    interface: Annotated[str, AfterValidator(read_interface)] = ""
    source: Annotated[str, AfterValidator(lambda text: read_source(text) and text)] | None = None


class RegionTable(Table):
    """[[trunk.region]]"""

    name: Name
    zone: list[ZoneTable]


class TrunkTable(Table):
    """[[trunk]]"""

    name: Name
    calls: Annotated[int, Field(ge=0, le=4_000_000)]
    caller_id: Annotated[str, AfterValidator(read_caller_id)] = ""
    add_ons: list[Literal["high_availability", "ip_authentication"]] = []
    numbers: list[Number]
    mode: Literal["only_primary", "load_balancing", "auto_failover", "2t", "4t", "2t4t"] = "only_primary"
    core: str = ""
    primary: AccountTable | None = None
    secondary: AccountTable | None = None
    region: list[RegionTable] = []
    intra_region: Literal["round_robin", "priority"] = "round_robin"
    caller_id_policy: Literal["pai", "from"] = "pai"
    failover_codes: list[Annotated[int, Field(ge=300, le=699)]] | None = None
    failover_after_progress: Literal["always", "no_early_media", "never"] = "always"
    no_response_ms: Annotated[int, Field(ge=100, le=10_000)] = 2000
    ring_timeout_s: Annotated[int, Field(ge=0, le=180)] = 0
    max_call_s: Annotated[int, Field(ge=60, le=604_800)] = 14_400
    pool_full_status: Annotated[int, Field(ge=400, le=699)] = 486
    pool_full_status_to_trunk: Annotated[int, Field(ge=400, le=699)] = 503


class TrunksDocument(Table):
    """The whole file."""

    core: list[CoreTable] = []
    trunk: list[TrunkTable] = []


KNOWN_KEYS = {table.__name__: list(table.model_fields)
              for table in (TrunksDocument, CoreTable, TargetTable, TrunkTable, AccountTable, RegionTable, ZoneTable)}


def load_provisioning(file: Path) -> Provisioning:
    """Return what a trunks file says. Errors: ConfigError with every problem."""
    document = read_document(file)
    problems: list[Problem] = []
    faulty: set[tuple[int | str, ...]] = set()
    try:
        parsed = TrunksDocument.model_validate(document)
    except ValidationError as error:
        problems = problems_of(error, file, document, KNOWN_KEYS)
        faulty = {entry["loc"][:2] for entry in error.errors()}
        parsed = TrunksDocument.model_validate(without_tables(document, faulty))    # the rules apply to the others all the same
    provisioning = provisioning_of(parsed)
    findings = [*rule_problems(provisioning), *(() if any(place[0] == "core" for place in faulty) else core_problems(provisioning))]
    problems += [Problem(file, place, sentence) for place, sentence in findings]
    if problems:
        raise ConfigError(problems)
    return provisioning


def without_tables(document: dict[str, Any], faulty: set[tuple[int | str, ...]]) -> dict[str, Any]:
    """Return a document without the tables at these places, ("trunk", 3) or ("tunk",)."""
    return {key: [table for index, table in enumerate(tables) if (key, index) not in faulty]
            for key, tables in document.items() if (key,) not in faulty}


def provisioning_of(document: TrunksDocument) -> Provisioning:
    """Return the file as domain data."""
    first_core = document.core[0].name if document.core else ""
    trunks = tuple(trunk_of(table, first_core) for table in document.trunk)
    cores = tuple(core_of(table) for table in document.core)
    return Provisioning(cores, trunks, tuple(rule_warnings(cores, trunks)))


def core_of(table: CoreTable) -> Core:
    """Return one [[core]] as domain data."""
    targets = (target_of(target.address, target.transport, target.large_by_tcp) for target in table.target)
    return Core(table.name, tuple(map(read_network, table.allow)), tuple(targets), mode=Mode(table.mode) if table.mode else None,
                regions=tuple(map(region_of, table.region)), intra_region=table.intra_region)


def target_of(address: str, transport: Transport, large_by_tcp: bool = False) -> Target:
    """Return an address and its transport as a target."""
    host, port = read_target(address)
    return Target(host, port, transport, large_by_tcp)


def trunk_of(table: TrunkTable, first_core: str) -> Trunk:
    """Return one [[trunk]] as domain data."""
    return Trunk(
        name=table.name, calls=table.calls, numbers=tuple(dict.fromkeys(table.numbers)), core=table.core or first_core, mode=Mode(table.mode),
        caller_id=table.caller_id, add_ons=frozenset(table.add_ons),
        primary=account_of("primary", table.primary), secondary=account_of("secondary", table.secondary),
        regions=tuple(map(region_of, table.region)), intra_region=table.intra_region, caller_id_policy=table.caller_id_policy,
        failover_codes=FAILOVER_CODES if table.failover_codes is None else frozenset(table.failover_codes),
        failover_after_progress=table.failover_after_progress, no_response_ms=table.no_response_ms, ring_timeout_s=table.ring_timeout_s,
        max_call_s=table.max_call_s, pool_full_status=table.pool_full_status, pool_full_status_to_trunk=table.pool_full_status_to_trunk)


def account_of(name: Literal["primary", "secondary"], table: AccountTable | None) -> Account | None:
    """Return one account as domain data."""
    if table is None:
        return None
    return Account(
        name=name, label=table.label, authentication=table.authentication, allow=tuple(map(read_network, table.allow)),
        target=target_of(table.address, table.transport, table.large_by_tcp) if table.address else None, transport=table.transport, username=table.username,
        password=table.password, ha1_md5=table.ha1_md5, ha1_sha256=table.ha1_sha256, probe=table.probe)


def region_of(table: RegionTable) -> Region:
    """Return one region with its zones as domain data."""
    return Region(table.name, tuple(
        Zone(zone.name, target_of(zone.address, zone.transport), tuple(map(read_network, zone.allow)), zone.interface,
             read_source(zone.source) if zone.source else None) for zone in table.zone))


def is_trunks_document(document: dict[str, Any]) -> bool:
    """True for a file that holds trunks or cores, not a node."""
    return "node" not in document and "listen" not in document
