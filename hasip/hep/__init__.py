"""HEP3: what was received and sent, as Homer wants to hear it."""
from hasip.hep.packing import Packet, TooLarge, pack
from hasip.hep.sender import Sender

__all__ = ["Packet", "Sender", "TooLarge", "pack"]
