"""The areas of the log: each line belongs to one, and each may have a level of its own."""
from typing import Literal

Area = Literal["node", "health", "transport", "resolver", "store", "network", "alerts", "hep"]
