"""hasip: a high-availability SIP router for carrier edges.

For benchmark suites and tools the data plane's own parser and selectors are importable from here:

>>> import hasip
>>> hasip.classify(503)
'far_end_failure'
>>> hasip.RoundRobin(legs=2).order()
[0]
"""
from hasip._fastpath import Failover, Message, OnlyPrimary, Regions, RoundRobin, SipSyntaxError, classify, parse

__version__ = "0.1.0"
__all__ = ["Failover", "Message", "OnlyPrimary", "Regions", "RoundRobin", "SipSyntaxError", "__version__", "classify", "parse"]
