"""Which zones are up: judgement without I/O. A zone's life:

watch.py (all zones, on a wheel) → judge.py (one zone) → evidence.py (what is enough), schedule.py (when to probe), ramp.py (how its share grows back)
→ states.py (what follows, as a table). The figures are in rules.py; who reads gets report.py.
"""
from hasip.health.judge import Judge
from hasip.health.report import Event, Report, Standing
from hasip.health.rules import Rules
from hasip.health.states import Change, Condition, State
from hasip.health.watch import Watch

__all__ = ["Change", "Condition", "Event", "Judge", "Report", "Rules", "Standing", "State", "Watch"]
