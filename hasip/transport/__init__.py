"""TCP and TLS: streams between the data plane and far ends. Sans-I/O framing, TLS contexts, connections."""
from hasip.transport.connection import ConnectionStatus
from hasip.transport.contexts import CredentialsError
from hasip.transport.reasons import Reason
from hasip.transport.settings import Place, Seat, StreamSettings
from hasip.transport.streams import Streams

__all__ = ["ConnectionStatus", "CredentialsError", "Place", "Reason", "Seat", "StreamSettings", "Streams"]
