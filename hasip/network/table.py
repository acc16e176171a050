"""All interfaces, from what the kernel says of them; no I/O.

Of routes the kernel says too little: that they went with their interface's carrier or address is told nowhere, nor where a replaced one led before. So that
a route has moved is only a reason to ask for all of them again; news of links and addresses is the truth itself.
"""
from collections.abc import Iterable, Mapping

from hasip.network.link import Interface, Link, Network
from hasip.network.news import AddressNews, Kind, LinkNews, News, RouteNews, RoutesMoved


class Table:
    """What is known of each interface, by its index: addresses may come before the link they belong to."""

    def __init__(self) -> None:
        self._links: dict[int, LinkNews] = {}
        self._addresses: dict[int, dict[Interface, bool]] = {}      # and whether it is secondary
        self._routes: dict[int, set[Network]] = {}
        self._finished: dict[int, Link] = {}                        # as far as nothing has changed since

    def current(self) -> Mapping[str, Link]:
        """Return the interfaces there are, by name."""
        for index in self._links.keys() - self._finished.keys():
            self._finished[index] = self._finish(self._links[index])
        return {link.name: link for link in self._finished.values()}

    def replace(self, kind: Kind, everything: Iterable[News]) -> None:
        """Take everything of a kind as the kernel has it now."""
        match kind:
            case Kind.LINKS:
                self._links.clear()
            case Kind.ADDRESSES:
                self._addresses.clear()
            case Kind.ROUTES:
                self._routes.clear()
        self._finished.clear()
        for news in everything:
            self.learn(news)

    def learn(self, news: News) -> bool:
        """Take in one piece of news. True when routes may be others now."""
        match news:
            case LinkNews():
                return self._learn_link(news)
            case AddressNews():
                return self._learn_address(news)
            case RouteNews():
                self._routes.setdefault(news.index, set()).add(news.network)
                return False
            case RoutesMoved():
                return True

    def _learn_link(self, news: LinkNews) -> bool:
        if news.is_gone:
            self._addresses.pop(news.index, None)
            self._routes.pop(news.index, None)
        elif self._links.get(news.index) == news:
            return False
        self._finished.pop(news.index, None)
        self._links.pop(news.index, None)
        if not news.is_gone:
            self._links[news.index] = news
        return True

    def _learn_address(self, news: AddressNews) -> bool:
        known = self._addresses.setdefault(news.index, {})
        before = known.pop(news.interface, None)
        if not news.is_gone:
            known[news.interface] = news.is_secondary
        is_other = known.get(news.interface) != before
        if is_other:
            self._finished.pop(news.index, None)
        return is_other

    def _finish(self, news: LinkNews) -> Link:
        addresses = self._addresses.get(news.index, {})
        return Link(
            news.name, news.index, news.is_up, news.has_carrier, news.is_loopback,
            addresses=tuple(sorted(addresses, key=lambda each: (addresses[each], each.version, each))),
            routes=frozenset(self._routes.get(news.index, ()) if news.is_up and news.has_carrier else ()))
