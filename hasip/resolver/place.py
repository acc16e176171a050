"""What a name comes down to."""
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A numeric address and a port."""

    address: str            # without brackets
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"
