"""Provisionings: a small one to change, and any that a trunks file can say."""
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from hypothesis import strategies as st

from hasip.domain.trunk import Account, Core, Mode, Provisioning, Region, Target, Trunk, Zone

ADD_ONS = frozenset({"high_availability", "ip_authentication"})
HA1_MD5, HA1_SHA256 = "5f" * 16, "a7" * 32

PSTN = Core("pstn", (IPv4Network("10.0.0.0/8"),), (Target("10.0.0.1", 5060),))


def office(name: str = "acme", number: str = "+1", **changes: Any) -> Trunk:
    """Return a trunk with an account that registers."""
    account = Account("primary", "HQ", "digest", username=f"{name}-user", ha1_md5=HA1_MD5, ha1_sha256=HA1_SHA256)
    return Trunk(**{"name": name, "calls": 30, "numbers": (number,), "core": "pstn", "add_ons": ADD_ONS, "primary": account, **changes})


def world(*trunks: Trunk) -> Provisioning:
    """Return a provisioning of these trunks and one core."""
    return Provisioning((PSTN,), trunks)


texts = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)
names = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
booleans = st.booleans()
transports = st.sampled_from(["udp", "tcp", "tls"])
hosts = st.one_of(st.ip_addresses().map(str), st.sampled_from(["sip.example.com", "edge-1.example.net."]))
networks = st.lists(st.one_of(st.ip_addresses(v=4).map(IPv4Network), st.ip_addresses(v=6).map(IPv6Network), st.just(IPv4Network("192.0.2.0/24"))), max_size=3).map(tuple)
ports = st.integers(1, 65535)
numbers = st.from_regex(r"\+?[0-9]{1,12}\*?", fullmatch=True)


def targets(transport: st.SearchStrategy[Any] = transports, large_by_tcp: st.SearchStrategy[bool] = booleans) -> st.SearchStrategy[Target]:
    addressed = st.builds(Target, hosts, ports, transport, large_by_tcp)
    return st.one_of(addressed, st.builds(Target, st.just("sip.example.org"), st.just(0), transport, large_by_tcp))


@st.composite
def zones(draw: st.DrawFn, name: str) -> Zone:
    target = draw(targets(large_by_tcp=st.just(False)))
    interface = draw(st.sampled_from(["", "eth0"]))
    source = draw(st.one_of(st.none(), st.ip_addresses(v=target.ip.version if target.ip else 4))) if interface else None
    return Zone(name, target, draw(networks), interface, source)


@st.composite
def regions(draw: st.DrawFn, mode: Mode) -> tuple[Region, ...]:
    region_count, zone_count = {"2t": (1, 2), "4t": (2, 1), "2t4t": (2, 2)}[mode.value]
    zone_names = iter(draw(st.lists(names.filter(lambda name: "/" not in name), min_size=4, max_size=4, unique=True)))
    region_names = draw(st.lists(names, min_size=region_count, max_size=region_count, unique=True))
    return tuple(Region(name, tuple(draw(zones(next(zone_names))) for _ in range(zone_count))) for name in region_names)


@st.composite
def cores(draw: st.DrawFn) -> Core:
    mode = draw(st.sampled_from([None, Mode.TWO_ZONES, Mode.TWO_REGIONS, Mode.TWO_REGIONS_TWO_ZONES]))
    legs_of_core = {"targets": draw(st.lists(targets(), max_size=3).map(tuple))} if mode is None else {"mode": mode, "regions": draw(regions(mode))}
    return Core(draw(names), draw(networks), intra_region=draw(st.sampled_from(["round_robin", "priority"])), **legs_of_core)


@st.composite
def accounts(draw: st.DrawFn, name: Any, username: str) -> Account:
    common = {"name": name, "label": draw(texts), "allow": draw(networks), "transport": draw(transports)}
    if draw(st.booleans()):
        return Account(authentication="ip", probe=draw(st.booleans()), target=draw(targets(st.just(common["transport"]))), **common)
    hashes = draw(st.sampled_from([(HA1_MD5, ""), ("", HA1_SHA256), (HA1_MD5, HA1_SHA256)]))
    return Account(authentication="digest", username=username, ha1_md5=hashes[0], ha1_sha256=hashes[1], **common)


@st.composite
def legs(draw: st.DrawFn, mode: Mode, number: int) -> dict[str, Any]:
    if mode.is_basic:
        has_secondary = mode is not Mode.ONLY_PRIMARY or draw(st.booleans())
        return {"primary": draw(accounts("primary", f"user {number} 'p\"")), "secondary": draw(accounts("secondary", f"user {number} s")) if has_secondary else None}
    return {"regions": draw(regions(mode))}


@st.composite
def provisionings(draw: st.DrawFn) -> Provisioning:
    """Any provisioning without passwords that a trunks file can say, in the order of names."""
    some_cores = draw(st.lists(cores(), min_size=1, max_size=3, unique_by=lambda core: core.name))
    all_numbers = draw(st.lists(numbers, unique=True, max_size=8))
    trunks = []
    for position, name in enumerate(draw(st.lists(names, unique=True, max_size=4))):
        mode = draw(st.sampled_from(Mode))
        codes = draw(st.one_of(st.none(), st.frozensets(st.integers(300, 699), max_size=4)))
        trunks.append(Trunk(
            name=name, calls=draw(st.integers(0, 4_000_000)), numbers=tuple(all_numbers[position * 2:position * 2 + 2]), core=draw(st.sampled_from(some_cores)).name, mode=mode,
            caller_id=draw(texts.map(lambda text: text.encode()[:31].decode(errors="ignore"))), add_ons=ADD_ONS, intra_region=draw(st.sampled_from(["round_robin", "priority"])), caller_id_policy=draw(st.sampled_from(["pai", "from"])),
            **({} if codes is None else {"failover_codes": codes}), failover_after_progress=draw(st.sampled_from(["always", "no_early_media", "never"])),
            no_response_ms=draw(st.integers(100, 10_000)), ring_timeout_s=draw(st.integers(0, 180)), max_call_s=draw(st.integers(60, 604_800)),
            pool_full_status=draw(st.integers(400, 699)), pool_full_status_to_trunk=draw(st.integers(400, 699)), **draw(legs(mode, position))))
    return Provisioning(tuple(sorted(some_cores, key=lambda core: core.name)), tuple(sorted(trunks, key=lambda trunk: trunk.name)))
