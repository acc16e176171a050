"""When to alert, and when it is over: rules over what was seen. Each is told once until it ends. No I/O."""
from hasip.alerts.certificates import Certificates
from hasip.alerts.moves import Moves
from hasip.alerts.not_published import NotPublished
from hasip.alerts.outages import Outages
from hasip.alerts.pools import Pools

__all__ = ["Certificates", "Moves", "NotPublished", "Outages", "Pools"]
