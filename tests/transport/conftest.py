"""Fixtures: an authority of one's own."""
from pathlib import Path

import pytest

from tests.transport.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority that the node believes, when it is told to."""
    return Authority(tmp_path)


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """An authority that nobody believes."""
    return Authority(tmp_path, "stranger")
