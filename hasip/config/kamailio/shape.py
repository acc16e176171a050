"""What a set of destinations becomes: a mode, its legs in order, and why. Which algorithm the routing script asks for is not in the tables, so it is guessed."""
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from hasip.config.kamailio.dispatcher_list import Destination
from hasip.config.kamailio.lines import LineError
from hasip.domain.trunk import Mode


@dataclass(frozen=True, slots=True)
class Shape:
    """A trunk's mode and legs."""

    mode: Mode
    regions: tuple[tuple[Destination, ...], ...]        # of the basic modes: one, with primary and secondary
    why: str
    is_in_order: bool = False                           # 2t4t: intra_region = "priority"

    @property
    def legs(self) -> tuple[Destination, ...]:
        """Every leg in order."""
        return tuple(destination for region in self.regions for destination in region)

    @property
    def carrying(self) -> tuple[Destination, ...]:
        """The legs that get calls when nothing is down."""
        return self.regions[0] if self.mode in (Mode.LOAD_BALANCING, Mode.TWO_ZONES, Mode.TWO_REGIONS_TWO_ZONES) and not self.is_in_order else self.legs[:1]


def shape_of(set_id: int, destinations: Sequence[Destination]) -> Shape:
    """Return what a set becomes. Errors: LineError when no mode has such legs."""
    legs = sorted(destinations, key=lambda destination: (-destination.priority, destination.line))
    tiers = [tuple(tier) for _, tier in groupby(legs, key=lambda destination: destination.priority)]
    sizes = [len(tier) for tier in tiers]
    if sizes == [1]:
        return Shape(Mode.ONLY_PRIMARY, tuple(tiers), "One destination: only_primary.")
    if sizes == [1, 1]:
        return Shape(Mode.AUTO_FAILOVER, (tuple(legs),), f"Two destinations, priorities {tiers[0][0].priority} and {tiers[1][0].priority}: auto_failover, the higher one first.")
    if sizes == [2]:
        return shape_of_equals(tiers[0])
    if sizes == [2, 2]:
        return Shape(Mode.TWO_REGIONS_TWO_ZONES, tuple(tiers), "Two destinations of one priority and two of a lower one: 2t4t, each pair a region whose healthy zones take turns; "
                     "the second region is for when the first one fails.")
    if sizes == [1, 1, 1, 1]:
        return Shape(Mode.TWO_REGIONS_TWO_ZONES, (tuple(legs[:2]), tuple(legs[2:])), "Four destinations of four priorities: 2t4t with intra_region = \"priority\", tried in that order.",
                     is_in_order=True)
    raise LineError(f"set {set_id} has {len(legs)} destinations, priorities {', '.join(str(leg.priority) for leg in legs)}: a trunk has one leg, two, or four (2t4t: two of one "
                    "priority and two of another, or four different ones). Split it into several sets, or take destinations away")


def shape_of_equals(pair: tuple[Destination, ...]) -> Shape:
    """Return what two destinations of one priority become."""
    if all(destination.is_probed for destination in pair):
        return Shape(Mode.TWO_ZONES, (pair,), "Two destinations of one priority that are probed: 2t, the healthy ones take turns, and a call that fails at one goes to the other.")
    return Shape(Mode.LOAD_BALANCING, (pair,), "Two destinations of one priority: load_balancing, call by call, without a second attempt. "
                 "If your failure route asked for the next destination, you want auto_failover or 2t.")
