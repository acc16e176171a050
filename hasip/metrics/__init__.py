"""What a node's status says, in Prometheus' words."""
from hasip.metrics.exposition import CONTENT_TYPE, exposition

__all__ = ["CONTENT_TYPE", "exposition"]
