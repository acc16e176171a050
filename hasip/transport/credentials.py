"""The TLS contexts of every seat, read in one go: an error leaves those of before."""
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

from hasip.transport.contexts import client_context, server_context
from hasip.transport.settings import Seat, StreamSettings


@dataclass(frozen=True, slots=True)
class Credentials:
    """Contexts by the index of the seat."""

    inbound: dict[int, ssl.SSLContext]
    outbound: dict[int, ssl.SSLContext]


def read_credentials(seats: Iterable[Seat], settings: StreamSettings) -> Credentials:
    """Read the files of every TLS seat. Errors: CredentialsError."""
    seats = [seat for seat in seats if seat.transport == "tls"]
    return Credentials(
        inbound={seat.index: server_context(seat.certificate, seat.key, seat.client_ca) for seat in seats if seat.is_listening},
        outbound={seat.index: client_context(settings.ca, *shown_to_servers(seat, settings), verify=settings.verify) for seat in seats},
    )


def shown_to_servers(seat: Seat, settings: StreamSettings) -> tuple[str, str]:
    """Return certificate and key for servers that ask for one; empty for none."""
    return (settings.certificate, settings.key) if settings.certificate else (seat.certificate, seat.key)
