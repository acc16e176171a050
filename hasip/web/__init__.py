"""HTTP on the node's own loop."""
from hasip.web.server import serving

__all__ = ["serving"]
