"""The location service: bindings outlive the process, whatever has changed meanwhile; readers find them while they are written."""
import os
import stat
import threading
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip._fastpath import Router, Snapshot
from hasip.bridge.publish import add_core, add_trunk
from hasip.domain.trunk import Account, Core, Trunk
from tests._routing_registration import (
    BINDING_BYTES,
    BINDINGS_PER_ACCOUNT_MAX,
    LEGS_MAX,
    LOCATION_HEADER_BYTES,
    LOCATION_VERSION,
    BindingSlots,
    Location,
    make_binding_file,
    usernames_in,
)

FLOW_DEAD = 0xFFFFFFFE
REGISTRAR = {"realm": "test", "min_expires_s": 60, "default_expires_s": 3600, "max_expires_s": 7200, "nonce_key": b""}
GUARD = {"requests_per_s": 0, "burst": 0, "failures_max": 0, "ban_s": 0, "scanners": ()}
LONG_AGO_S = 1
NOW_S = 1000
USER, OTHER = 1, 2


def account(name: str, username: str) -> Account:
    return Account(name=name, label=name, authentication="digest", username=username, ha1_md5="0" * 32)     # type: ignore[arg-type]


def world(*usernames: str) -> Snapshot:
    """Return a world of trunks with two registering accounts each, in the order of their board slots."""
    snapshot = Snapshot(cores=1, trunks=8, numbers=8, networks=1, users=16)
    add_core(snapshot, Core("pstn", (ip_network("192.0.2.0/24"),)), 60)
    for slot, (primary, secondary) in enumerate(zip(usernames[::2], usernames[1::2], strict=True)):
        add_trunk(snapshot, Trunk(name=f"t{slot}", calls=1, numbers=(f"+65{slot}",), core="pstn", primary=account("primary", primary),
                                  secondary=account("secondary", secondary)), slot, 0)
    return snapshot


NAMES = ("acme-1", "acme-2", "other-1", "other-2")


def started(directory: Path, *usernames: str, workers: int = 1, capacity: int = 8, listeners: tuple[Any, ...] = ()) -> tuple[Router, int]:
    """Start a router over what lies in a directory; return it and how many bindings it adopted."""
    router = Router(state_dir=str(directory), node="test", workers=workers, listeners=listeners or [("udp", "127.0.0.1", 0, "", "")], trunk_capacity=4,
                    call_capacity=8, binding_capacity=capacity, registrar=REGISTRAR, guard=GUARD, transaction_capacity=64, spin_us=0, drop_unknown=False,
                    domains=[])
    router.adopt_calls({})
    router.publish(world(*(usernames or NAMES)))
    return router, router.adopt_bindings()


def put(directory: Path, bindings: dict[int, dict[str, Any]], capacity: int = 8) -> None:
    (directory / "bindings").write_bytes(make_binding_file(capacity, bindings))


def contacts(router: Router) -> dict[str, list[str]]:
    """Return the contacts of each account that has any."""
    found = {f"{slot}/{leg}": [binding["contact"] for binding in router.bindings(slot, leg)] for slot in range(4) for leg in range(LEGS_MAX)}
    return {place: sorted(each) for place, each in found.items() if each}


def binding(username: str, contact: str = "sip:desk@127.0.0.1:5060", **fields: Any) -> dict[str, Any]:
    return {"username": username.encode(), "contact": contact.encode(), **fields}


# ---------------------------------------------------------------------------------------- after a restart

def test_bindings_are_given_back_to_their_accounts(tmp_path: Path) -> None:
    put(tmp_path, {0: binding("acme-2", "sip:a@127.0.0.1"), 3: binding("other-1", "sip:b@127.0.0.1"), 5: binding("acme-2", "sip:c@127.0.0.1")})
    router, adopted = started(tmp_path)
    assert adopted == 3
    assert contacts(router) == {"0/1": ["sip:a@127.0.0.1", "sip:c@127.0.0.1"], "1/0": ["sip:b@127.0.0.1"]}


def test_a_binding_follows_its_user_to_another_account(tmp_path: Path) -> None:
    put(tmp_path, {0: binding("acme-1", account=0)})
    router, _ = started(tmp_path, "x-1", "x-2", "acme-1", "acme-2")
    assert contacts(router) == {"1/0": ["sip:desk@127.0.0.1:5060"]}


@pytest.mark.parametrize("gone", [
    binding("vanished"), binding("acme-1", expires_s=LONG_AGO_S), binding("acme-1", expires_s=0), binding("acme-1", sequence=1), binding(""),
    binding("acme-1", ""), binding("ACME-1"), binding("acme-1 ")], ids=str)
def test_what_is_nobodys_is_forgotten_for_good(tmp_path: Path, gone: dict[str, Any]) -> None:
    put(tmp_path, {2: gone, 4: binding("acme-2")})
    router, adopted = started(tmp_path)
    assert (adopted, list(contacts(router))) == (1, ["0/1"])
    del router
    assert usernames_in((tmp_path / "bindings").read_bytes()) == {4: b"acme-2"}


def test_text_without_its_end_is_no_binding(tmp_path: Path) -> None:
    """Whatever wrote it: a reader would go on behind it."""
    put(tmp_path, {0: binding("acme-1", contact="sip:" + "a" * 251, path=b"x" * 255), 1: binding("acme-2")})
    content = bytearray((tmp_path / "bindings").read_bytes())
    start = LOCATION_HEADER_BYTES
    place = content.index(b"x" * 255, start) + 255
    assert content[place] == 0
    content[place] = ord("x")
    (tmp_path / "bindings").write_bytes(content)
    assert started(tmp_path)[1] == 1


def test_the_same_contact_twice_is_one(tmp_path: Path) -> None:
    put(tmp_path, {0: binding("acme-1"), 1: binding("acme-1"), 2: binding("acme-1", "sip:soft@127.0.0.1")})
    router, adopted = started(tmp_path)
    assert (adopted, contacts(router)) == (2, {"0/0": ["sip:desk@127.0.0.1:5060", "sip:soft@127.0.0.1"]})


def test_rfc5626_two_flows_of_one_contact_are_two(tmp_path: Path) -> None:
    put(tmp_path, {0: binding("acme-1", reg_id=1, instance_key=5), 1: binding("acme-1", reg_id=2, instance_key=5), 2: binding("acme-1", reg_id=1, instance_key=6)})
    assert started(tmp_path)[1] == 3


def test_an_account_has_no_more_than_it_may_have(tmp_path: Path) -> None:
    put(tmp_path, {slot: binding("acme-1", f"sip:{slot}@127.0.0.1") for slot in range(12)}, capacity=16)
    router, adopted = started(tmp_path)
    assert (adopted, len(router.bindings(0, 0))) == (BINDINGS_PER_ACCOUNT_MAX, BINDINGS_PER_ACCOUNT_MAX)


# ---------------------------------------------------------------------------------------- with other workers

@given(st.data())
def test_with_other_workers_nothing_is_lost(tmp_path_factory: Any, data: Any) -> None:
    """Any number of bindings that a table half full may hold, written by and for any number of workers, again and again."""
    directory = tmp_path_factory.mktemp("bindings")
    slots = data.draw(st.lists(st.integers(0, 31), unique=True, max_size=4))
    owners = {slot: data.draw(st.sampled_from(NAMES)) for slot in slots}
    put(directory, {slot: binding(name, f"sip:{slot}@127.0.0.1") for slot, name in owners.items()}, capacity=32)
    for workers in data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)):
        router, adopted = started(directory, workers=workers)
        found = contacts(router)
        del router
        assert adopted == len(slots)
        assert sorted(found) == sorted({f"{NAMES.index(name) // 2}/{NAMES.index(name) % 2}" for name in owners.values()})
        assert sorted(usernames_in((directory / "bindings").read_bytes()).values()) == sorted(name.encode() for name in owners.values())


def test_bindings_behind_the_ranges_come_along(tmp_path: Path) -> None:
    """8 places make three ranges of 2: what two workers wrote behind them is brought in."""
    put(tmp_path, {7: binding("acme-1"), 6: binding("vanished")})
    router, adopted = started(tmp_path, workers=3)
    assert (adopted, list(contacts(router))) == (1, ["0/0"])
    del router
    written = usernames_in((tmp_path / "bindings").read_bytes())
    assert (list(written.values()), max(written) < 2) == ([b"acme-1"], True)


def test_a_full_range_that_is_left_by_some_takes_others_in(tmp_path: Path) -> None:
    names = ["acme-2", "acme-1", "acme-1", "acme-1", "acme-1", "acme-2", "acme-2"]
    put(tmp_path, {slot: binding(name, f"sip:{slot}@127.0.0.1") for slot, name in enumerate(names)})
    _, adopted = started(tmp_path, workers=2)
    assert adopted == 7


def test_where_there_is_no_room_the_rest_is_forgotten_and_takes_none(tmp_path: Path) -> None:
    put(tmp_path, {slot: binding("acme-1", f"sip:{slot}@127.0.0.1") for slot in range(8)})
    router, adopted = started(tmp_path, workers=2)
    assert (adopted, contacts(router)) == (4, {"0/0": [f"sip:{slot}@127.0.0.1" for slot in range(4)]})
    del router
    assert len(usernames_in((tmp_path / "bindings").read_bytes())) == 4


# ---------------------------------------------------------------------------------------- with other listeners

IPV6 = bytes(15) + b"\1"
UDP, UDP_IPV6, TCP = ("udp", "127.0.0.1", 0, "", ""), ("udp", "::1", 0, "", ""), ("tcp", "127.0.0.1", 0, "", "")


@pytest.mark.parametrize(("fields", "listeners", "reached_by"), [
    ({"flow": "datagram"}, (UDP,), "udp"), ({"flow": "none"}, (UDP,), "udp"), ({"flow": "connection"}, (TCP, UDP), None), ({"flow": "dead"}, (UDP,), None),
    ({"flow": "datagram", "listener": 1}, (UDP, TCP), "udp"), ({"flow": "datagram", "listener": 900}, (TCP, UDP), "udp"),
    ({"flow": "datagram", "listener": 0}, (UDP_IPV6,), None), ({"flow": "datagram", "address": IPV6}, (UDP, UDP_IPV6), "udp"),
    ({"contact": b"sip:a@127.0.0.1;transport=tcp", "listener": 0}, (UDP, TCP), "tcp"), ({"contact": b"sip:a@127.0.0.1;transport=tcp"}, (UDP,), None),
    ({"path": b"<sip:127.0.0.1;transport=tcp;lr>"}, (UDP, TCP), "tcp")])
def test_a_binding_finds_its_listener_again_or_is_out_of_reach(tmp_path: Path, fields: dict[str, Any], listeners: Any, reached_by: str | None) -> None:
    put(tmp_path, {0: {**binding("acme-1"), **fields}})
    router, adopted = started(tmp_path, listeners=listeners)
    assert adopted == 1
    found = router.bindings(0, 0)[0]
    assert (found["transport"] if found["flow"] != FLOW_DEAD else None) == reached_by


# ---------------------------------------------------------------------------------------- the file

def test_a_new_file_is_for_us_alone_and_has_a_key_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    for name in ("a", "b"):
        started(tmp_path / name)
    files = [(tmp_path / name / "bindings") for name in ("a", "b")]
    assert [stat.S_IMODE(os.stat(file).st_mode) for file in files] == [0o600] * 2
    assert files[0].read_bytes() != files[1].read_bytes()
    assert len(files[0].read_bytes()) == LOCATION_HEADER_BYTES + 8 * BINDING_BYTES


def test_the_file_is_as_large_as_it_was_made(tmp_path: Path) -> None:
    put(tmp_path, {15: binding("acme-1")}, capacity=16)
    assert started(tmp_path, capacity=4)[1] == 1


WHOLE = make_binding_file(8, {})


@pytest.mark.parametrize("content", [
    b"x", b"hasiploc", WHOLE[:-1], WHOLE + b"\0", WHOLE[:LOCATION_HEADER_BYTES], b"\0" * len(WHOLE), make_binding_file(8, {}, magic=b"hasipcal"),
    make_binding_file(8, {}, version=LOCATION_VERSION + 1), make_binding_file(8, {}, record_bytes=BINDING_BYTES - 8), make_binding_file(0, {})], ids=range(10))
def test_a_file_that_is_not_ours_is_refused_and_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bindings").write_bytes(content)
    with pytest.raises(ValueError, match=str(tmp_path / "bindings")):
        started(tmp_path)
    assert (tmp_path / "bindings").read_bytes() == content


def test_fewer_places_than_workers_are_refused(tmp_path: Path) -> None:
    put(tmp_path, {}, capacity=1)
    with pytest.raises(ValueError, match="workers"):
        started(tmp_path, workers=2)


# ---------------------------------------------------------------------------------------- slots

@given(st.integers(1, 12), st.lists(st.integers(0, 20), max_size=60))
def test_a_slot_is_taken_by_one_at_a_time(capacity: int, steps: list[int]) -> None:
    slots, taken = BindingSlots(100, capacity), []
    for step in steps:
        if step % 2 and taken:
            slots.give(taken.pop(step % len(taken)))
        else:
            local = slots.take()
            assert (local is None) == (len(taken) == capacity)
            if local is not None:
                assert 0 <= local < capacity
                assert local not in taken
                taken.append(local)
        assert slots.taken == len(taken)


# ---------------------------------------------------------------------------------------- the best binding

def chain(*bindings: dict[str, Any]) -> Location:
    """Return an account whose chain holds these, the first first."""
    location = Location(max(len(bindings), 1))
    for slot, fields in enumerate(bindings):
        location.put(slot, **{"user_key": USER, "contact": f"sip:{slot}".encode(), **fields, "next": slot + 2 if slot + 1 < len(bindings) else 0})
    location.link(1 if bindings else 0)
    return location


@pytest.mark.parametrize(("bindings", "best"), [
    ([], None), ([{}], 0), ([{"q": 100}, {"q": 200}], 1), ([{"q": 200}, {"q": 100}], 0), ([{"registered_s": 5}, {"registered_s": 4}], 0),
    ([{"registered_s": 4}, {"registered_s": 5}], 1), ([{"q": 1000, "registered_s": 1}, {"q": 0, "registered_s": 9}], 0),
    ([{"expires_s": NOW_S}], None), ([{"expires_s": NOW_S + 1}], 0), ([{"q": 1000, "expires_s": NOW_S}, {"q": 0}], 1),
    ([{"user_key": OTHER}], None), ([{"user_key": OTHER}, {"q": 0}], 1), ([{"flow": "dead", "q": 1000}, {"q": 1}], 1), ([{"q": 1}, {"flow": "dead"}], 0),
    ([{"flow": "dead"}], 0)])
def test_the_best_is_live_reachable_wanted_and_late(bindings: list[dict[str, Any]], best: int | None) -> None:
    assert chain(*bindings).find(USER, NOW_S) == (None if best is None else f"sip:{best}".encode())


@given(st.lists(st.fixed_dictionaries({"q": st.integers(0, 3), "registered_s": st.integers(1, 3), "expires_s": st.sampled_from([NOW_S, NOW_S + 1]),
                                       "flow": st.sampled_from(["none", "dead", "datagram"]), "user_key": st.sampled_from([USER, OTHER])}), max_size=8))
def test_no_other_is_better_than_the_best(bindings: list[dict[str, Any]]) -> None:
    live = {slot: each for slot, each in enumerate(bindings) if each["expires_s"] > NOW_S and each["user_key"] == USER}
    found = chain(*bindings).find(USER, NOW_S)
    assert (found is None) == (not live)
    if found is not None:
        ranks = {slot: (each["flow"] != "dead", each["q"], each["registered_s"]) for slot, each in live.items()}
        assert ranks[int(found[4:])] == max(ranks.values())


def test_a_chain_that_goes_round_ends() -> None:
    location = Location(2)
    location.put(0, user_key=OTHER, next=2)
    location.put(1, user_key=OTHER, next=1)
    location.link(1)
    assert location.find(USER, NOW_S) is None


@pytest.mark.parametrize("link", [3, 2**32 - 1])
def test_a_link_that_leads_nowhere_is_the_end(link: int) -> None:
    location = chain({})
    location.link(link)
    assert location.find(USER, NOW_S) is None


def test_a_record_that_is_never_finished_keeps_nobody_waiting() -> None:
    location = chain({})
    location.leave_odd(0)
    assert location.find(USER, NOW_S) is None


def test_a_binding_is_found_while_it_is_refreshed_and_others_come_and_go() -> None:
    """A call must not be refused because its account registers just now. (An owner that the kernel stops in the middle of writing may be missed.)"""
    location = Location(2)
    results: list[tuple[int, int, int]] = []
    reader = threading.Thread(target=lambda: results.append(location.look_all_the_time()))
    reader.start()
    location.change_all_the_time(300_000)
    reader.join()
    looked, missed, wrong = results[0]
    assert looked > 1000
    assert wrong == 0
    assert missed <= looked // 100


def test_the_key_of_an_account_is_its_username(tmp_path: Path) -> None:
    """Two accounts that change names change bindings with the next start."""
    put(tmp_path, {0: binding("acme-1", "sip:one@127.0.0.1"), 1: binding("acme-2", "sip:two@127.0.0.1")})
    router, _ = started(tmp_path, "acme-2", "acme-1")
    assert contacts(router) == {"0/0": ["sip:two@127.0.0.1"], "0/1": ["sip:one@127.0.0.1"]}
    router.publish(world("acme-1", "acme-2"))
    assert contacts(router) == {}


def test_an_account_without_a_username_has_nobodys_bindings() -> None:
    location = chain({"user_key": 0})
    assert location.find(USER, NOW_S) is None
