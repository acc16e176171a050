"""Fixtures: a laboratory per test, and a hasip in its edge."""
from collections.abc import Callable, Iterator

import pytest

from .edge import LabEdge
from .lab import Lab
from .namespace import why_forbidden

Node = Callable[..., LabEdge]


@pytest.fixture
def lab() -> Iterator[Lab]:
    if why_forbidden():
        pytest.skip(why_forbidden())
    with Lab() as lab:
        yield lab


@pytest.fixture
def node(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Start a hasip: core, legs and trunks are given, as LabEdge takes them; zones behind `living` live before it does, so that its first probes are answered.

    It is stopped before the laboratory is taken down.
    """
    edges: list[LabEdge] = []

    def start(core, legs, *trunks, kind=LabEdge, living=(), **options):      # type: ignore[no-untyped-def]
        edges.append(kind(lab, core, legs, tmp_path_factory.mktemp("edge"), list(trunks), **options))
        for end in living:
            edges[-1].far_zone(end)
        edges[-1].start()
        return edges[-1]

    yield start
    for edge in edges:
        edge.stop()
