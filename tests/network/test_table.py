"""What follows from the kernel's news, without a kernel."""
from ipaddress import ip_interface, ip_network

from hasip.network import Link
from hasip.network.news import AddressNews, Kind, LinkNews, RouteNews, RoutesMoved
from hasip.network.table import Table

NETWORK = ip_network("10.0.1.0/24")
LINK = LinkNews(3, "eth1", is_up=True, has_carrier=True, is_loopback=False, is_gone=False)
WITHOUT_CARRIER = LinkNews(3, "eth1", is_up=True, has_carrier=False, is_loopback=False, is_gone=False)
GONE = LinkNews(3, "eth1", is_up=False, has_carrier=False, is_loopback=False, is_gone=True)


def address(text: str, *, is_secondary: bool = False, is_gone: bool = False) -> AddressNews:
    return AddressNews(3, ip_interface(text), is_secondary=is_secondary, is_gone=is_gone)


def table_with(*addresses: AddressNews) -> Table:
    table = Table()
    table.replace(Kind.ADDRESSES, addresses)
    table.replace(Kind.ROUTES, [RouteNews(3, NETWORK)])
    table.replace(Kind.LINKS, [LINK])
    return table


def test_link_has_the_addresses_and_routes_that_came_before_it() -> None:
    assert table_with(address("10.0.1.1/24")).current() == {
        "eth1": Link("eth1", 3, is_up=True, has_carrier=True, addresses=(ip_interface("10.0.1.1/24"),), routes=frozenset([NETWORK]))}


def test_addresses_are_in_one_order_whatever_way_they_came() -> None:
    texts = ["10.0.1.9/24", "2001:db8::1/64", "10.0.1.1/24"]
    tables = [table_with(*map(address, order)) for order in (texts, texts[::-1])]
    for table in tables:
        table.learn(address("10.0.0.5/24", is_secondary=True))
        assert [str(each) for each in table.current()["eth1"].addresses] == ["10.0.1.1/24", "10.0.1.9/24", "2001:db8::1/64", "10.0.0.5/24"]


def test_no_route_leads_out_by_a_link_without_carrier() -> None:
    table = table_with()
    table.learn(WITHOUT_CARRIER)
    assert table.current()["eth1"].routes == frozenset()
    table.learn(LINK)
    assert table.current()["eth1"].routes == {NETWORK}


def test_vanished_link_leaves_nothing_to_the_next_of_its_index() -> None:
    table = table_with(address("10.0.1.1/24"))
    table.learn(GONE)
    assert table.current() == {}
    table.learn(LINK)
    assert table.current() == {"eth1": Link("eth1", 3, is_up=True, has_carrier=True)}


def test_routes_are_asked_for_only_after_what_may_have_moved_them() -> None:
    table = table_with(address("10.0.1.1/24"))
    assert not table.learn(LINK)
    assert not table.learn(address("10.0.1.1/24"))
    assert not table.learn(address("10.0.1.2/24", is_gone=True))
    assert table.learn(WITHOUT_CARRIER)
    assert table.learn(address("10.0.1.1/24", is_gone=True))
    assert table.learn(RoutesMoved())


def test_list_replaces_all_of_its_kind_alone() -> None:
    table = table_with(address("10.0.1.1/24"))
    table.replace(Kind.ADDRESSES, [address("10.0.1.7/24")])
    assert table.current()["eth1"].addresses == (ip_interface("10.0.1.7/24"),)
    assert table.current()["eth1"].routes == {NETWORK}
