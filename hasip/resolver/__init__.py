"""Where named targets are: RFC 3263 with a cache that outlives its name servers. A life of a name:

service.py (what to keep fresh, and when) → lookup.py (ask, or remember) → locate.py (what to ask next, and what follows from the answers; no I/O)
→ client.py (the only file that talks) → cache.py (how long an answer counts) → failures.py (which address to try last).
"""
from hasip.resolver.locate import Family
from hasip.resolver.place import Place
from hasip.resolver.service import Resolver

__all__ = ["Family", "Place", "Resolver"]
