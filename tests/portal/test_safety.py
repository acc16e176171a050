"""What self-service must not do to others."""
from typing import Any

import pytest

from hasip.portal import NotFit

from .scene import ANNA, OPERATOR, Scene, play


def problems(url: str, patch: dict[str, Any]) -> list[tuple[str, str]]:
    """Return why a customer may not do what an operator may."""
    async def work(scene: Scene) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        try:
            await scene.portal.trunks.change(ANNA, "acme", patch)
        except NotFit as error:
            found += error.problems
        await scene.portal.trunks.change(OPERATOR, "acme", patch)
        return found
    return play(url, work)


def allow(*networks: str) -> dict[str, Any]:
    return {"primary": {"allow": ["198.51.1.0/24", *networks]}}


@pytest.mark.parametrize("network", ["203.0.113.0/24", "203.0.113.7/32", "2001:db8::/48", "198.51.1.64/26"])
def test_a_customer_adds_networks_of_their_own(url: str, network: str) -> None:
    assert problems(url, allow(network)) == []


@pytest.mark.parametrize("network", ["0.0.0.0/0", "203.0.112.0/23", "::/0", "2001:db8::/47"])
def test_a_network_wider_than_a_customer_is_refused(url: str, network: str) -> None:
    assert [place for place, _ in problems(url, allow(network))] == ["primary.allow"]


@pytest.mark.parametrize(("count", "found"), [(63, []), (64, [("primary.allow", "65 networks: up to 64 can be set here, more by an operator")])])
def test_a_customer_adds_no_more_networks_than_are_looked_for_quickly(url: str, count: int, found: list[tuple[str, str]]) -> None:
    assert problems(url, allow(*(f"203.0.113.{host}/32" for host in range(count)))) == found


@pytest.mark.parametrize("network", ["10.0.0.1/32", "10.0.255.0/24", "198.51.2.0/24", "198.51.2.9/32", "192.0.2.1/32"])
def test_addresses_of_the_core_and_of_neighbours_are_refused(url: str, network: str) -> None:
    assert problems(url, allow(network)) == [("primary.allow", f"{network} has addresses that are somebody else's already: ask an operator")]


def test_a_neighbour_with_a_wide_network_is_seen_too(url: str) -> None:
    async def work(scene: Scene) -> str:
        await scene.portal.trunks.change(OPERATOR, "globex", {"primary": {"allow": ["128.0.0.0/2"]}})
        with pytest.raises(NotFit) as caught:
            await scene.portal.trunks.change(ANNA, "acme", allow("150.1.2.3/32"))
        return str(caught.value)
    assert "somebody else's" in play(url, work)


def test_what_an_operator_has_set_a_customer_may_keep(url: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.portal.trunks.change(OPERATOR, "acme", allow("203.0.0.0/16"))
        await scene.portal.trunks.change(ANNA, "acme", {**allow("203.0.0.0/16"), "mode": "only_primary"})
    play(url, work)


@pytest.mark.parametrize(("address", "is_fit"), [
    ("203.0.113.9:5060", True), ("pbx.example.com", True), ("10.0.0.1:5060", False), ("198.51.2.1:5060", False), ("224.0.0.1:5060", False),
    ("0.0.0.0:5060", False), ("169.254.1.1:5060", False), ("[fe80::1]:5060", False), ("[2001:db8::5]:5060", True)])
def test_calls_go_to_a_customers_own_address_only(url: str, address: str, is_fit: bool) -> None:
    secondary = {"authentication": "ip", "address": address, "username": "", "ha1_md5": "", "ha1_sha256": ""}
    found = problems(url, {"secondary": secondary})
    assert [place for place, _ in found] == ([] if is_fit else ["secondary.address"])
