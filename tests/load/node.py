"""A hasip for load: no request limit, and as many users as a test wants."""
from pathlib import Path
from typing import Any

from tests.scenario.edge import Edge, Trunk

PASSWORD = "c0rrect-horse-battery"
USERS_AT = 100                          # last octet in the node's /24


class LoadEdge(Edge):
    """An edge with `users`, named user0, user1, …, each the primary of a trunk of its own."""

    def __init__(self, folder: Path, trunks: list[Trunk], *, users: int = 0, **options: Any) -> None:
        super().__init__(folder, trunks, **options)
        self.users = users

    def write_files(self) -> None:
        super().write_files()
        with (self.folder / "edge.toml").open("a") as file:
            file.write("[abuse]\nrequests_per_s = 0\nfailures_max = 0\n")
        with (self.folder / "trunks.toml").open("a") as file:
            file.writelines(
                f'[[trunk]]\nname = "user{number}"\ncalls = 1\nnumbers = ["+6599{number:06d}"]\n[trunk.primary]\nauthentication = "digest"\n'
                f'username = "user{number}"\npassword = "{PASSWORD}"\n' for number in range(self.users))

    @property
    def users_at(self) -> str:
        """Where users may be: an address on no whitelist."""
        return f"[::1]:{5070}" if self.ipv6 else f"{self.network}.{USERS_AT}:5060"

    def bindings(self, user: int) -> list[dict[str, Any]]:
        """Return where a user has registered."""
        found: list[dict[str, Any]] = self.trunk_status(f"user{user}")["legs"]["primary"]["bindings"]
        return found
