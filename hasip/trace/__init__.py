"""What a trace shows: which messages it is about, and what of them may be seen. No I/O."""
from hasip.trace.parties import party_of
from hasip.trace.step import Step, step_fields
from hasip.trace.watch import Watch, Wish

__all__ = ["Step", "Watch", "Wish", "party_of", "step_fields"]
