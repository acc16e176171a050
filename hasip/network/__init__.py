"""What this machine is connected by: interfaces with their addresses and routes, as the kernel tells of them.

netlink.py (the only file that talks to the kernel) → news.py (what it said) → table.py (what follows; no I/O) → links.py (follow it, and tell of changes).
link.py is what comes of it, and leaving.py the questions it answers.
"""
from hasip.network.leaving import obstacle, source_on
from hasip.network.link import Address, Interface, Link, Network
from hasip.network.links import Links

__all__ = ["Address", "Interface", "Link", "Links", "Network", "obstacle", "source_on"]
