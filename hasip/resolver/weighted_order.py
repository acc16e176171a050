"""The order in which the hosts of a service are tried. Source: RFC 2782, "Usage rules" and "Weight"."""
from collections.abc import Iterable
from itertools import groupby
from random import Random

from hasip.resolver.records import Srv


def weighted_order(services: Iterable[Srv], chance: Random) -> list[Srv]:
    """Return the records by priority, and inside a priority as drawn by weight."""
    by_priority = groupby(sorted(services, key=lambda service: service.priority), key=lambda service: service.priority)
    return [service for _, equals in by_priority for service in draw_all(list(equals), chance)]


def draw_all(services: list[Srv], chance: Random) -> list[Srv]:
    """Return records of one priority in the order they were drawn."""
    chance.shuffle(services)                                # "in any order": else zero weights would always keep theirs
    services.sort(key=lambda service: service.weight > 0)   # "those with weight 0 are placed at the beginning"
    return [services.pop(draw(services, chance)) for _ in range(len(services))]


def draw(services: list[Srv], chance: Random) -> int:
    """Return the position of the first record whose running sum of weights reaches a random number up to their sum."""
    number = chance.randint(0, sum(service.weight for service in services))
    running_sum = 0
    for position, service in enumerate(services):
        running_sum += service.weight
        if running_sum >= number:
            break
    return position
