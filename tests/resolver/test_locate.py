"""RFC 3263 without a network: what is asked, in which order, and what follows from the answers."""
import math
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.domain.node import Transport
from hasip.domain.trunk import Target
from hasip.resolver.locate import MOST_HOSTS, MOST_PLACES, SERVICES, Family, Located, locate
from hasip.resolver.place import Place
from hasip.resolver.records import Answer, DnsTrouble, Naptr, RecordType, Srv

BOTH: tuple[Family, ...] = ("ipv4", "ipv6")
Zone = Mapping[tuple[str, RecordType], Answer]


def located(target: Target, zone: Zone, families: Sequence[Family] = BOTH, seed: int = 0) -> tuple[Located, list[list[str]]]:
    """Return where a target is by a zone, and the queries of each step as "TYPE name"."""
    steps, asked = locate(target, families, random.Random(seed)), []
    try:
        queries = next(steps)
        while True:
            asked.append([f"{query.type} {query.name}" for query in queries])
            queries = steps.send([zone.get((query.name, query.type), Answer()) for query in queries])
    except StopIteration as end:
        return end.value, asked


def places(target: Target, zone: Zone, families: Sequence[Family] = BOTH) -> list[str]:
    return [str(place) for place in located(target, zone, families)[0].places]


def naptr(order: int, preference: int, service: str, replacement: str, flags: str = "s", regexp: str = "") -> Naptr:
    return Naptr(order, preference, flags, service, regexp, replacement)


@pytest.mark.parametrize(("host", "port", "transport", "expected"), [
    ("192.0.2.1", 0, "udp", "192.0.2.1:5060"), ("192.0.2.1", 0, "tls", "192.0.2.1:5061"), ("192.0.2.1", 5070, "tcp", "192.0.2.1:5070"),
    ("2001:DB8::1", 0, "tcp", "[2001:db8::1]:5060"),
])
def test_rfc3263_4_2_numeric_address_is_asked_for_nowhere(host: str, port: int, transport: Transport, expected: str) -> None:
    found, asked = located(Target(host, port, transport), {})
    assert [str(place) for place in found.places] == [expected]
    assert asked == []


def test_rfc3263_4_2_name_with_a_port_is_asked_for_addresses_alone() -> None:
    zone: Zone = {("pbx", "A"): Answer(addresses=("192.0.2.1", "192.0.2.2"), ttl_s=60), ("pbx", "AAAA"): Answer(addresses=("2001:db8::1",), ttl_s=50)}
    found, asked = located(Target("pbx", 5070), zone)
    assert found == Located((Place("192.0.2.1", 5070), Place("192.0.2.2", 5070), Place("2001:db8::1", 5070)), 50)
    assert asked == [["A pbx", "AAAA pbx"]]


@pytest.mark.parametrize(("families", "expected"), [(("ipv4",), ["192.0.2.1:5070"]), (("ipv6",), ["[2001:db8::1]:5070"])])
def test_only_wanted_families_are_asked_for(families: Sequence[Family], expected: list[str]) -> None:
    zone: Zone = {("pbx", "A"): Answer(addresses=("192.0.2.1",)), ("pbx", "AAAA"): Answer(addresses=("2001:db8::1",))}
    assert places(Target("pbx", 5070), zone, families) == expected


@pytest.mark.parametrize(("transport", "srv_name", "port"), [("udp", "_sip._udp.pbx", 5060), ("tcp", "_sip._tcp.pbx", 5060), ("tls", "_sips._tcp.pbx", 5061)])
def test_rfc3263_4_2_name_with_addresses_only_gets_the_transports_port(transport: Transport, srv_name: str, port: int) -> None:
    found, asked = located(Target("pbx", 0, transport), {("pbx", "A"): Answer(addresses=("192.0.2.1",))})
    assert found.places == (Place("192.0.2.1", port),)
    assert asked == [["NAPTR pbx"], [f"SRV {srv_name}"], ["A pbx", "AAAA pbx"]]


@pytest.mark.parametrize("transport", SERVICES)
def test_rfc3263_4_1_naptr_of_the_transport_leads_to_its_srv(transport: Transport) -> None:
    rules = tuple(naptr(10, 10, service.naptr, f"{name}.other.") for name, service in SERVICES.items())
    zone: Zone = {
        ("pbx", "NAPTR"): Answer(rules, ttl_s=90), (f"{transport}.other.", "SRV"): Answer(services=(Srv(0, 0, 5080, "a.other."),), ttl_s=80),
        ("a.other.", "A"): Answer(addresses=("192.0.2.1",), ttl_s=100),
    }
    assert located(Target("pbx", 0, transport), zone)[0] == Located((Place("192.0.2.1", 5080),), 80)


def test_rfc3403_lowest_order_counts_and_preference_ranks() -> None:
    rules = (naptr(20, 1, "SIP+D2U", "later."), naptr(10, 9, "sip+d2u", "second.", "S"), naptr(10, 5, "SIP+D2U", "first."))
    zone: Zone = {
        ("pbx", "NAPTR"): Answer(rules), **{(f"{name}.", "SRV"): Answer(services=(Srv(0, 0, port, f"{name}.host."),))
                                          for name, port in (("first", 1), ("second", 2), ("later", 3))},
        **{(f"{name}.host.", "A"): Answer(addresses=("192.0.2.1",)) for name in ("first", "second", "later")},
    }
    assert places(Target("pbx", 0), zone) == ["192.0.2.1:1", "192.0.2.1:2"]


@pytest.mark.parametrize("rule", [naptr(1, 1, "SIP+D2T", "x."), naptr(1, 1, "SIP+D2U", "x.", "a"), naptr(1, 1, "SIP+D2U", ".", "u", "!.*!sip:x!"),
                                  naptr(1, 1, "SIP+D2U", "x.", "s", "!.*!x!"), naptr(1, 1, "E2U+sip", "x.")])
def test_rules_that_are_not_ours_are_as_none(rule: Naptr) -> None:
    assert located(Target("pbx", 0), {("pbx", "NAPTR"): Answer((rule,))})[1][1] == ["SRV _sip._udp.pbx"]


def test_rfc3263_4_2_naptr_without_its_srv_falls_back_to_addresses() -> None:
    zone: Zone = {("pbx", "NAPTR"): Answer((naptr(1, 1, "SIP+D2U", "x."),)), ("pbx", "A"): Answer(addresses=("192.0.2.1",))}
    assert places(Target("pbx", 0), zone) == ["192.0.2.1:5060"]


def test_addresses_come_host_by_host_ipv4_first() -> None:
    zone: Zone = {
        ("_sip._udp.pbx", "SRV"): Answer(services=(Srv(20, 0, 5062, "b."), Srv(10, 0, 5061, "a."))),
        ("a.", "A"): Answer(addresses=("192.0.2.1",)), ("a.", "AAAA"): Answer(addresses=("2001:db8::1",)), ("b.", "A"): Answer(addresses=("192.0.2.2",)),
    }
    assert places(Target("pbx", 0), zone) == ["192.0.2.1:5061", "[2001:db8::1]:5061", "192.0.2.2:5062"]


def test_rfc2782_root_as_target_means_no_such_service_and_no_fall_back() -> None:
    zone: Zone = {("_sip._udp.pbx", "SRV"): Answer(services=(Srv(0, 0, 0, "."),), ttl_s=60), ("pbx", "A"): Answer(addresses=("192.0.2.1",))}
    assert located(Target("pbx", 0), zone) == (Located((), 60), [["NAPTR pbx"], ["SRV _sip._udp.pbx"]])


def test_place_named_twice_comes_once() -> None:
    zone: Zone = {("_sip._udp.pbx", "SRV"): Answer(services=(Srv(1, 0, 5060, "a."), Srv(2, 0, 5060, "b."))),
                  ("a.", "A"): Answer(addresses=("192.0.2.1",)), ("b.", "A"): Answer(addresses=("192.0.2.1", "192.0.2.2"))}
    assert places(Target("pbx", 0), zone) == ["192.0.2.1:5060", "192.0.2.2:5060"]


def test_addresses_no_call_can_be_sent_to_are_left_out() -> None:
    assert places(Target("pbx", 5060), {("pbx", "A"): Answer(addresses=("0.0.0.0", "224.0.0.1", "192.0.2.1")),
                                        ("pbx", "AAAA"): Answer(addresses=("::", "ff02::1"))}) == ["192.0.2.1:5060"]


def test_name_without_any_record_has_no_place() -> None:
    assert located(Target("pbx", 0), {})[0] == Located((), math.inf)


def test_stranger_cannot_make_us_ask_without_end() -> None:
    services = tuple(Srv(0, 1, 5060, f"h{number}.") for number in range(2000))
    zone: Zone = {("_sip._udp.pbx", "SRV"): Answer(services=services),
                  **{(f"h{number}.", "A"): Answer(addresses=tuple(f"192.0.{number % 256}.{last}" for last in range(100))) for number in range(2000)}}
    found, asked = located(Target("pbx", 0), zone)
    assert (len(asked[2]), len(found.places)) == (2 * MOST_HOSTS, MOST_PLACES)


@pytest.mark.parametrize("failing", [("pbx", "NAPTR"), ("_sip._udp.pbx", "SRV")])
def test_query_that_failed_does_not_lead_on_to_the_web_server(failing: tuple[str, RecordType]) -> None:
    with pytest.raises(DnsTrouble, match="SERVFAIL"):
        located(Target("pbx", 0), {failing: Answer(trouble="SERVFAIL"), ("pbx", "A"): Answer(addresses=("192.0.2.1",))})


def test_one_family_that_fails_leaves_the_other() -> None:
    assert places(Target("pbx", 5060), {("pbx", "A"): Answer(addresses=("192.0.2.1",)), ("pbx", "AAAA"): Answer(trouble="SERVFAIL")}) == ["192.0.2.1:5060"]


def test_no_address_is_no_answer_when_a_family_failed() -> None:
    with pytest.raises(DnsTrouble, match="SERVFAIL"):
        located(Target("pbx", 5060), {("pbx", "AAAA"): Answer(trouble="SERVFAIL")})


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), min_size=1, max_size=MOST_HOSTS), st.integers())
def test_every_host_is_there_in_order_of_priority(records: list[tuple[int, int]], seed: int) -> None:
    services = tuple(Srv(priority, weight, 5060 + number, f"h{number}.") for number, (priority, weight) in enumerate(records))
    zone: Zone = {("_sip._udp.pbx", "SRV"): Answer(services=services), **{(f"h{number}.", "A"): Answer(addresses=("192.0.2.1",)) for number in range(20)}}
    found, _ = located(Target("pbx", 0), zone, seed=seed)
    numbers = [place.port - 5060 for place in found.places]
    assert sorted(numbers) == list(range(len(records)))
    assert [records[number][0] for number in numbers] == sorted(priority for priority, _ in records)


def test_each_host_is_asked_for_once() -> None:
    zone: Zone = {("_sip._udp.pbx", "SRV"): Answer(services=(Srv(1, 0, 5060, "a."), Srv(2, 0, 5060, "a.")))}
    assert located(Target("pbx", 0), zone)[1][2] == ["A a.", "AAAA a."]
