"""Small files of the state directory."""
from pathlib import Path

import pytest

from hasip.state_file import read_state, write_state


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_state(tmp_path / "drained.json", ["globex/sg-a"])
    write_state(tmp_path / "drained.json", ["globex/sg-a", "globex/sg-b"])
    assert read_state(tmp_path / "drained.json") == ["globex/sg-a", "globex/sg-b"]
    assert [path.name for path in tmp_path.iterdir()] == ["drained.json"]


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    assert read_state(tmp_path / "drained.json") == []


@pytest.mark.parametrize("content", ["", "[", '{"a": 1}', "3", "\x00\x01"])
def test_a_file_that_cannot_be_read_is_put_aside_and_the_node_begins_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "seats.json").write_text(content)
    assert read_state(tmp_path / "seats.json") == []
    assert (tmp_path / "seats.bad").read_text() == content
    assert read_state(tmp_path / "seats.json") == []
