"""What must hold between the parts of a trunks file. Each rule yields (place, sentence)."""
from collections.abc import Iterable, Iterator

from hasip.domain.trunk import Account, Core, Mode, Provisioning, Trunk, Zone

Finding = tuple[str, str]

CORES_MAX = 64
WANTED_ZONES = {Mode.TWO_ZONES: (1, 2), Mode.TWO_REGIONS: (2, 1), Mode.TWO_REGIONS_TWO_ZONES: (2, 2)}


def rule_problems(provisioning: Provisioning) -> Iterator[Finding]:
    """Yield what makes trunks unusable, each by itself and together."""
    trunks = provisioning.trunks
    yield from duplicates("trunk", (trunk.name for trunk in trunks))
    yield from duplicate_usernames(trunks)
    yield from shared_numbers(trunks)
    for trunk in trunks:
        if trunk.name.startswith("core:"):
            yield f'trunk "{trunk.name}"', "a core's zones are named so: give it another name, that does not begin with core:"
        yield from missing_add_ons(trunk)
        yield from leg_problems(trunk)


def core_problems(provisioning: Provisioning) -> Iterator[Finding]:
    """Yield what is wrong with cores, and trunks that name none of them."""
    cores = {core.name for core in provisioning.cores}
    yield from duplicates("core", (core.name for core in provisioning.cores))
    if len(provisioning.cores) > CORES_MAX:
        yield "core", f"{len(provisioning.cores)} cores: at most {CORES_MAX} are possible"
    for core in provisioning.cores:
        yield from core_leg_problems(core)
    if provisioning.trunks and not cores:
        yield "core", 'no core: add [[core]] with name, allow = ["192.0.2.0/24"] and target'
    for trunk in provisioning.trunks:
        if cores and trunk.core not in cores:
            yield f'trunk "{trunk.name}": core', f'"{trunk.core}" is none of {", ".join(sorted(cores))}'


def rule_warnings(cores: Iterable[Core], trunks: Iterable[Trunk]) -> Iterator[str]:
    """Yield what is allowed but perhaps not meant."""
    for core in cores:
        if not core.targets and not core.regions:
            yield f"core {core.name}: target is empty, so calls of customers to it are refused"
    for trunk in trunks:
        for account in trunk.accounts:
            if account.authentication == "ip" and not account.allow:
                yield f"trunk {trunk.name}, account {account.name}: allow is empty, so every call from it is refused"


def duplicates(table: str, names: Iterable[str]) -> Iterator[Finding]:
    """Yield names that are used twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f'{table} "{name}"', "the name is used twice: give one of them another"
        seen.add(name)


def duplicate_usernames(trunks: Iterable[Trunk]) -> Iterator[Finding]:
    """Yield usernames that two accounts share."""
    owners: dict[str, str] = {}
    for trunk in trunks:
        for account in trunk.accounts:
            if not account.username:
                continue
            if account.username in owners:
                yield f'trunk "{trunk.name}": {account.name}.username', f'"{account.username}" belongs to trunk "{owners[account.username]}" already'
            owners.setdefault(account.username, trunk.name)


def shared_numbers(trunks: Iterable[Trunk]) -> Iterator[Finding]:
    """Yield numbers, and equal prefixes, that two trunks claim."""
    owners: dict[str, str] = {}
    for trunk in trunks:
        for number in trunk.numbers:
            owner = owners.setdefault(number, trunk.name)
            if owner != trunk.name:
                yield f'trunk "{trunk.name}": numbers', f'"{number}" belongs to trunk "{owner}" already: remove it from one of them'


def missing_add_ons(trunk: Trunk) -> Iterator[Finding]:
    """Yield what a trunk uses and is not entitled to."""
    place = f'trunk "{trunk.name}": add_ons'
    if "high_availability" not in trunk.add_ons:
        if trunk.mode is not Mode.ONLY_PRIMARY:
            yield place, f'mode {trunk.mode.value} needs the add-on "high_availability"'
        if trunk.secondary is not None:
            yield place, 'a secondary account needs the add-on "high_availability"'
    if "ip_authentication" not in trunk.add_ons and any(account.authentication == "ip" for account in trunk.accounts):
        yield place, 'authentication = "ip" needs the add-on "ip_authentication"'


def leg_problems(trunk: Trunk) -> Iterator[Finding]:
    """Yield what is wrong with a trunk's legs."""
    place = f'trunk "{trunk.name}"'
    if trunk.mode.is_basic:
        if trunk.regions:
            yield f"{place}: region", f"mode {trunk.mode.value} has no regions: remove them, or set mode to 2t, 4t or 2t4t"
        if trunk.primary is None:
            yield f"{place}: primary", "is missing: add [trunk.primary]"
        if trunk.secondary is None and trunk.mode is not Mode.ONLY_PRIMARY:
            yield f"{place}: secondary", f"is missing: mode {trunk.mode.value} needs [trunk.secondary]"
        for account in trunk.accounts:
            yield from account_problems(place, account)
        return
    if trunk.accounts:
        yield f"{place}: {trunk.accounts[0].name}", f"mode {trunk.mode.value} has regions, not accounts: remove it, or set a basic mode"
    yield from region_problems(place, trunk, trunk.mode)


def core_leg_problems(core: Core) -> Iterator[Finding]:
    """Yield what is wrong with a core's targets, regions and zones."""
    place = f'core "{core.name}"'
    if core.mode is None:
        if core.regions:
            yield f"{place}: mode", "is missing: a core with regions needs mode 2t, 4t or 2t4t"
        return
    if core.targets:
        yield f"{place}: target", f"mode {core.mode.value} has regions, not targets: remove them, or remove mode"
    yield from region_problems(place, core, core.mode)


def account_problems(place: str, account: Account) -> Iterator[Finding]:
    """Yield what is wrong with one account."""
    where = f"{place}: {account.name}"
    if account.probe and account.authentication != "ip":
        yield f"{where}.probe", 'is for authentication = "ip": an account that registers is known to be there by that'
    if account.authentication == "ip":
        if account.target is None:
            yield f"{where}.address", 'is missing: an account with authentication = "ip" needs address = "192.0.2.1:5060"'
        elif account.target.port == 0 and account.target.ip is not None:
            yield f"{where}.address", "port 0 can't be called"
        if account.username or account.password or account.ha1_md5 or account.ha1_sha256:
            yield f"{where}.username", 'credentials are for authentication = "digest"'
        return
    if account.target is not None:
        yield f"{where}.address", 'an account with authentication = "digest" registers: remove the address'
    if not account.username:
        yield f"{where}.username", 'is missing: authentication = "digest" needs it'
    if not (account.password or account.ha1_md5 or account.ha1_sha256):
        yield f"{where}.password", 'is missing: authentication = "digest" needs password, ha1_md5 or ha1_sha256'


def region_problems(place: str, owner: Trunk | Core, mode: Mode) -> Iterator[Finding]:
    """Yield where regions and zones are not as many as the mode wants, or can't be reached as they say."""
    regions, zones = WANTED_ZONES[mode]
    if len(owner.regions) != regions:
        yield f"{place}: region", f"{len(owner.regions)} regions: mode {mode.value} needs {regions}"
    for region in owner.regions:
        if len(region.zones) != zones:
            yield f'{place}: region "{region.name}"', f"{len(region.zones)} zones: mode {mode.value} needs {zones}"
        for zone in region.zones:
            yield from zone_problems(f'{place}: zone "{zone.name}"', zone)
    yield from ((f"{place}: {where}", sentence) for where, sentence in duplicates("region", (region.name for region in owner.regions)))
    yield from ((f"{place}: {where}", sentence) for where, sentence in duplicates("zone", (zone.name for region in owner.regions for zone in region.zones)))


def zone_problems(place: str, zone: Zone) -> Iterator[Finding]:
    """Yield what is wrong with one zone."""
    if "/" in zone.name:
        yield place, "a zone is called by its owner's name, a slash and its own: write its own without a slash"
    if zone.target.port == 0 and zone.target.ip is not None:
        yield f"{place}.address", "port 0 can't be called"
    if zone.source is not None and not zone.interface:
        yield f"{place}.source", 'goes with an interface: add interface = "eth1"'
    if zone.source is not None and zone.target.ip is not None and zone.source.version != zone.target.ip.version:
        yield f"{place}.source", f"is IPv{zone.source.version}, and the address is IPv{zone.target.ip.version}: they have to be of one family"
