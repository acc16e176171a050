"""Node and trunks files: read, checked as a whole, turned into domain data."""
from hasip.config.node_file import load_node
from hasip.config.problems import ConfigError, Problem
from hasip.config.trunks_file import load_provisioning

__all__ = ["ConfigError", "Problem", "load_node", "load_provisioning"]
