"""A hasip for load: no request limit, as many users as a test wants, and trunks that are reached by TCP and TLS."""
from pathlib import Path
from typing import Any

from hasip.user_agent.certificate import write_certificate
from tests.scenario.edge import Edge, Trunk

PASSWORD = "c0rrect-horse-battery"
USERS_AT, STREAM_LEGS_AT = 100, 110     # last octets in the node's /24
TLS_PORT = 5061
TRANSPORTS = ("udp", "tcp", "tls")


class LoadEdge(Edge):
    """An edge with `users`, named user0, user1, …, each the primary of a trunk of its own; or one that listens by TCP and TLS, with a trunk for each transport."""

    def __init__(self, folder: Path, trunks: list[Trunk], *, users: int = 0, has_streams: bool = False, **options: Any) -> None:
        super().__init__(folder, trunks, **options)
        self.users = users
        self.has_streams = has_streams

    def write_files(self) -> None:
        super().write_files()
        with (self.folder / "edge.toml").open("a") as file:
            file.write("[abuse]\nrequests_per_s = 0\nfailures_max = 0\n")
            if self.has_streams:
                file.write(self.stream_tables())
        with (self.folder / "trunks.toml").open("a") as file:
            file.writelines(
                f'[[trunk]]\nname = "user{number}"\ncalls = 1\nnumbers = ["+6599{number:06d}"]\n[trunk.primary]\nauthentication = "digest"\n'
                f'username = "user{number}"\npassword = "{PASSWORD}"\n' for number in range(self.users))
            if self.has_streams:
                file.writelines(
                    f'[[trunk]]\nname = "by-{transport}"\ncalls = 1000\nnumbers = ["{number}"]\nadd_ons = ["ip_authentication"]\n[trunk.primary]\n'
                    f'authentication = "ip"\naddress = "{leg}"\nallow = ["{leg.partition(":")[0]}"]\ntransport = "{transport}"\n'
                    for transport, number, leg in map(self.stream_leg, TRANSPORTS))

    def stream_tables(self) -> str:
        """Return the node file's listeners for TCP and TLS. The far ends show certificates of nobody's."""
        certificate, key = write_certificate(self.folder, self.address[0])
        return (f'[tls]\nverify = false\n[[listen]]\ntransport = "tcp"\naddress = "{self.address[0]}:{self.address[1]}"\n'
                f'[[listen]]\ntransport = "tls"\naddress = "{self.tls_target}"\ncertificate = "{certificate}"\nkey = "{key}"\n')

    def stream_leg(self, transport: str) -> tuple[str, str, str]:
        """Return transport, number and address of the trunk that is reached by it."""
        place = TRANSPORTS.index(transport)
        return transport, f"+6588{place:06d}", f"{self.network}.{STREAM_LEGS_AT + place}:5060"

    @property
    def tls_target(self) -> str:
        return f"{self.address[0]}:{TLS_PORT}"

    @property
    def users_at(self) -> str:
        """Where users may be: an address on no whitelist."""
        return f"{self.network}.{USERS_AT}:5060"

    def bindings(self, user: int) -> list[dict[str, Any]]:
        """Return where a user has registered."""
        found: list[dict[str, Any]] = self.trunk_status(f"user{user}")["legs"]["primary"]["bindings"]
        return found
